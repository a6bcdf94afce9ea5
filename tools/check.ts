/**
 * `npm test`: every check, also when an earlier one failed, so that one run tells all there is to mend.
 * Exit code 1 when any failed. The tests come last: their summary is what people look for.
 */
import { spawnSync } from 'node:child_process'

const CHECKS: readonly (readonly [name: string, script: string])[] = [
  ['types', 'typecheck'],
  ['lint', 'lint'],
  ['formatting', 'format:check'],
  ['tests', 'test:unit']
]

const failed = CHECKS.filter(([name, script]) => {
  console.log(`\n── ${name} (npm run ${script})`)
  const { status } = spawnSync('npm', ['run', '--silent', script], {
    stdio: 'inherit',
    shell: process.platform === 'win32'
  })
  return status !== 0
}).map(([name]) => name)

console.log(failed.length === 0 ? '\nall checks passed' : `\nFAILED: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
