import type { Clock } from '@streambus/base'
import { type CodecName, RecordBatchBuilder } from '@streambus/protocol/records'
import type { SealedBatch } from './partition-sender.ts'

export interface Header {
  readonly key: string
  readonly value: Buffer
}

/** Who we are to brokers that recognise repeated batches (KIP-98). */
export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface BatchWriterOptions {
  readonly codec: CodecName
  /** Null: without idempotence. */
  readonly identity: Identity | null
  /** Of every record. */
  readonly headers: readonly Header[]
  readonly clock: Clock
}

/** Sequences go from 0 to 2^31 − 1 and start again. */
const SEQUENCES = 2 ** 31
/** Lengths, deltas and attributes of a record take at most this much beside key, value and headers. */
const RECORD_OVERHEAD_BYTES = 32

/** The open batch of one partition. Numbers batches in the order in which they are sealed. */
export class BatchWriter {
  readonly #options: BatchWriterOptions
  readonly #builder = new RecordBatchBuilder()
  readonly #overheadBytes: number
  #nextSequence = 0

  constructor(options: BatchWriterOptions) {
    this.#options = options
    this.#overheadBytes = options.headers.reduce(
      (bytes, { key, value }) => bytes + Buffer.byteLength(key) + value.length + 10,
      RECORD_OVERHEAD_BYTES
    )
  }

  get recordCount(): number {
    return this.#builder.recordCount
  }

  /** Before compression. */
  get sizeBytes(): number {
    return this.#builder.sizeInBytes
  }

  /** At most what `sizeBytes` would be after `append`. */
  sizeWith(key: Buffer | null, value: Buffer): number {
    return this.#builder.sizeInBytes + this.#overheadBytes + value.length + (key?.length ?? 0)
  }

  /** Takes copies. The timestamp is now. */
  append(key: Buffer | null, value: Buffer): void {
    const { headers, clock } = this.#options
    this.#builder.append({ key, value, headers, timestamp: clock.wallMs() })
  }

  /** Makes a batch of everything appended and starts anew. */
  seal(): SealedBatch {
    const { codec, identity } = this.#options
    const recordCount = this.#builder.recordCount
    const bytes = this.#builder.build(
      identity === null ? { codec } : { codec, ...identity, baseSequence: this.#nextSequence }
    )
    this.#nextSequence = (this.#nextSequence + recordCount) % SEQUENCES
    this.#builder.reset()
    return { bytes, recordCount, sizeBytes: bytes.length }
  }
}
