/** 128 bits that nobody outside knows; four unsigned 32-bit words. */
export type HashSeed = readonly [number, number, number, number]

/**
 * SipHash-2-4 with 128 bits of output (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012), on 32-bit halves
 * because JavaScript's integers have 32 bits. Less than half the time of a digest of node:crypto for keys of 16
 * bytes, and it allocates nothing.
 *
 * Why a hash may stand for a key: two of n keys collide with a chance below n² / 2^129, which for a map of a billion
 * keys is 10^-21. Whoever picks the keys cannot do better, because finding collisions takes the seed; a new seed per
 * round also means that no pair of keys collides twice.
 */
export class KeyHash {
  /** The hash of the last `update`, as unsigned words. */
  readonly words = new Uint32Array(4)
  readonly #seed: HashSeed
  /** v0 … v3, low half before high half. */
  readonly #v = new Int32Array(8)

  constructor(seed: HashSeed) {
    this.#seed = seed
  }

  update(bytes: Buffer, from: number, to: number): void {
    this.#begin()
    const v = this.#v
    const length = to - from
    const tail = from + (length & ~7)
    for (let at = from; at < tail; at += 8) this.#absorb(bytes.readInt32LE(at), bytes.readInt32LE(at + 4))
    let low = 0
    let high = length << 24
    for (let i = 0; i < (length & 7); i++) {
      const byte = bytes[tail + i] as number
      if (i < 4) low |= byte << (8 * i)
      else high |= byte << (8 * (i - 4))
    }
    this.#absorb(low, high)
    v[4] = (v[4] as number) ^ 0xee
    for (let i = 0; i < 4; i++) round(v)
    this.#emit(0)
    v[2] = (v[2] as number) ^ 0xdd
    for (let i = 0; i < 4; i++) round(v)
    this.#emit(2)
  }

  #begin(): void {
    const [k0, k1, k2, k3] = this.#seed
    const v = this.#v
    v[0] = k0 ^ 0x70736575
    v[1] = k1 ^ 0x736f6d65
    v[2] = k2 ^ 0x6e646f6d ^ 0xee
    v[3] = k3 ^ 0x646f7261
    v[4] = k0 ^ 0x6e657261
    v[5] = k1 ^ 0x6c796765
    v[6] = k2 ^ 0x79746573
    v[7] = k3 ^ 0x74656462
  }

  #absorb(low: number, high: number): void {
    const v = this.#v
    v[6] = (v[6] as number) ^ low
    v[7] = (v[7] as number) ^ high
    round(v)
    round(v)
    v[0] = (v[0] as number) ^ low
    v[1] = (v[1] as number) ^ high
  }

  #emit(at: number): void {
    const v = this.#v
    this.words[at] = (v[0] as number) ^ (v[2] as number) ^ (v[4] as number) ^ (v[6] as number)
    this.words[at + 1] = (v[1] as number) ^ (v[3] as number) ^ (v[5] as number) ^ (v[7] as number)
  }
}

/** One SipRound on 64-bit words in halves; a sum carries when its low half came out below a summand. */
function round(v: Int32Array): void {
  let v0l = v[0] as number
  let v0h = v[1] as number
  let v1l = v[2] as number
  let v1h = v[3] as number
  let v2l = v[4] as number
  let v2h = v[5] as number
  let v3l = v[6] as number
  let v3h = v[7] as number
  let low = (v0l + v1l) | 0
  v0h = (v0h + v1h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
  v0l = low
  low = (v1l << 13) | (v1h >>> 19)
  v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h
  v1l = low ^ v0l
  low = v0l
  v0l = v0h
  v0h = low
  low = (v2l + v3l) | 0
  v2h = (v2h + v3h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
  v2l = low
  low = (v3l << 16) | (v3h >>> 16)
  v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h
  v3l = low ^ v2l
  low = (v0l + v3l) | 0
  v0h = (v0h + v3h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
  v0l = low
  low = (v3l << 21) | (v3h >>> 11)
  v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h
  v3l = low ^ v0l
  low = (v2l + v1l) | 0
  v2h = (v2h + v1h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
  v2l = low
  low = (v1l << 17) | (v1h >>> 15)
  v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h
  v1l = low ^ v2l
  v[0] = v0l
  v[1] = v0h
  v[2] = v1l
  v[3] = v1h
  v[4] = v2h
  v[5] = v2l
  v[6] = v3l
  v[7] = v3h
}
