import {
  CorruptCompressedData,
  DecompressedTooLarge,
  decompress,
  HEADER_BYTES,
  readCodec
} from '@streambus/protocol/records'
import { VarintCursor } from '../segment/varint-cursor.ts'
import type { BatchReader } from './batch-reader.ts'

/** No stored batch may be larger when decompressed: the same limit applies when it is produced. */
const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024
/** Length, attributes, two deltas, lengths of key and value, count of headers. */
export const RECORD_BYTES_MIN = 7

/** The records of one batch after the other, as positions in their decompressed bytes; the same object for each. */
export class RecordWalk {
  /** The batch's records, decompressed; positions below are in here. */
  records: Buffer = Buffer.alloc(0)
  /** The whole record with its length, start … end. */
  start = 0
  end = 0
  /** Where the timestamp delta ends and the offset delta begins; both lie behind one byte of attributes. */
  offsetDeltaAt = 0
  timestampDelta = 0
  offsetDelta = 0
  keyAt = 0
  /** −1: no key. */
  keyBytes = -1
  /** −1: a tombstone. */
  valueBytes = -1
  #left = 0
  #reader: BatchReader | null = null
  #cursor = new VarintCursor(this.records)

  /** Begins with the reader's current batch, whose header says it has `count` records. Throws LogCorrupt. */
  begin(reader: BatchReader, count: number): void {
    this.#reader = reader
    this.records = count === 0 ? Buffer.alloc(0) : recordsOf(reader)
    if (count < 0 || count * RECORD_BYTES_MIN > this.records.length) {
      throw reader.corrupt(`the batch cannot hold ${count} records`)
    }
    this.rewind(count)
  }

  /** Begins again with the same `count` records. */
  rewind(count: number): void {
    this.#left = count
    this.#cursor = new VarintCursor(this.records)
  }

  /** False after the last record. Throws LogCorrupt when the record's fields do not lie within it. */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const cursor = this.#cursor
    this.start = cursor.at
    const length = cursor.varint()
    this.end = cursor.at + length
    cursor.at++ // attributes
    this.timestampDelta = cursor.varint()
    this.offsetDeltaAt = cursor.at
    this.offsetDelta = cursor.varint()
    this.keyBytes = cursor.varint()
    this.keyAt = cursor.at
    if (this.keyBytes > 0) cursor.at += this.keyBytes
    this.valueBytes = cursor.varint()
    const isWithin =
      length >= 0 && this.end <= this.records.length && cursor.at + Math.max(this.valueBytes, 0) <= this.end
    if (!isWithin || this.keyBytes < -1 || this.valueBytes < -1) {
      throw (this.#reader as BatchReader).corrupt('the fields of a record do not lie within it')
    }
    cursor.at = this.end
    return true
  }
}

function recordsOf(reader: BatchReader): Buffer {
  const { bytes, at, batch } = reader
  const codec = readCodec(bytes, at)
  if (codec === undefined) throw reader.corrupt('its codec does not exist')
  const stored = bytes.subarray(at + HEADER_BYTES, at + batch.sizeBytes)
  if (codec === 'none') return stored
  try {
    return decompress(codec, stored, DECOMPRESSED_BYTES_MAX)
  } catch (error) {
    if (error instanceof CorruptCompressedData || error instanceof DecompressedTooLarge)
      throw reader.corrupt(error.message)
    throw error
  }
}
