const SLOTS = 8

/**
 * Where recent reads of a segment ended, so that a consumer that reads on needs no index look-up. Eight readers per
 * segment; the oldest memory goes. Takes no space until the first read.
 */
export class ReadCursors {
  #pairs: Float64Array | null = null
  #next = 0

  remember(offset: number, position: number): void {
    if (this.#pairs === null) this.#pairs = new Float64Array(SLOTS * 2).fill(-1)
    this.#pairs[this.#next] = offset
    this.#pairs[this.#next + 1] = position
    this.#next = (this.#next + 2) % (SLOTS * 2)
  }

  /** The position where the batch with this first offset begins, or −1. */
  find(offset: number): number {
    const pairs = this.#pairs
    if (pairs === null) return -1
    for (let i = 0; i < SLOTS * 2; i += 2) if (pairs[i] === offset) return pairs[i + 1] as number
    return -1
  }

  clear(): void {
    this.#pairs = null
  }
}
