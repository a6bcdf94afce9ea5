import type { Prng } from '@streambus/base'

/** mulberry32: small, fast, and the same sequence for the same seed everywhere. Not for secrets. */
export class SeededPrng implements Prng {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed >>> 0
    this.#state = this.seed
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    for (let index = 0; index < count; index++) bytes[index] = this.u32() & 0xff
    return bytes
  }

  /** 0 … `limit` − 1. */
  below(limit: number): number {
    return Math.floor((this.u32() / 2 ** 32) * limit)
  }

  /** True in `share` of the calls, 0 … 1. */
  chance(share: number): boolean {
    return this.u32() < share * 2 ** 32
  }

  /** One of a list that is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}
