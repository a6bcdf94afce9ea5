/** xorshift32: the same choices for the same seed on every machine. */
export class Chance {
  #state: number

  constructor(seed: number) {
    // Zero would stay zero; and small seeds would begin alike.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
    for (let i = 0; i < 8; i++) this.below(1)
  }

  /** 0 … `limit` − 1. */
  below(limit: number): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return Math.floor(((state >>> 0) / 2 ** 32) * limit)
  }

  /** One of a list that is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}
