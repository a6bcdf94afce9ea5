import * as header from '@streambus/protocol/records'

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
  /** Fewer than `lastOffsetDelta` + 1, even none, after a compaction. */
  recordCount = 0

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  get isTransactional(): boolean {
    return (this.attributes & header.TRANSACTIONAL_BIT) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & header.CONTROL_BIT) !== 0
  }

  /** The broker set the timestamp of all records to `maxTimestamp`. */
  get isLogAppendTime(): boolean {
    return (this.attributes & header.LOG_APPEND_TIME_BIT) !== 0
  }

  /** Whether the header can be a batch's. Says nothing about the records. */
  get isPlausible(): boolean {
    return (
      this.magic === header.MAGIC &&
      this.sizeBytes >= header.HEADER_BYTES &&
      this.baseOffset >= 0 &&
      this.lastOffsetDelta >= 0
    )
  }

  /** Needs HEADER_BYTES bytes from `at`. */
  read(bytes: Buffer, at: number): void {
    this.baseOffset = header.readBaseOffset(bytes, at)
    this.sizeBytes = header.readSizeInBytes(bytes, at)
    this.leaderEpoch = header.readLeaderEpoch(bytes, at)
    this.magic = header.readMagic(bytes, at)
    this.crc = header.readCrc(bytes, at)
    this.attributes = header.readAttributes(bytes, at)
    this.lastOffsetDelta = header.readLastOffsetDelta(bytes, at)
    this.maxTimestamp = header.readMaxTimestamp(bytes, at)
    this.producerId = header.readProducerId(bytes, at)
    this.producerEpoch = header.readProducerEpoch(bytes, at)
    this.baseSequence = header.readBaseSequence(bytes, at)
    this.recordCount = header.readRecordCount(bytes, at)
    // A batch that compaction has emptied keeps its header's time, but no record has it.
    if (this.recordCount === 0) this.maxTimestamp = -1
  }
}
