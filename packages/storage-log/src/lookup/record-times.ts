import { decompress, HEADER_BYTES, readBaseTimestamp, readCodec, readRecordCount } from '@streambus/protocol/records'
import { LogCorrupt } from '../errors.ts'
import type { BatchScanner } from '../segment/batch-scanner.ts'
import type { Segment } from '../segment/segment.ts'
import { VarintCursor } from '../segment/varint-cursor.ts'

/** No stored batch may be larger than this when decompressed: the same limit applies when it is produced. */
const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024

export interface RecordTime {
  readonly offset: number
  readonly timestamp: number
}

/**
 * The first record of the scanner's batch at or above `fromOffset` with a timestamp ≥ `timestamp`. Throws LogCorrupt.
 */
export function firstRecordSince(
  segment: Segment,
  scanner: BatchScanner,
  wanted: { fromOffset: number; timestamp: number }
): RecordTime | null {
  const { batch } = scanner
  const { fromOffset, timestamp } = wanted
  if (batch.lastOffset < fromOffset) return null
  if (batch.isLogAppendTime) {
    if (batch.maxTimestamp < timestamp) return null
    // Unless a compaction made holes, any offset of the batch is a record's.
    if (batch.recordCount > batch.lastOffsetDelta) {
      return { offset: Math.max(batch.baseOffset, fromOffset), timestamp: batch.maxTimestamp }
    }
  }
  const bytes = Buffer.allocUnsafe(batch.sizeBytes)
  const codec = segment.handle.read(bytes, scanner.position) === bytes.length ? readCodec(bytes, 0) : undefined
  if (codec === undefined) {
    const reason = 'the batch cannot be read as a whole, or its codec is none'
    throw new LogCorrupt({ path: segment.path, position: scanner.position, reason, quarantined: null })
  }
  const records = decompress(codec, bytes.subarray(HEADER_BYTES), DECOMPRESSED_BYTES_MAX)
  const baseTimestamp = readBaseTimestamp(bytes, 0)
  const cursor = new VarintCursor(records)
  for (let left = readRecordCount(bytes, 0); left > 0 && !cursor.isAtEnd; left--) {
    const length = cursor.varint()
    const end = cursor.at + length
    cursor.at++ // attributes
    const createTime = baseTimestamp + cursor.varint()
    const recordTimestamp = batch.isLogAppendTime ? batch.maxTimestamp : createTime
    const offset = batch.baseOffset + cursor.varint()
    if (offset >= fromOffset && recordTimestamp >= timestamp) return { offset, timestamp: recordTimestamp }
    cursor.at = end
  }
  return null
}
