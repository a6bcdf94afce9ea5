import { spawnSync } from 'node:child_process'

/** Prometheus' own tools. Where they are missing, tests that need them are skipped and say so. */
export const hasPromtool = isThere('promtool')
export const hasAmtool = isThere('amtool')

function isThere(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0
}

/** Everything that a command printed, and how it ended. */
export function run(
  command: string,
  args: readonly string[]
): { readonly output: string; readonly status: number | null } {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' })
  return { output: `${stdout}${stderr}`, status }
}
