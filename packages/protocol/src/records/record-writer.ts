import { varintSize, varlongSize } from '../primitives/varint.ts'

export interface RecordInput {
  readonly key?: Uint8Array | null | undefined
  readonly value?: Uint8Array | null | undefined
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[] | undefined
  /** Milliseconds since 1970; −1: none. */
  readonly timestamp: number
}

const TWO_32 = 2 ** 32
const FIRST_BYTES = 16 * 1024

/** Writes records one after the other into one growing buffer. */
export class RecordWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** A view, valid until the next record or reset. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  reset(): void {
    this.#at = 0
  }

  record(record: RecordInput, timestampDelta: number, offsetDelta: number): void {
    const bodyBytes = recordBodyBytes(record, timestampDelta, offsetDelta)
    this.#reserve(bodyBytes + 5)
    this.#varint(bodyBytes)
    // Attributes: none are defined.
    this.#buffer[this.#at++] = 0
    this.#varlong(timestampDelta)
    this.#varint(offsetDelta)
    this.#nullable(record.key)
    this.#nullable(record.value)
    const headers = record.headers ?? []
    this.#varint(headers.length)
    for (const { key, value } of headers) {
      const keyBytes = Buffer.byteLength(key)
      this.#varint(keyBytes)
      this.#at += this.#buffer.write(key, this.#at, keyBytes, 'utf8')
      this.#nullable(value)
    }
  }

  #nullable(bytes: Uint8Array | null | undefined): void {
    if (bytes === null || bytes === undefined) return this.#varint(-1)
    this.#varint(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #varint(value: number): void {
    this.#unsigned(((value << 1) ^ (value >> 31)) >>> 0)
  }

  #varlong(value: number): void {
    // Twice the magnitude, minus one for negative numbers; beyond 32 bits in two halves, as it may need 54.
    const low = value | 0
    const high = Math.floor(value / TWO_32)
    const sign = high >> 31
    let zigZagLow = ((low << 1) ^ sign) >>> 0
    let zigZagHigh = (((high << 1) | (low >>> 31)) ^ sign) >>> 0
    while (zigZagHigh !== 0) {
      this.#buffer[this.#at++] = (zigZagLow & 0x7f) | 0x80
      zigZagLow = ((zigZagLow >>> 7) | (zigZagHigh << 25)) >>> 0
      zigZagHigh >>>= 7
    }
    this.#unsigned(zigZagLow)
  }

  #unsigned(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#at++] = rest
  }

  #reserve(count: number): void {
    const needed = this.#at + count
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#buffer = grown
  }
}

/** What the length in front of the record counts. */
export function recordBodyBytes(record: RecordInput, timestampDelta: number, offsetDelta: number): number {
  let bytes = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta)
  bytes += nullableBytes(record.key) + nullableBytes(record.value)
  const headers = record.headers ?? []
  bytes += varintSize(headers.length)
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key)
    bytes += varintSize(keyBytes) + keyBytes + nullableBytes(value)
  }
  return bytes
}

function nullableBytes(bytes: Uint8Array | null | undefined): number {
  return bytes === null || bytes === undefined ? 1 : varintSize(bytes.length) + bytes.length
}
