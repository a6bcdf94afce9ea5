export interface Timer {
  cancel(): void
}

/** Time as a parameter. Timeouts use the monotonic clock; only record timestamps use the wall clock. */
export interface Clock {
  /** Milliseconds with a fraction; never goes back; the origin means nothing. */
  monotonicMs(): number
  /** Milliseconds since the Unix epoch, whole. May jump in either direction. */
  wallMs(): number
  /** Runs `run` once, not before `delayMs` (clamped to 0 … 2^31−1). */
  after(delayMs: number, run: () => void): Timer
}
