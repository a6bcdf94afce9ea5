import { isUtf8 } from 'node:buffer'
import { DecodeError } from './codec-error.ts'
import { joinInt64, readClampedInt64, readInt32, readInt64 } from './int64.ts'
import { UUID_BYTES, ZERO_UUID } from './uuid.ts'

/**
 * Array elements one frame may contain in all, however deep (CVE-2026-111108: counts that each look legal
 * multiply).
 */
export const OBJECTS_MAX = 100_000
/**
 * Tagged fields one structure may carry (CVE-2026-111115: 20 million of them in one header). Kafka defines at most
 * 4.
 */
export const TAGGED_FIELDS_MAX = 64
/** Kafka refuses longer strings in either encoding. */
export const STRING_BYTES_MAX = 0x7fff

/**
 * Reads one frame body. Nothing is allocated from a declared length or count: both are checked against the bytes
 * that are really there, counts also against a budget for the whole frame. Throws DecodeError and nothing else.
 */
export class WireReader {
  readonly #buffer: Buffer
  #offset: number
  #end: number
  #objectsLeft: number

  /** Reads `buffer` from `start` up to `end` (exclusive). */
  constructor(buffer: Buffer, start = 0, end: number = buffer.length, objectsMax: number = OBJECTS_MAX) {
    if (start < 0 || end > buffer.length || start > end) {
      throw new DecodeError(`range ${start} … ${end} lies outside the buffer of ${buffer.length} bytes`, start)
    }
    this.#buffer = buffer
    this.#offset = start
    this.#end = end
    this.#objectsLeft = objectsMax
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#end - this.#offset
  }

  /** Array elements that may still be read. */
  get objectsLeft(): number {
    return this.#objectsLeft
  }

