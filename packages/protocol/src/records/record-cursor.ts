/** Bytes that are not records as the format has them. */
export class MalformedRecords extends Error {
  override readonly name = 'MalformedRecords'
  /** Position of the record in its batch; −1 when no single record is at fault. */
  readonly index: number

  constructor(reason: string, index: number) {
    super(index < 0 ? reason : `record ${index}: ${reason}`)
    this.index = index
  }
}

const TWO_32 = 2 ** 32

/**
 * Reads the variable-length integers of records one after the other. One object per batch; allocates nothing.
 * Padded encodings (a zero in two bytes) are read as Kafka reads them; ones that do not end in time are refused.
 */
export class RecordCursor {
  readonly bytes: Buffer
  readonly end: number
  at: number
  /** The record being read, for errors only. */
  index = -1

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  /** A zig-zag coded 32-bit integer. Throws MalformedRecords when it is cut off or longer than 32 bits. */
  varint(): number {
    // Small enough for V8 to inline, so that the one byte that most take costs no call.
    const byte = this.at < this.end ? (this.bytes[this.at] as number) : 0x80
    if (byte >= 0x80) return this.#longVarint()
    this.at++
    return (byte >>> 1) ^ -(byte & 1)
  }

  /** A zig-zag coded 64-bit integer, exact within ±(2^53 − 1) and rounded outside of it. Throws MalformedRecords. */
  varlong(): number {
    const byte = this.at < this.end ? (this.bytes[this.at] as number) : 0x80
    if (byte >= 0x80) return this.#longVarlong()
    this.at++
    return (byte >>> 1) ^ -(byte & 1)
  }

  byte(): number {
    if (this.at >= this.end) this.fail('the records end in the middle of it')
    return this.bytes[this.at++] as number
  }

  /**
   * Passes over the key, value or header value of `length` bytes, −1 for null, which must not reach beyond
   * `recordEnd`.
   */
  skip(length: number, recordEnd: number): void {
    if (length < -1 || this.at + length > recordEnd)
      this.fail(`length ${length} is below −1 or beyond the record's end`)
    if (length > 0) this.at += length
  }

  /** Passes over the `count` headers that follow. */
  skipHeaders(count: number, recordEnd: number): void {
    // A header takes two bytes at least, so a count beyond that is refused before the loop.
    if (count < 0 || count * 2 > recordEnd - this.at) this.fail(`it cannot hold ${count} headers`)
    for (let header = 0; header < count; header++) {
      const keyBytes = this.varint()
      if (keyBytes < 0) this.fail(`the key of header ${header} has length ${keyBytes}; it must not be null`)
      this.skip(keyBytes, recordEnd)
      this.skip(this.varint(), recordEnd)
    }
  }

  fail(reason: string): never {
    throw new MalformedRecords(reason, this.index)
  }

  #longVarint(): number {
    const { at, bytes } = this
    const second = at + 1 < this.end ? (bytes[at + 1] as number) : 0x80
    if (second < 0x80) {
      this.at = at + 2
      const unsigned = ((bytes[at] as number) & 0x7f) | (second << 7)
      return (unsigned >>> 1) ^ -(unsigned & 1)
    }
    let unsigned = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      if (shift === 28 && byte > 0x0f) break
      unsigned |= (byte & 0x7f) << shift
      if (byte < 0x80) return (unsigned >>> 1) ^ -(unsigned & 1)
    }
    return this.fail('a varint has more than 32 bits')
  }

  #longVarlong(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte()
      const bits = byte & 0x7f
      if (shift === 63 && byte > 1) break
      if (shift < 32) low |= bits << shift
      if (shift > 25) high |= shift < 32 ? bits >>> (32 - shift) : bits << (shift - 32)
      if (byte < 0x80) {
        const sign = -(low & 1)
        const half = (low >>> 1) | (high << 31)
        return ((high >>> 1) ^ sign) * TWO_32 + ((half ^ sign) >>> 0)
      }
    }
    return this.fail('a varlong has more than 64 bits')
  }
}
