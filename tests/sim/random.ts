import { SeededPrng } from '@streambus/testkit'

/** Chance with branches: what one of them draws never shifts what another one draws. */
export class Random extends SeededPrng {
  /** The same label gives the same branch, however much was drawn before. */
  fork(label: string): Random {
    let hash = 0x811c9dc5 ^ this.seed
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
    return new Random((hash ^ (hash >>> 15)) >>> 0)
  }

  /** `from` … `until`, both included. */
  between(from: number, until: number): number {
    return from + this.below(until - from + 1)
  }
}
