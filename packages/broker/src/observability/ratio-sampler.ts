/**
 * Takes every n-th request, n = 1 / ratio, without chance: an addition and a comparison each. The ratio may change
 * between calls.
 */
export class RatioSampler {
  #credit = 0

  /** `ratio`: 0 … 1. */
  takes(ratio: number): boolean {
    this.#credit += ratio
    if (this.#credit < 1) return false
    this.#credit -= 1
    return true
  }
}
