import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  CODEC_BITS,
  compress,
  DELETE_HORIZON_BIT,
  HEADER_BYTES,
  LENGTH_AT,
  MAX_TIMESTAMP_AT,
  NONE,
  PREFIX_BYTES,
  RECORD_COUNT_AT,
  readAttributes,
  readBaseTimestamp,
  readCodec,
  readMaxTimestamp,
  recomputeCrc,
  writeInt64
} from '@streambus/protocol/records'
import type { BatchFilter } from './batch-filter.ts'
import type { BatchReader } from './batch-reader.ts'

/** A new timestamp delta has up to ten bytes, and the record's length may grow by as much as four for it. */
const GROWTH_MAX = 14

/**
 * The reader's batch with only the records that the filter keeps, in its own codec. Base offset, last offset, producer,
 * sequence and the records' offsets stay, so gaps are where records were. With a new delete horizon the base timestamp
 * becomes the horizon (KIP-534) and timestamp deltas count from there; else records are copied as they are.
 */
export function rebuildBatch(reader: BatchReader, filter: BatchFilter): Buffer {
  const { bytes, at, batch } = reader
  const { walk, newHorizonMs } = filter
  const shift = newHorizonMs < 0 ? 0 : readBaseTimestamp(bytes, at) - newHorizonMs
  const plain = Buffer.allocUnsafe(walk.records.length + (newHorizonMs < 0 ? 0 : filter.keptCount * GROWTH_MAX))
  let to = 0
  walk.rewind(filter.recordCount)
  for (let i = 0; walk.next(); i++) {
    if (filter.keeps[i] !== 1) continue
    if (newHorizonMs < 0) to += walk.records.copy(plain, to, walk.start, walk.end)
    else to = writeShifted(plain, to, walk, shift)
  }
  const records = compress(readCodec(bytes, at) ?? 'none', plain.subarray(0, to))
  const result = Buffer.allocUnsafe(HEADER_BYTES + records.length)
  bytes.copy(result, 0, at, at + HEADER_BYTES)
  records.copy(result, HEADER_BYTES)
  result.writeInt32BE(result.length - PREFIX_BYTES, LENGTH_AT)
  if (newHorizonMs >= 0) {
    result.writeInt16BE(readAttributes(bytes, at) | DELETE_HORIZON_BIT, ATTRIBUTES_AT)
    writeInt64(result, BASE_TIMESTAMP_AT, newHorizonMs)
  }
  writeInt64(result, MAX_TIMESTAMP_AT, batch.isLogAppendTime ? batch.maxTimestamp : filter.maxTimestamp)
  result.writeInt32BE(filter.keptCount, RECORD_COUNT_AT)
  recomputeCrc(result, 0, result.length)
  return result
}

/** The reader's batch without its records: what it says of offsets, producer, sequence and epoch stays. */
export function emptyBatch({ bytes, at }: BatchReader): Buffer {
  const result = Buffer.from(bytes.subarray(at, at + HEADER_BYTES))
  result.writeInt32BE(HEADER_BYTES - PREFIX_BYTES, LENGTH_AT)
  result.writeInt16BE(readAttributes(bytes, at) & ~(CODEC_BITS | DELETE_HORIZON_BIT), ATTRIBUTES_AT)
  writeInt64(result, BASE_TIMESTAMP_AT, NONE)
  writeInt64(result, MAX_TIMESTAMP_AT, readMaxTimestamp(bytes, at))
  result.writeInt32BE(0, RECORD_COUNT_AT)
  recomputeCrc(result, 0, result.length)
  return result
}

/** The record at `walk` with `shift` added to its timestamp delta. Returns where it ends. */
function writeShifted(target: Buffer, at: number, walk: BatchFilter['walk'], shift: number): number {
  const zigZag = zigZagOf(walk.timestampDelta + shift)
  const bodyBytes = 1 + varintBytes(zigZag) + walk.end - walk.offsetDeltaAt
  let to = writeVarint(target, at, bodyBytes * 2)
  target[to++] = attributesOf(walk)
  to = writeVarint(target, to, zigZag)
  return to + walk.records.copy(target, to, walk.offsetDeltaAt, walk.end)
}

/** The byte behind the record's length. */
function attributesOf({ records, start }: BatchFilter['walk']): number {
  let at = start
  while ((records[at] as number) >= 0x80) at++
  return records[at + 1] as number
}

/** Exact below 2^52, and beyond it for what is not negative. */
function zigZagOf(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

function varintBytes(unsigned: number): number {
  let bytes = 1
  for (let rest = unsigned; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

function writeVarint(target: Buffer, at: number, unsigned: number): number {
  let rest = unsigned
  let to = at
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[to++] = (rest % 128) | 0x80
  target[to++] = rest
  return to
}
