/** Zig-zag varints one after the other; past the end they read as 0. For records that were validated when they came. */
export class VarintCursor {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length
  }

  /** Exact within ±2^53: floating-point steps instead of 32-bit ones. */
  varint(): number {
    let unsigned = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.at++] ?? 0
      unsigned += (byte & 0x7f) * scale
      if (byte < 0x80) break
      scale *= 128
    }
    return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2
  }
}
