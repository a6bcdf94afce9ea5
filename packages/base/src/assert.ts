/**
 * Assertions stay on in production. A failed one is a bug in the broker, never a client's mistake,
 * and is not caught anywhere below the process: wrong is worse than down.
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`)
}