  int8(): number {
    return ((this.#buffer[this.#take(1)] as number) << 24) >> 24
  }

  int16(): number {
    const at = this.#take(2)
    return (((this.#buffer[at] as number) << 24) >> 16) | (this.#buffer[at + 1] as number)
  }

  uint16(): number {
    const at = this.#take(2)
    return ((this.#buffer[at] as number) << 8) | (this.#buffer[at + 1] as number)
  }

  int32(): number {
    return readInt32(this.#buffer, this.#take(4))
  }

  uint32(): number {
    return readInt32(this.#buffer, this.#take(4)) >>> 0
  }

  /** A number within ±(2^53 − 1); anything else is refused. */
  int64(): number {
    return readInt64(this.#buffer, this.#take(8))
  }

  /** What lies outside ±(2^53 − 1) becomes the nearest end of that range. */
  clampedInt64(): number {
    return readClampedInt64(this.#buffer, this.#take(8))
  }

  float64(): number {
    const at = this.#take(8)
    const value = this.#buffer.readDoubleBE(at)
    if (Number.isNaN(value)) throw new DecodeError('NaN is not a value', at)
    return value
  }

  /** Any byte but zero is true, as in Kafka. */
  boolean(): boolean {
    return this.#buffer[this.#take(1)] !== 0
  }

  /** 22 characters of base64url. */
  uuid(): string {
    const at = this.#take(UUID_BYTES)
    const buffer = this.#buffer
    let index = at
    while (index < at + UUID_BYTES && buffer[index] === 0) index++
    return index === at + UUID_BYTES ? ZERO_UUID : buffer.toString('base64url', at, at + UUID_BYTES)
  }

  /** 0 … 2^31 − 1: every use in the protocol is a length, a count or a tag. Longer forms than needed are refused. */
  unsignedVarint(): number {
    const start = this.#offset
    const value = this.#varint32()
    if (value > 0x7fffffff) throw new DecodeError(`unsigned varint ${value} is above 2^31 − 1`, start)
    return value
  }

  /** Zig-zag, −2^31 … 2^31 − 1. */
  varint(): number {
    const raw = this.#varint32()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Zig-zag, at most 10 bytes, within ±(2^53 − 1). */
  varlong(): number {
    const start = this.#offset
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#buffer[this.#take(1)] as number
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      if (shift > 25) high |= shift < 32 ? bits >>> (32 - shift) : bits << (shift - 32)
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw new DecodeError('varlong is longer than its value needs', start)
        if (shift === 63 && byte > 1) break
        const sign = -(low & 1)
        const unsignedLow = (low >>> 1) | (high << 31)
        return joinInt64((high >>> 1) ^ sign, (unsignedLow ^ sign) >>> 0, start)
      }
    }
    throw new DecodeError('varlong is longer than 10 bytes or above 2^64 − 1', start)
  }

  string(): string {
    return this.nullableString() ?? this.#refuseNull('string')
  }

  nullableString(): string | null {
    const length = this.int16()
    return length === -1 ? null : this.#text(length)
  }

  compactString(): string {
    return this.compactNullableString() ?? this.#refuseNull('string')
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint() - 1
    return length === -1 ? null : this.#text(length)
  }

  /** A copy, safe to keep. */
  bytes(): Buffer {
    return this.nullableBytes() ?? this.#refuseNull('byte array')
  }

  nullableBytes(): Buffer | null {
    const view = this.nullableRecords()
    return view === null ? null : Buffer.from(view)
  }

  compactBytes(): Buffer {
    return this.compactNullableBytes() ?? this.#refuseNull('byte array')
  }

  compactNullableBytes(): Buffer | null {
    const view = this.compactNullableRecords()
    return view === null ? null : Buffer.from(view)
  }

  /** A view into the frame, not a copy: valid as long as the frame's buffer is. */
  records(): Buffer {
    return this.nullableRecords() ?? this.#refuseNull('records')
  }

  nullableRecords(): Buffer | null {
    const length = this.int32()
    return length === -1 ? null : this.#view(length)
  }

  compactRecords(): Buffer {
    return this.compactNullableRecords() ?? this.#refuseNull('records')
  }

  compactNullableRecords(): Buffer | null {
    const length = this.unsignedVarint() - 1
    return length === -1 ? null : this.#view(length)
  }

  /**
   * Element count of an array, −1 for null. Refused unless that many elements of at least `elementBytesMin` bytes
   * can still follow and the frame's object budget has room for them.
   */
  arrayCount(elementBytesMin: number): number {
    return this.#charge(this.int32(), elementBytesMin)
  }

  compactArrayCount(elementBytesMin: number): number {
    return this.#charge(this.unsignedVarint() - 1, elementBytesMin)
  }

  /** The byte in front of a nullable structure: −1 null, 1 present. */
  structPresent(): boolean {
    const mark = this.int8()
    if (mark !== -1 && mark !== 1) {
      throw new DecodeError(
        `nullable structure starts with ${mark}, allowed are −1 (null) and 1 (present)`,
        this.#offset - 1
      )
    }
    return mark === 1
  }

  /** Number of tagged fields of a structure, at most 64. */
  taggedFieldCount(): number {
    const start = this.#offset
    const count = this.unsignedVarint()
    if (count > TAGGED_FIELDS_MAX) {
      throw new DecodeError(`${count} tagged fields in one structure, at most ${TAGGED_FIELDS_MAX} are accepted`, start)
    }
    return count
  }

  /** The next tag; must be greater than `previous` (−1 before the first one). */
  tag(previous: number): number {
    const start = this.#offset
    const tag = this.unsignedVarint()
    if (tag <= previous) throw new DecodeError(`tag ${tag} follows tag ${previous}, tags must ascend`, start)
    return tag
  }

  /**
   * Narrows the reader to a tagged field's value, whose size comes next. Returns the end to restore with `leaveTag`.
   */
  enterTag(): number {
    const size = this.unsignedVarint()
    this.#need(size)
    const outerEnd = this.#end
    this.#end = this.#offset + size
    return outerEnd
  }

  /** The value must have been read to its last byte. */
  leaveTag(outerEnd: number): void {
    if (this.#offset !== this.#end) {
      throw new DecodeError(`tagged field has ${this.remaining} bytes too many`, this.#offset)
    }
    this.#end = outerEnd
  }

  skip(byteCount: number): void {
    this.#take(byteCount)
  }

  /** Skips a whole section of tagged fields, keeping none. */
  skipTaggedFields(): void {
    const count = this.taggedFieldCount()
    let tag = -1
    for (let index = 0; index < count; index++) {
      tag = this.tag(tag)
      this.skip(this.unsignedVarint())
    }
  }

  /** Must be called after the last field: trailing bytes mean that both sides read different shapes. */
  finish(): void {
    if (this.#offset !== this.#end) {
      throw new DecodeError(`${this.remaining} bytes after the end of the message`, this.#offset)
    }
  }

  #varint32(): number {
    const start = this.#offset
    const first = this.#buffer[this.#take(1)] as number
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.#buffer[this.#take(1)] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (byte === 0) throw new DecodeError('varint is longer than its value needs', start)
        if (shift === 28 && byte > 0x0f) break
        return value >>> 0
      }
    }
    throw new DecodeError('varint is longer than 5 bytes or above 2^32 − 1', start)
  }

  #text(length: number): string {
    if (length > STRING_BYTES_MAX) {
      throw new DecodeError(`string of ${length} bytes, at most ${STRING_BYTES_MAX} are allowed`, this.#offset)
    }
    const buffer = this.#buffer
    const start = this.#take(length)
    const end = start + length
    let index = start
    while (index < end && (buffer[index] as number) < 0x80) index++
    if (index === end) return buffer.toString('latin1', start, end)
    if (!isUtf8(buffer.subarray(start, end))) throw new DecodeError('string is not valid UTF-8', start)
    return buffer.toString('utf8', start, end)
  }

  #view(length: number): Buffer {
    const start = this.#take(length)
    return this.#buffer.subarray(start, start + length)
  }

  #charge(count: number, elementBytesMin: number): number {
    if (count === -1) return -1
    if (count < 0) throw new DecodeError(`array count ${count} is negative`, this.#offset)
    if (count * elementBytesMin > this.#end - this.#offset) {
      throw new DecodeError(
        `array count ${count} needs at least ${count * elementBytesMin} bytes, ${this.remaining} are left`,
        this.#offset
      )
    }
    if (count > this.#objectsLeft) {
      throw new DecodeError(
        `array count ${count} exceeds what is left of the frame's budget, ${this.#objectsLeft}`,
        this.#offset
      )
    }
    this.#objectsLeft -= count
    return count
  }

  #need(byteCount: number): void {
    if (byteCount < 0) throw new DecodeError(`length ${byteCount} is negative`, this.#offset)
    if (byteCount > this.#end - this.#offset) {
      throw new DecodeError(`${byteCount} bytes are needed, ${this.remaining} are left`, this.#offset)
    }
  }

  #take(byteCount: number): number {
    const start = this.#offset
    const next = start + byteCount
    if (byteCount < 0 || next > this.#end) this.#need(byteCount)
    this.#offset = next
    return start
  }

  #refuseNull(what: string): never {
    throw new DecodeError(`${what} is null, but must not be`, this.#offset)
  }
}
