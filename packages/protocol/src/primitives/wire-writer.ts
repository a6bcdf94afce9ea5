import { EncodeError } from './codec-error.ts'
import { writeInt32, writeInt64 } from './int64.ts'
import { isUuid, UUID_BYTES, ZERO_UUID } from './uuid.ts'
import { STRING_BYTES_MAX } from './wire-reader.ts'

/** First scratch chunk; most responses of a partition or two fit. */
const SCRATCH_BYTES = 512
const SCRATCH_BYTES_MAX = 65_536
/** Below this a copy is cheaper than one more entry in the socket's writev. */
const PASS_THROUGH_BYTES = 1024
/** Up to this length a JavaScript loop beats the call into native UTF-8 code. */
const ASCII_LOOP_CHARACTERS = 48

/**
 * Collects one message. Small fields go into scratch chunks that grow with what is written; large buffers are
 * passed through uncopied as chunks of their own, so they must not change until the chunks have left.
 * Throws EncodeError for values outside a field's range.
 */
export class WireWriter {
  readonly #chunks: Buffer[] = []
  #scratch: Buffer
  /** Where the part of the scratch that is not yet in `#chunks` starts, and where the next byte goes. */
  #start = 0
  #offset = 0
  /** Bytes in `#chunks`. */
  #flushed = 0

  constructor(scratchBytes: number = SCRATCH_BYTES) {
    this.#scratch = Buffer.allocUnsafe(scratchBytes)
  }

  get byteLength(): number {
    return this.#flushed + this.#offset - this.#start
  }

  /** Everything written so far, in order. Ends in a flush, so call it once, at the end. */
  chunks(): Buffer[] {
    this.#flush()
    return this.#chunks
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw outOfRange(value, 'int8, −128 … 127')
    this.#byte(value)
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange(value, 'int16, −32768 … 32767')
    const at = this.#reserve(2)
    this.#scratch[at] = value >>> 8
    this.#scratch[at + 1] = value
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange(value, 'uint16, 0 … 65535')
    const at = this.#reserve(2)
    this.#scratch[at] = value >>> 8
    this.#scratch[at + 1] = value
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'int32, −2^31 … 2^31 − 1')
    const at = this.#reserve(4)
    writeInt32(this.#scratch, at, value)
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange(value, 'uint32, 0 … 2^32 − 1')
    const at = this.#reserve(4)
    writeInt32(this.#scratch, at, value)
  }

  int64(value: number): void {
    const at = this.#reserve(8)
    writeInt64(this.#scratch, at, value)
  }

  float64(value: number): void {
    if (typeof value !== 'number' || Number.isNaN(value)) throw outOfRange(value, 'float64')
    const at = this.#reserve(8)
    this.#scratch.writeDoubleBE(value, at)
  }

  boolean(value: boolean): void {
    const at = this.#reserve(1)
    this.#scratch[at] = value ? 1 : 0
  }

  uuid(value: string): void {
    if (!isUuid(value)) throw outOfRange(value, 'UUID, 22 characters of base64url')
    const at = this.#reserve(UUID_BYTES)
    if (value === ZERO_UUID) this.#scratch.fill(0, at, at + UUID_BYTES)
    else this.#scratch.write(value, at, UUID_BYTES, 'base64url')
  }

  /** 0 … 2^31 − 1 */
  unsignedVarint(value: number): void {
    if ((value & 0x7fffffff) !== value) throw outOfRange(value, 'unsigned varint, 0 … 2^31 − 1')
    this.#varint32(value)
  }

  varint(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'varint, −2^31 … 2^31 − 1')
    this.#varint32(((value << 1) ^ (value >> 31)) >>> 0)
  }

  varlong(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'varlong, ±(2^53 − 1)')
    // Zig-zag without a 64-bit type: the first byte carries the sign and six bits, which leaves 47 bits or fewer.
    let magnitude = value < 0 ? -(value + 1) : value
    let byte = ((magnitude % 64) << 1) | (value < 0 ? 1 : 0)
    magnitude = Math.floor(magnitude / 64)
    while (magnitude > 0) {
      this.#byte(byte | 0x80)
      byte = magnitude % 128
      magnitude = Math.floor(magnitude / 128)
    }
    this.#byte(byte)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  string(value: string): void {
    this.#text(value, false)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.#varint32(0)
    else this.compactString(value)
  }

