/** What was to be reached is not there, or is something else. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}
