/** Enough to see what is slow; some six spans each, so that a collector of the usual size keeps up. */
const TRACES_PER_SECOND = 100

/**
 * How many traces of a kind are made each second: when everything is slow, the first of each second, and no queue that
 * overflows and drops whatever happens to come then.
 */
export class TraceBudget {
  #secondMs = Number.NEGATIVE_INFINITY
  #left = 0

  /** `nowMs`: monotonic. */
  takes(nowMs: number): boolean {
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs
      this.#left = TRACES_PER_SECOND
    }
    if (this.#left === 0) return false
    this.#left--
    return true
  }
}
