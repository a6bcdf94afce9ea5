/** An interrupt ended work that was not done. The message says what was not. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}
