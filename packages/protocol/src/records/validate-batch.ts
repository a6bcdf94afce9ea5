import type { CodecName } from '../compression/codec-name.ts'
import { Errors } from '../errors.ts'
import * as header from './batch-header.ts'
import { asRefusal, BatchRefused, decompressOrRefuse } from './batch-refused.ts'
import { checkHeader } from './check-header.ts'
import { RecordCheck } from './check-records.ts'
import { RecordCursor } from './record-cursor.ts'

export interface BatchRules {
  /** `max.message.bytes`: the batch with its header, as sent. */
  readonly maxMessageBytes: number
  /** Every record needs a key. */
  readonly isCompacted: boolean
  /** `message.timestamp.type` of the topic. */
  readonly timestampType: header.TimestampType
  readonly nowMs: number
  /** How far record timestamps may lie before and after `nowMs`; for CreateTime only. */
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  /** Version of the Produce request. */
  readonly apiVersion: number
  /** False trusts the records and looks at the header only. */
  readonly checkRecords: boolean
  /**
   * `compression.type` of the topic. A batch of another codec is checked but not stamped, because it is about to be
   * rebuilt.
   */
  readonly targetCodec: 'producer' | CodecName
  /** Limit on the records when decompressed: `max.message.bytes` × 20, at most 64 MiB. */
  readonly decompressedBytesMax: number
}

/** A batch that may be appended. */
export interface BatchSummary {
  readonly sizeBytes: number
  readonly recordCount: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** −1: not idempotent; then epoch and sequence mean nothing. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly codec: CodecName
  /** −1 when the topic keeps the producer's timestamps. */
  readonly logAppendTimeMs: number
}

/**
 * Checks what a client wants to append: exactly one batch in `start` … `end`. The header's maximum timestamp,
 * timestamp type and CRC are corrected in place where the topic or the records demand it; the records stay as they are.
 * Throws BatchRefused, and then has changed nothing.
 */
export function validateBatch(buffer: Buffer, start: number, end: number, rules: BatchRules): BatchSummary {
  const codec = checkHeader(buffer, start, end, rules)
  const isAppendTime = rules.timestampType === 'LogAppendTime'
  let maxTimestamp = header.readMaxTimestamp(buffer, start)
  if (rules.checkRecords) {
    const records = buffer.subarray(start + header.RECORDS_START, end)
    maxTimestamp = checkRecords(buffer, start, decompressOrRefuse(codec, records, rules.decompressedBytesMax), rules)
  } else if (!isAppendTime) checkMaxTimestamp(maxTimestamp, rules)
  if (isAppendTime) maxTimestamp = rules.nowMs
  const willBeRebuilt = rules.targetCodec !== 'producer' && rules.targetCodec !== codec
  if (!willBeRebuilt && (isAppendTime || maxTimestamp !== header.readMaxTimestamp(buffer, start))) {
    header.setMaxTimestampAndType(buffer, start, maxTimestamp, rules.timestampType)
    header.recomputeCrc(buffer, start, end)
  }
  return {
    sizeBytes: end - start,
    recordCount: header.readRecordCount(buffer, start),
    lastOffsetDelta: header.readLastOffsetDelta(buffer, start),
    baseTimestamp: header.readBaseTimestamp(buffer, start),
    maxTimestamp,
    producerId: header.readProducerId(buffer, start),
    producerEpoch: header.readProducerEpoch(buffer, start),
    baseSequence: header.readBaseSequence(buffer, start),
    isTransactional: header.isTransactional(buffer, start),
    codec,
    logAppendTimeMs: isAppendTime ? rules.nowMs : header.NONE
  }
}

/** Returns the real maximum timestamp of `records`, which belong to the header at `start`. */
function checkRecords(buffer: Buffer, start: number, records: Buffer, rules: BatchRules): number {
  const isAppendTime = rules.timestampType === 'LogAppendTime'
  const check = new RecordCheck({
    recordCount: header.readRecordCount(buffer, start),
    baseTimestamp: header.readBaseTimestamp(buffer, start),
    isKeyRequired: rules.isCompacted,
    timestampMin: isAppendTime ? Number.NEGATIVE_INFINITY : timestampMin(rules),
    timestampMax: isAppendTime ? Number.POSITIVE_INFINITY : timestampMax(rules)
  })
  try {
    check.run(new RecordCursor(records, 0, records.length))
  } catch (error) {
    throw asRefusal(error)
  }
  if (check.errorCount > 0) throw refusedRecords(check)
  return check.maxTimestamp
}

/** As in Kafka a wrong timestamp outweighs a missing key. */
function refusedRecords(check: RecordCheck): BatchRefused {
  const error = check.hasTimestampError ? Errors.INVALID_TIMESTAMP : Errors.INVALID_RECORD
  const first = check.errors[0]
  const message = `${check.errorCount} record(s) refused; record ${first?.index}: ${first?.message}`
  return new BatchRefused(error, message, check.errors)
}

function checkMaxTimestamp(maxTimestamp: number, rules: BatchRules): void {
  if (maxTimestamp === header.NONE) return
  if (maxTimestamp >= timestampMin(rules) && maxTimestamp <= timestampMax(rules)) return
  const range = `${timestampMin(rules)} … ${timestampMax(rules)}`
  throw new BatchRefused(Errors.INVALID_TIMESTAMP, `maximum timestamp ${maxTimestamp} is outside ${range}`)
}

/** The settings go up to 2^63 − 1; a timestamp may not. */
function timestampMin(rules: BatchRules): number {
  return Math.max(rules.nowMs - rules.timestampBeforeMaxMs, 0)
}

function timestampMax(rules: BatchRules): number {
  return Math.min(rules.nowMs + rules.timestampAfterMaxMs, Number.MAX_SAFE_INTEGER)
}
