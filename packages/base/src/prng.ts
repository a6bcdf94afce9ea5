/** Randomness as a parameter, so that a seed repeats a run. */
export interface Prng {
  /** 0 … 2^32 − 1 */
  u32(): number
  /** `count` random bytes. */
  bytes(count: number): Uint8Array
}
