import { decompress } from '../compression/codec.ts'
import { CorruptCompressedData } from '../compression/compression-error.ts'
import * as header from './batch-header.ts'
import { RecordCursor } from './record-cursor.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

export interface BatchRecord {
  readonly offset: number
  /** Milliseconds since 1970; −1: none. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

export interface ReadLimits {
  /** Limit on the records of a compressed batch when decompressed. Default 64 MiB. */
  readonly decompressedBytesMax?: number
}

const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024

/**
 * One record of a batch. The same object stands for each record in turn, so that looking for an offset or a timestamp
 * allocates nothing: it is valid until the visitor returns. Buffers are views into the (decompressed) batch.
 */
export class RecordView {
  offset = 0
  timestamp = 0
  /** Length of key and value, −1 for null. */
  keyBytes = -1
  valueBytes = -1
  headerCount = 0
  /** For who fills it. */
  keyAt = 0
  valueAt = 0
  headersAt = 0
  end = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get key(): Buffer | null {
    return this.keyBytes < 0 ? null : this.#bytes.subarray(this.keyAt, this.keyAt + this.keyBytes)
  }

  get value(): Buffer | null {
    return this.valueBytes < 0 ? null : this.#bytes.subarray(this.valueAt, this.valueAt + this.valueBytes)
  }

  get headers(): readonly RecordHeader[] {
    if (this.headerCount === 0) return []
    const cursor = new RecordCursor(this.#bytes, this.headersAt, this.end)
    const headers: RecordHeader[] = []
    for (let index = 0; index < this.headerCount; index++) {
      const keyBytes = cursor.varint()
      const key = this.#bytes.toString('utf8', cursor.at, cursor.at + keyBytes)
      cursor.at += keyBytes
      const valueBytes = cursor.varint()
      const value = valueBytes < 0 ? null : this.#bytes.subarray(cursor.at, cursor.at + valueBytes)
      cursor.at += Math.max(valueBytes, 0)
      headers.push({ key, value })
    }
    return headers
  }

  /** A record to keep. Its buffers still are views. */
  toRecord(): BatchRecord {
    const { offset, timestamp, key, value, headers } = this
    return { offset, timestamp, key, value, headers }
  }
}

/**
 * Calls `visit` for every record of the one batch at the start of `batch`, in order, until it returns false. Control
 * records come like any other; `isControl` tells. Compaction leaves gaps between offsets and may leave no record at
 * all.
 * Does not check the CRC. Throws MalformedRecords, CorruptCompressedData or DecompressedTooLarge.
 */
export function forEachRecord(batch: Buffer, limits: ReadLimits, visit: (record: RecordView) => boolean | void): void {
  const cursor = openRecords(batch, limits.decompressedBytesMax ?? DECOMPRESSED_BYTES_MAX)
  const view = new RecordView(cursor.bytes)
  const count = header.readRecordCount(batch, 0)
  const baseOffset = header.readBaseOffset(batch, 0)
  const baseTimestamp = header.readBaseTimestamp(batch, 0)
  const isAppendTime = header.readTimestampType(batch, 0) === 'LogAppendTime'
  const maxTimestamp = header.readMaxTimestamp(batch, 0)
  for (let index = 0; index < count; index++) {
    cursor.index = index
    const length = cursor.varint()
    if (length < 0 || cursor.at + length > cursor.end) cursor.fail(`length ${length} is beyond the end of the batch`)
    view.end = cursor.at + length
    cursor.byte()
    const timestamp = baseTimestamp + cursor.varlong()
    view.timestamp = isAppendTime ? maxTimestamp : timestamp
    view.offset = baseOffset + cursor.varint()
    readFields(cursor, view)
    if (visit(view) === false) return
  }
}

/** All records of the one batch at the start of `batch`; see `forEachRecord`. */
export function readRecords(batch: Buffer, limits: ReadLimits = {}): BatchRecord[] {
  const records: BatchRecord[] = []
  forEachRecord(batch, limits, record => {
    records.push(record.toRecord())
  })
  return records
}

function openRecords(batch: Buffer, decompressedBytesMax: number): RecordCursor {
  const end = Math.min(header.readSizeInBytes(batch, 0), batch.length)
  const codec = header.readCodec(batch, 0)
  if (codec === undefined) throw new CorruptCompressedData('batch', 'its codec does not exist')
  const isEmpty = header.readRecordCount(batch, 0) === 0
  if (codec === 'none' || isEmpty) return new RecordCursor(batch, header.RECORDS_START, end)
  const records = decompress(codec, batch.subarray(header.RECORDS_START, end), decompressedBytesMax)
  return new RecordCursor(records, 0, records.length)
}

/** Key, value and headers: where they are, and that they lie within the record. */
function readFields(cursor: RecordCursor, view: RecordView): void {
  view.keyBytes = cursor.varint()
  view.keyAt = cursor.at
  cursor.skip(view.keyBytes, view.end)
  view.valueBytes = cursor.varint()
  view.valueAt = cursor.at
  cursor.skip(view.valueBytes, view.end)
  view.headerCount = cursor.varint()
  view.headersAt = cursor.at
  cursor.skipHeaders(view.headerCount, view.end)
  if (cursor.at !== view.end) cursor.fail('its fields do not fill its length')
}
