/** One bug as it could be written any day, and the test that has to notice it. */
export interface Bug {
  /** Stays the same: runs and reports name it. */
  readonly id: string
  /** What is wrong. Its test is called `planted: <name>`. */
  readonly name: string
  /** Source file, from the root of the repository. */
  readonly file: string
  /** Each text occurs exactly once in the file and is replaced as it is. */
  readonly edits: readonly (readonly [text: string, replacement: string])[]
  /** Test file, from the root of the repository. */
  readonly test: string
}

export function titleOf(bug: Bug): string {
  return `planted: ${bug.name}`
}

/** The source with the bug in it. Throws when a text is not there exactly once: the table has to follow the source. */
export function plant(bug: Bug, source: string): string {
  let planted = source
  for (const [text, replacement] of bug.edits) {
    const count = planted.split(text).length - 1
    if (count !== 1) {
      throw new Error(
        `bug ${bug.id} (${bug.name}): the text to be replaced occurs ${count} times in ${bug.file}, expected once; ` +
          `change its entry in tests/planted/bugs so that it breaks the same thing again: ${JSON.stringify(text)}`
      )
    }
    planted = planted.replace(text, () => replacement)
  }
  return planted
}
