import { DecompressedTooLarge } from './compression-error.ts'

/**
 * Collects decompressed bytes in one piece, growing with what really arrives and never beyond the limit by more than a
 * step.
 */
export class OutputBuffer {
  bytes: Buffer
  length = 0
  readonly #codec: string
  readonly #bytesMax: number

  constructor(codec: string, expectedBytes: number, bytesMax: number) {
    this.#codec = codec
    this.#bytesMax = bytesMax
    this.bytes = Buffer.allocUnsafe(Math.min(expectedBytes, bytesMax))
  }

  /** Makes room for `count` more bytes. Throws DecompressedTooLarge. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed > this.#bytesMax) throw new DecompressedTooLarge(this.#codec, this.#bytesMax)
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.bytes.length * 2), this.#bytesMax))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  append(source: Buffer): void {
    this.reserve(source.length)
    this.length += source.copy(this.bytes, this.length)
  }

  get bytesLeft(): number {
    return this.#bytesMax - this.length
  }

  toBuffer(): Buffer {
    return this.bytes.subarray(0, this.length)
  }
}
