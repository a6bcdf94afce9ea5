/**
 * Everything that is wrong with a configuration, at once. Each problem names the setting, the value, where it stands
 * and the way out.
 */
export class ConfigErrors extends Error {
  override readonly name = 'ConfigErrors'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'an error' : `${problems.length} errors`
    super(`the configuration has ${count}:\n${problems.map(problem => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}
