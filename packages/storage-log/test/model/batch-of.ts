import {
  type BatchSummary,
  type CodecName,
  RecordBatchBuilder,
  readBaseTimestamp,
  readMaxTimestamp,
  recomputeCrc,
  setMaxTimestampAndType
} from '@streambus/protocol/records'

export interface RecordSpec {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

export interface BatchSpec {
  readonly records: readonly RecordSpec[]
  readonly codec: CodecName
  /** −1: the timestamps are the producer's. */
  readonly logAppendTimeMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
}

export const NO_PRODUCER = { producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false }

export interface Made {
  readonly bytes: Buffer
  readonly summary: BatchSummary
}

export function batchOf(spec: BatchSpec): Made {
  const builder = new RecordBatchBuilder()
  for (const { key, value, timestamp } of spec.records) {
    builder.append({ key: toBuffer(key), value: toBuffer(value), timestamp })
  }
  const { codec, producerId, producerEpoch, baseSequence, isTransactional, logAppendTimeMs } = spec
  const bytes = builder.build({ codec, producerId, producerEpoch, baseSequence, isTransactional })
  if (logAppendTimeMs >= 0) {
    setMaxTimestampAndType(bytes, 0, logAppendTimeMs, 'LogAppendTime')
    recomputeCrc(bytes, 0, bytes.length)
  }
  return { bytes, summary: { ...summaryOf(bytes, spec), codec } }
}

function summaryOf(bytes: Buffer, spec: BatchSpec): Omit<BatchSummary, 'codec'> {
  const { producerId, producerEpoch, baseSequence, isTransactional, logAppendTimeMs } = spec
  return {
    sizeBytes: bytes.length,
    recordCount: spec.records.length,
    lastOffsetDelta: spec.records.length - 1,
    baseTimestamp: readBaseTimestamp(bytes, 0),
    maxTimestamp: readMaxTimestamp(bytes, 0),
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
    logAppendTimeMs
  }
}

function toBuffer(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text)
}