  compactString(value: string): void {
    this.#text(value, true)
  }

  nullableBytes(value: Buffer | null): void {
    this.records(value)
  }

  compactNullableBytes(value: Buffer | null): void {
    this.compactRecords(value)
  }

  /** `int32` length and the bytes. Several buffers count as one value. */
  records(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) return this.int32(-1)
    this.int32(byteLengthOf(value))
    this.#raw(value)
  }

  compactRecords(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) return this.#varint32(0)
    this.unsignedVarint(byteLengthOf(value) + 1)
    this.#raw(value)
  }

  /** Element count of an array, −1 for null. */
  arrayCount(count: number): void {
    this.int32(count)
  }

  compactArrayCount(count: number): void {
    this.unsignedVarint(count + 1)
  }

  structPresent(present: boolean): void {
    this.int8(present ? 1 : -1)
  }

  /** Bytes as they are, without a length. Large ones are passed through uncopied. */
  raw(bytes: Buffer): void {
    if (bytes.length < PASS_THROUGH_BYTES) {
      const at = this.#reserve(bytes.length)
      this.#scratch.set(bytes, at)
      return
    }
    this.#flush()
    this.#chunks.push(bytes)
    this.#flushed += bytes.length
  }

  #raw(value: Buffer | readonly Buffer[]): void {
    if (Buffer.isBuffer(value)) return this.raw(value)
    for (const part of value) this.raw(part)
  }

  #varint32(value: number): void {
    if (value < 0x80) {
      this.#byte(value)
      return
    }
    let at = this.#reserve(5)
    const scratch = this.#scratch
    let rest = value
    while (rest >= 0x80) {
      scratch[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    scratch[at++] = rest
    this.#offset = at
  }

  #text(value: string, compact: boolean): void {
    const length = value.length
    if (length <= ASCII_LOOP_CHARACTERS) {
      // Fits a one-byte compact length. Written as if it were ASCII, taken back when it is not.
      const at = this.#reserve(length + 2)
      const scratch = this.#scratch
      let next = at
      if (compact) scratch[next++] = length + 1
      else {
        scratch[next++] = 0
        scratch[next++] = length
      }
      let index = 0
      for (; index < length; index++) {
        const code = value.charCodeAt(index)
        if (code >= 0x80) break
        scratch[next++] = code
      }
      if (index === length) {
        this.#offset = next
        return
      }
      this.#offset = at
    }
    this.#longText(value, compact)
  }

  #longText(value: string, compact: boolean): void {
    const byteLength = Buffer.byteLength(value, 'utf8')
    if (byteLength > STRING_BYTES_MAX) {
      throw new EncodeError(`string of ${byteLength} bytes, at most ${STRING_BYTES_MAX} are allowed`)
    }
    if (!value.isWellFormed()) throw new EncodeError('string contains half a surrogate pair, which UTF-8 cannot carry')
    if (compact) this.unsignedVarint(byteLength + 1)
    else this.int16(byteLength)
    const at = this.#reserve(byteLength)
    this.#scratch.write(value, at, byteLength, 'utf8')
  }

  #byte(value: number): void {
    const at = this.#reserve(1)
    this.#scratch[at] = value
  }

  /** Where `byteCount` bytes may be written. May replace `#scratch`: read that after, never before. */
  #reserve(byteCount: number): number {
    const at = this.#offset
    if (at + byteCount > this.#scratch.length) return this.#grow(byteCount)
    this.#offset = at + byteCount
    return at
  }

  #grow(byteCount: number): number {
    const size = Math.max(byteCount, Math.min(this.#scratch.length * 2, SCRATCH_BYTES_MAX))
    this.#flush()
    this.#scratch = Buffer.allocUnsafe(size)
    this.#start = 0
    this.#offset = byteCount
    return 0
  }

  #flush(): void {
    if (this.#offset === this.#start) return
    const part = this.#scratch.subarray(this.#start, this.#offset)
    this.#chunks.push(part)
    this.#flushed += part.length
    this.#start = this.#offset
  }
}

function byteLengthOf(value: Buffer | readonly Buffer[]): number {
  if (Buffer.isBuffer(value)) return value.length
  let total = 0
  for (const part of value) total += part.length
  return total
}

function outOfRange(value: unknown, allowed: string): EncodeError {
  return new EncodeError(`${String(value)} is not a value of ${allowed}`)
}
