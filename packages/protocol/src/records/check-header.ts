import type { CodecName } from '../compression/codec-name.ts'
import { type ErrorCode, Errors } from '../errors.ts'
import * as header from './batch-header.ts'
import { BatchRefused } from './batch-refused.ts'

/** Apache Kafka lets zstd in from Produce v7 on (KIP-110): older consumers cannot read it. */
const ZSTD_API_VERSION_MIN = 7

export interface HeaderRules {
  /** `max.message.bytes` of the topic: the whole batch with its header, as sent. */
  readonly maxMessageBytes: number
  /** Version of the Produce request. */
  readonly apiVersion: number
}

/**
 * What can be said of a client's batch without looking at its records; returns its codec. The order follows Apache
 * Kafka's leader except that nothing but magic and length is believed before the CRC was compared. Throws BatchRefused.
 */
export function checkHeader(buffer: Buffer, start: number, end: number, rules: HeaderRules): CodecName {
  checkFrame(buffer, start, end)
  const sizeBytes = end - start
  if (sizeBytes > rules.maxMessageBytes) {
    refuse(Errors.MESSAGE_TOO_LARGE, `the batch has ${sizeBytes} bytes, max.message.bytes is ${rules.maxMessageBytes}`)
  }
  const crc = header.computeCrc(buffer, start, end)
  if (crc !== header.readCrc(buffer, start)) {
    refuse(Errors.CORRUPT_MESSAGE, `the CRC of the batch is ${crc}, its header says ${header.readCrc(buffer, start)}`)
  }
  checkCounts(buffer, start)
  checkAttributes(buffer, start)
  checkProducer(buffer, start)
  checkTimestamps(buffer, start)
  return checkCodec(buffer, start, rules.apiVersion)
}

/** Exactly one batch of format 2 fills start … end. */
function checkFrame(buffer: Buffer, start: number, end: number): void {
  const sizeBytes = end - start
  if (sizeBytes < header.HEADER_BYTES) {
    refuse(Errors.INVALID_RECORD, `${sizeBytes} bytes are no record batch, which has at least ${header.HEADER_BYTES}`)
  }
  const magic = header.readMagic(buffer, start)
  if (magic === 0 || magic === 1) {
    refuse(
      Errors.INVALID_RECORD,
      `message format ${magic} is from before Kafka 0.11; only record batches (format 2) are accepted`
    )
  }
  if (magic !== header.MAGIC) refuse(Errors.CORRUPT_MESSAGE, `message format ${magic} does not exist`)
  const declaredBytes = header.readSizeInBytes(buffer, start)
  if (declaredBytes < header.HEADER_BYTES || declaredBytes > sizeBytes) {
    refuse(Errors.CORRUPT_MESSAGE, `the batch says it has ${declaredBytes} bytes, there are ${sizeBytes}`)
  }
  if (declaredBytes < sizeBytes) {
    refuse(
      Errors.INVALID_RECORD,
      `${sizeBytes - declaredBytes} bytes follow the batch; a partition takes one batch a request`
    )
  }
}

function checkCounts(buffer: Buffer, start: number): void {
  const baseOffset = header.readBaseOffset(buffer, start)
  if (baseOffset !== 0) refuse(Errors.INVALID_RECORD, `the base offset is ${baseOffset}; a producer must send 0`)
  const count = header.readRecordCount(buffer, start)
  if (count <= 0) refuse(Errors.INVALID_RECORD, `the batch says it has ${count} records; there must be at least 1`)
  const lastOffsetDelta = header.readLastOffsetDelta(buffer, start)
  if (count !== lastOffsetDelta + 1) {
    refuse(Errors.INVALID_RECORD, `the record count is ${count}, but the last offset delta is ${lastOffsetDelta}`)
  }
}

function checkAttributes(buffer: Buffer, start: number): void {
  const attributes = header.readAttributes(buffer, start)
  if ((attributes & header.CONTROL_BIT) !== 0) refuse(Errors.INVALID_RECORD, 'clients may not write control records')
  if ((attributes & header.DELETE_HORIZON_BIT) !== 0)
    refuse(Errors.INVALID_RECORD, 'producers may not set a delete horizon')
  if ((attributes & header.LOG_APPEND_TIME_BIT) !== 0) {
    refuse(Errors.INVALID_TIMESTAMP, 'producers may not set the timestamp type to LogAppendTime')
  }
}

function checkProducer(buffer: Buffer, start: number): void {
  const producerId = header.readProducerId(buffer, start)
  if (producerId === header.NONE) {
    if (header.isTransactional(buffer, start))
      refuse(Errors.INVALID_RECORD, 'a transactional batch needs a producer id')
    return
  }
  if (!Number.isSafeInteger(producerId) || producerId < 0)
    refuse(Errors.INVALID_RECORD, `producer id ${producerId} is outside −1 … 2^53 − 1`)
  const epoch = header.readProducerEpoch(buffer, start)
  const sequence = header.readBaseSequence(buffer, start)
  if (epoch < 0 || sequence < 0) {
    refuse(
      Errors.INVALID_RECORD,
      `producer id ${producerId} comes with epoch ${epoch} and base sequence ${sequence}; both must be at least 0`
    )
  }
}

/** Only what no topic could take; the topic's own range is for the records. */
function checkTimestamps(buffer: Buffer, start: number): void {
  const base = header.readBaseTimestamp(buffer, start)
  const max = header.readMaxTimestamp(buffer, start)
  if (!Number.isSafeInteger(base) || !Number.isSafeInteger(max) || base < header.NONE || max < header.NONE) {
    refuse(Errors.INVALID_TIMESTAMP, `base timestamp ${base} and maximum timestamp ${max} must be within −1 … 2^53 − 1`)
  }
}

function checkCodec(buffer: Buffer, start: number, apiVersion: number): CodecName {
  const codec = header.readCodec(buffer, start)
  if (codec === undefined) {
    const id = header.readAttributes(buffer, start) & header.CODEC_BITS
    return refuse(
      Errors.UNSUPPORTED_COMPRESSION_TYPE,
      `compression codec ${id} does not exist; known are 0 (none) to 4 (zstd)`
    )
  }
  if (codec === 'zstd' && apiVersion < ZSTD_API_VERSION_MIN) {
    refuse(
      Errors.UNSUPPORTED_COMPRESSION_TYPE,
      `zstd needs Produce version ${ZSTD_API_VERSION_MIN}, the request has ${apiVersion}`
    )
  }
  return codec
}

function refuse(error: ErrorCode, message: string): never {
  throw new BatchRefused(error, message)
}
