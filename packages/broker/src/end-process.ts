/**
 * Ends the process at once with `code`, whatever its threads do. `process.exit` waits for the thread pool, and so for
 * ever for a sync that a dead device never ends; replacing the image of the process does not wait.
 */
export function endProcess(code: number): never {
  if (process.platform !== 'win32') process.execve?.(process.execPath, ['node', '-e', `process.exit(${code})`], {})
  process.exit(code)
}
