import { type HashSeed, KeyHash } from './key-hash.ts'

/** 16 bytes of hash and 8 of offset, as in Kafka. */
export const KEY_MAP_ENTRY_BYTES = 24
/** Above it linear probing gets slow. */
const LOAD_FACTOR = 0.9

/**
 * The last offset of every key of a log's dirty part, in a fixed amount of memory: open addressing, linear probing, no
 * deletion. Keys are known by 128 bits of hash only; `KeyHash` says why that loses nothing. Full means `put` refuses: a
 * cleaning round then ends before the batch that did not fit.
 */
export class KeyMap {
  readonly capacity: number
  readonly #slots: number
  readonly #hash: KeyHash
  /** Four words a slot. */
  readonly #words: Uint32Array<ArrayBuffer>
  /** Offset + 1; 0 is an empty slot. */
  readonly #offsets: Float64Array<ArrayBuffer>
  #size = 0

  /** `bytes` of memory, at least 48; `seed` is to be new for every round. */
  constructor(bytes: number, seed: HashSeed) {
    this.#slots = Math.floor(bytes / KEY_MAP_ENTRY_BYTES)
    this.capacity = Math.floor(this.#slots * LOAD_FACTOR)
    if (!(this.capacity >= 1)) {
      throw new RangeError(
        `a key map of ${bytes} bytes holds no key; give it at least ${KEY_MAP_ENTRY_BYTES * 2} bytes`
      )
    }
    this.#hash = new KeyHash(seed)
    this.#words = new Uint32Array(this.#slots * 4)
    this.#offsets = new Float64Array(this.#slots)
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#slots * KEY_MAP_ENTRY_BYTES
  }

  /** Offsets have to rise. False, and nothing changed, when the key is new and the map full. */
  put(bytes: Buffer, from: number, to: number, offset: number): boolean {
    const slot = this.#slotOf(bytes, from, to)
    if (this.#offsets[slot] === 0) {
      if (this.#size >= this.capacity) return false
      this.#words.set(this.#hash.words, slot * 4)
      this.#size++
    }
    this.#offsets[slot] = offset + 1
    return true
  }

  /** −1: the key is not in the map. */
  get(bytes: Buffer, from: number, to: number): number {
    return (this.#offsets[this.#slotOf(bytes, from, to)] as number) - 1
  }

  /** Where the key is, or the empty slot where it belongs. */
  #slotOf(bytes: Buffer, from: number, to: number): number {
    this.#hash.update(bytes, from, to)
    const hash = this.#hash.words
    const words = this.#words
    let slot = Math.floor(((hash[0] as number) / 2 ** 32) * this.#slots)
    // Ends because the load factor leaves slots empty.
    while (this.#offsets[slot] !== 0) {
      const at = slot * 4
      const isKey =
        words[at] === hash[0] && words[at + 1] === hash[1] && words[at + 2] === hash[2] && words[at + 3] === hash[3]
      if (isKey) return slot
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
    return slot
  }
}
