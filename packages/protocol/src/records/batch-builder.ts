import { assert } from '@streambus/base'
import { compress } from '../compression/codec.ts'
import { type CodecName, codecId } from '../compression/codec-name.ts'
import { varintSize } from '../primitives/varint.ts'
import * as header from './batch-header.ts'
import { type RecordInput, RecordWriter, recordBodyBytes } from './record-writer.ts'
import type { BatchSummary } from './validate-batch.ts'

/** Everything a batch says besides its records. The defaults are those of a producer without idempotence. */
export interface BatchOptions {
  readonly codec?: CodecName
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** For logs of our own and for tests: a producer must send 0 and −1. */
  readonly baseOffset?: number
  readonly leaderEpoch?: number
}

/**
 * Collects records and makes one batch of them, as a producer does. `build` leaves the builder as it is; `reset`
 * empties it and keeps its memory for the next batch.
 */
export class RecordBatchBuilder {
  readonly #writer = new RecordWriter()
  #recordCount = 0
  #baseTimestamp = header.NONE
  #maxTimestamp = header.NONE

  get recordCount(): number {
    return this.#recordCount
  }

  /** Size of the batch when it is not compressed. */
  get sizeInBytes(): number {
    return header.HEADER_BYTES + this.#writer.length
  }

  append(record: RecordInput): this {
    if (this.#recordCount === 0) this.#baseTimestamp = record.timestamp
    this.#writer.record(record, record.timestamp - this.#baseTimestamp, this.#recordCount)
    if (record.timestamp > this.#maxTimestamp) this.#maxTimestamp = record.timestamp
    this.#recordCount++
    return this
  }

  /** By how much `append` would make the batch longer, uncompressed. */
  sizeOf(record: RecordInput): number {
    const timestampDelta = this.#recordCount === 0 ? 0 : record.timestamp - this.#baseTimestamp
    const bodyBytes = recordBodyBytes(record, timestampDelta, this.#recordCount)
    return varintSize(bodyBytes) + bodyBytes
  }

  /** A new buffer each time. Needs at least one record. */
  build(options: BatchOptions = {}): Buffer {
    assert(this.#recordCount > 0, 'a batch has at least one record')
    const codec = options.codec ?? 'none'
    const records = compress(codec, this.#writer.bytes())
    const batch = Buffer.allocUnsafe(header.HEADER_BYTES + records.length)
    this.#writeHeader(batch, options, codec)
    records.copy(batch, header.RECORDS_START)
    header.recomputeCrc(batch, 0, batch.length)
    return batch
  }

  reset(): void {
    this.#writer.reset()
    this.#recordCount = 0
    this.#baseTimestamp = header.NONE
    this.#maxTimestamp = header.NONE
  }

  #writeHeader(batch: Buffer, options: BatchOptions, codec: CodecName): void {
    const bits =
      codecId(codec) |
      (options.isTransactional === true ? header.TRANSACTIONAL_BIT : 0) |
      (options.isControl === true ? header.CONTROL_BIT : 0)
    header.stampOffsetAndEpoch(batch, 0, options.baseOffset ?? 0, options.leaderEpoch ?? header.NONE)
    batch.writeInt32BE(batch.length - header.PREFIX_BYTES, header.LENGTH_AT)
    batch.writeInt8(header.MAGIC, header.MAGIC_AT)
    batch.writeInt16BE(bits, header.ATTRIBUTES_AT)
    batch.writeInt32BE(this.#recordCount - 1, header.LAST_OFFSET_DELTA_AT)
    header.writeInt64(batch, header.BASE_TIMESTAMP_AT, this.#baseTimestamp)
    header.writeInt64(batch, header.MAX_TIMESTAMP_AT, this.#maxTimestamp)
    header.writeInt64(batch, header.PRODUCER_ID_AT, options.producerId ?? header.NONE)
    batch.writeInt16BE(options.producerEpoch ?? header.NONE, header.PRODUCER_EPOCH_AT)
    batch.writeInt32BE(options.baseSequence ?? header.NONE, header.BASE_SEQUENCE_AT)
    batch.writeInt32BE(this.#recordCount, header.RECORD_COUNT_AT)
  }
}

/** What validation would say of an uncompressed batch that was built here. */
export function summaryOfBuilt(batch: Buffer): BatchSummary {
  return {
    sizeBytes: batch.length,
    recordCount: header.readRecordCount(batch, 0),
    lastOffsetDelta: header.readLastOffsetDelta(batch, 0),
    baseTimestamp: header.readBaseTimestamp(batch, 0),
    maxTimestamp: header.readMaxTimestamp(batch, 0),
    producerId: header.readProducerId(batch, 0),
    producerEpoch: header.readProducerEpoch(batch, 0),
    baseSequence: header.readBaseSequence(batch, 0),
    isTransactional: header.isTransactional(batch, 0),
    codec: header.readCodec(batch, 0) ?? 'none',
    logAppendTimeMs: -1
  }
}
