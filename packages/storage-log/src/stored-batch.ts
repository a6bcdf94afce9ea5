/** Byte positions in a record batch, format 2. */
export const BATCH_HEADER_BYTES = 61
/** The part of the header that the length field does not count: base offset and the length itself. */
export const BATCH_PREFIX_BYTES = 12
/** The CRC covers everything from here to the end. */
export const BATCH_CRC_START = 21
const LEADER_EPOCH_AT = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const PRODUCER_EPOCH_AT = 51
const BASE_SEQUENCE_AT = 53
const TIMESTAMP_TYPE_BIT = 0x08
const TRANSACTIONAL_BIT = 0x10
const CONTROL_BIT = 0x20

/** One batch header as it is on disk, read again and again into the same object while walking a segment. */
export class StoredBatch {
  baseOffset = 0
  sizeBytes = 0
  leaderEpoch = 0
  magic = 0
  crc = 0
  attributes = 0
  lastOffsetDelta = 0
  maxTimestamp = 0
  producerId = 0
  producerEpoch = 0
  baseSequence = 0

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL_BIT) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & CONTROL_BIT) !== 0
  }

  /** The broker set the timestamp of all records to `maxTimestamp`. */
  get isLogAppendTime(): boolean {
    return (this.attributes & TIMESTAMP_TYPE_BIT) !== 0
  }

  /** Whether the header can be a batch's. Says nothing about the records. */
  get isPlausible(): boolean {
    return this.magic === 2 && this.sizeBytes >= BATCH_HEADER_BYTES && this.baseOffset >= 0 && this.lastOffsetDelta >= 0
  }

  /** Needs BATCH_HEADER_BYTES bytes from `at`. */
  read(bytes: Buffer, at: number): void {
    this.baseOffset = readInt64(bytes, at)
    this.sizeBytes = bytes.readInt32BE(at + 8) + BATCH_PREFIX_BYTES
    this.leaderEpoch = bytes.readInt32BE(at + LEADER_EPOCH_AT)
    this.magic = bytes[at + MAGIC_AT] as number
    this.crc = bytes.readUInt32BE(at + CRC_AT)
    this.attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
    this.lastOffsetDelta = bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT)
    this.maxTimestamp = readInt64(bytes, at + MAX_TIMESTAMP_AT)
    this.producerId = readInt64(bytes, at + PRODUCER_ID_AT)
    this.producerEpoch = bytes.readInt16BE(at + PRODUCER_EPOCH_AT)
    this.baseSequence = bytes.readInt32BE(at + BASE_SEQUENCE_AT)
  }
}

/** Exact for ±2^53; damaged bytes may give a rounded number, which no check below takes for a right one. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}

export function hasLogAppendTime(bytes: Buffer, at: number): boolean {
  return ((bytes[at + ATTRIBUTES_AT + 1] as number) & TIMESTAMP_TYPE_BIT) !== 0
}

export function isControlBatch(bytes: Buffer, at: number): boolean {
  return ((bytes[at + ATTRIBUTES_AT + 1] as number) & CONTROL_BIT) !== 0
}

/** Sets base offset and leader epoch, the two fields of a header that the CRC leaves out so that brokers can. */
export function stampOffsetAndEpoch(bytes: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  bytes.writeUInt32BE(Math.floor(baseOffset / 2 ** 32), at)
  bytes.writeUInt32BE(baseOffset >>> 0, at + 4)
  bytes.writeInt32BE(leaderEpoch, at + LEADER_EPOCH_AT)
}
