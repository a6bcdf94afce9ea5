import { crc32c } from '@streambus/base'
import { type CodecName, codecName } from '../compression/codec-name.ts'

/**
 * Kafka's record batch, format 2 (magic 2): where its fields are and how to read and stamp them in place.
 *
 * Accessors take the buffer and the position `at` where the batch begins, need HEADER_BYTES bytes there, and never
 * throw or allocate, whatever the bytes say. 64-bit fields come back exact within ±(2^53 − 1); outside of it (hostile
 * or damaged bytes only) they are rounded to the nearest double, still on the right side of every limit, and
 * `validateBatch` refuses them by name.
 */
export const BASE_OFFSET_AT = 0
/** Counts everything after itself: size of the batch − PREFIX_BYTES. */
export const LENGTH_AT = 8
export const LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
export const CRC_AT = 17
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORD_COUNT_AT = 57
/** The records follow, as a whole compressed or not. */
export const RECORDS_START = 61
export const HEADER_BYTES = 61
/** Base offset and length: what the length does not count. */
export const PREFIX_BYTES = 12
/**
 * The CRC-32C covers everything from the attributes on, so that base offset and leader epoch can be stamped without
 * it.
 */
export const CRC_START = ATTRIBUTES_AT
export const MAGIC = 2

export const CODEC_BITS = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20
/** Base timestamp is the delete horizon (KIP-534). Only compaction sets it. */
export const DELETE_HORIZON_BIT = 0x40

/** "None" of producer id, producer epoch, base sequence, leader epoch and timestamp. */
export const NONE = -1

export type TimestampType = 'CreateTime' | 'LogAppendTime'

const TWO_32 = 2 ** 32
/** Sequences go from 0 to 2^31 − 1 and start again. */
const SEQUENCES = 2 ** 31

export function readBaseOffset(buffer: Buffer, at: number): number {
  return readInt64Rounded(buffer, at + BASE_OFFSET_AT)
}

export function readLength(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + LENGTH_AT)
}

export function readSizeInBytes(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + LENGTH_AT) + PREFIX_BYTES
}

export function readLeaderEpoch(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + LEADER_EPOCH_AT)
}

export function readMagic(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + MAGIC_AT)
}

export function readCrc(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at + CRC_AT)
}

export function readAttributes(buffer: Buffer, at: number): number {
  return buffer.readInt16BE(at + ATTRIBUTES_AT)
}

export function readLastOffsetDelta(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + LAST_OFFSET_DELTA_AT)
}

export function readLastOffset(buffer: Buffer, at: number): number {
  return readBaseOffset(buffer, at) + readLastOffsetDelta(buffer, at)
}

export function readBaseTimestamp(buffer: Buffer, at: number): number {
  return readInt64Rounded(buffer, at + BASE_TIMESTAMP_AT)
}

export function readMaxTimestamp(buffer: Buffer, at: number): number {
  return readInt64Rounded(buffer, at + MAX_TIMESTAMP_AT)
}

export function readProducerId(buffer: Buffer, at: number): number {
  return readInt64Rounded(buffer, at + PRODUCER_ID_AT)
}

export function readProducerEpoch(buffer: Buffer, at: number): number {
  return buffer.readInt16BE(at + PRODUCER_EPOCH_AT)
}

export function readBaseSequence(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BASE_SEQUENCE_AT)
}

export function readRecordCount(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + RECORD_COUNT_AT)
}

export function isTransactional(buffer: Buffer, at: number): boolean {
  return (readAttributes(buffer, at) & TRANSACTIONAL_BIT) !== 0
}

export function isControl(buffer: Buffer, at: number): boolean {
  return (readAttributes(buffer, at) & CONTROL_BIT) !== 0
}

/** With LogAppendTime the maximum timestamp of the header is every record's timestamp. */
export function readTimestampType(buffer: Buffer, at: number): TimestampType {
  return (readAttributes(buffer, at) & LOG_APPEND_TIME_BIT) === 0 ? 'CreateTime' : 'LogAppendTime'
}

/** Undefined for the numbers 5–7, which no codec has. */
export function readCodec(buffer: Buffer, at: number): CodecName | undefined {
  return codecName(readAttributes(buffer, at) & CODEC_BITS)
}

/** Sequence of the last record; meaningful when the base sequence is not NONE. */
export function readLastSequence(buffer: Buffer, at: number): number {
  return (readBaseSequence(buffer, at) + readLastOffsetDelta(buffer, at)) % SEQUENCES
}

/** Base sequence that the producer's next batch must have. */
export function readNextSequence(buffer: Buffer, at: number): number {
  return (readBaseSequence(buffer, at) + readLastOffsetDelta(buffer, at) + 1) % SEQUENCES
}

/** Assigns the offset of the first record and the leader's epoch. Neither is under the CRC. */
export function stampOffsetAndEpoch(buffer: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  writeInt64(buffer, at + BASE_OFFSET_AT, baseOffset)
  buffer.writeInt32BE(leaderEpoch, at + LEADER_EPOCH_AT)
}

/** Both are under the CRC: call `recomputeCrc` afterwards. */
export function setMaxTimestampAndType(buffer: Buffer, at: number, maxTimestamp: number, type: TimestampType): void {
  const attributes = readAttributes(buffer, at) & ~LOG_APPEND_TIME_BIT
  buffer.writeInt16BE(type === 'LogAppendTime' ? attributes | LOG_APPEND_TIME_BIT : attributes, at + ATTRIBUTES_AT)
  writeInt64(buffer, at + MAX_TIMESTAMP_AT, maxTimestamp)
}

/** CRC-32C of the batch in `start` … `end`, as its header should have it. */
export function computeCrc(buffer: Buffer, start: number, end: number): number {
  return crc32c(buffer.subarray(start + CRC_START, end))
}

export function recomputeCrc(buffer: Buffer, start: number, end: number): void {
  buffer.writeUInt32BE(computeCrc(buffer, start, end), start + CRC_AT)
}

/** Exact within ±(2^53 − 1), else rounded; never throws, never NaN. */
export function readInt64Rounded(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4)
}

/** `value` must be an integer within ±(2^53 − 1). */
export function writeInt64(buffer: Buffer, at: number, value: number): void {
  buffer.writeInt32BE(Math.floor(value / TWO_32), at)
  // The low word modulo 2^32, for negative numbers too.
  buffer.writeInt32BE(value | 0, at + 4)
}
