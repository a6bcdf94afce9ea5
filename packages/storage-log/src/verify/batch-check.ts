import {
  CODEC_BITS,
  CorruptCompressedData,
  codecName,
  DecompressedTooLarge,
  decompress,
  HEADER_BYTES,
  LENGTH_AT,
  MAGIC,
  NONE,
  readBaseTimestamp,
  readRecordCount
} from '@streambus/protocol/records'
import { readMarker } from '../producer/producer-replay.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import type { Say } from './finding.ts'
import { RecordCheck } from './record-check.ts'

/** Codec, timestamp type, transactional, control, delete horizon (KIP-534). */
const KNOWN_ATTRIBUTES = 0x7f
const ATTRIBUTES_AT = 21

/** Why the header cannot be a batch's that ends within `leftBytes`, and at which of its bytes; null when it can. */
export function frameProblem(batch: StoredBatch, leftBytes: number): { at: number; message: string } | null {
  if (batch.magic !== MAGIC) {
    const old = batch.magic === 0 || batch.magic === 1 ? ', from before Kafka 0.11' : ''
    return { at: 16, message: `magic is ${batch.magic}${old}; only format ${MAGIC} can be read` }
  }
  if (batch.sizeBytes < HEADER_BYTES)
    return { at: LENGTH_AT, message: `a batch of ${batch.sizeBytes} bytes is not possible` }
  if (batch.sizeBytes > leftBytes) {
    return { at: 0, message: `a batch of ${batch.sizeBytes} bytes, only ${leftBytes} are there` }
  }
  if (batch.baseOffset < 0 || !Number.isSafeInteger(batch.baseOffset)) {
    return { at: 0, message: `base offset ${batch.baseOffset} is outside 0 … 2^53 − 1` }
  }
  return batch.lastOffsetDelta < 0 ? { at: 23, message: `last offset delta is ${batch.lastOffsetDelta}` } : null
}

export interface BatchCheckOptions {
  readonly decompressedBytesMax: number
}

/** Checks what is inside of batches whose CRC is right: such bytes were written like this, by whatever wrote them. */
export class BatchCheck {
  readonly #decompressedBytesMax: number
  readonly #records = new RecordCheck()

  constructor(options: BatchCheckOptions) {
    this.#decompressedBytesMax = options.decompressedBytesMax
  }

  /** `bytes` is the whole batch that begins at `position`. Returns the number of its records. */
  run(bytes: Buffer, batch: StoredBatch, position: number, say: Say): number {
    const count = readRecordCount(bytes, 0)
    const problem = headerProblem(batch, count)
    if (problem !== null) {
      say('damage', 'bad-header', position, `batch at offset ${batch.baseOffset}: ${problem}`)
      return Math.max(0, count)
    }
    const unknownBits = batch.attributes & ~KNOWN_ATTRIBUTES
    if (unknownBits !== 0) {
      const bits = `0x${(unknownBits & 0xffff).toString(16)}`
      say(
        'info',
        'bad-header',
        position + ATTRIBUTES_AT,
        `batch at offset ${batch.baseOffset}: attribute bits ${bits} mean nothing`
      )
    }
    const records = this.#decompressed(bytes, batch, position, say)
    if (records === null) return count
    const maxTimestamp = batch.isLogAppendTime ? Number.POSITIVE_INFINITY : batch.maxTimestamp
    const { lastOffsetDelta } = batch
    this.#records.run(records, { count, lastOffsetDelta, baseTimestamp: readBaseTimestamp(bytes, 0), maxTimestamp })
    const recordProblem = this.#records.problem ?? markerProblem(bytes, batch)
    if (recordProblem !== null) {
      say('damage', 'bad-records', position, `batch at offset ${batch.baseOffset}: ${recordProblem}`)
    }
    return count
  }

  #decompressed(bytes: Buffer, batch: StoredBatch, position: number, say: Say): Buffer | null {
    const codec = codecName(batch.attributes & CODEC_BITS)
    const packed = bytes.subarray(HEADER_BYTES)
    // Compaction may keep the header of a batch without records (KIP-98), whatever the codec bits still say.
    if (codec === undefined || packed.length === 0) return packed
    try {
      return decompress(codec, packed, this.#decompressedBytesMax)
    } catch (error) {
      const what = `batch at offset ${batch.baseOffset}: `
      if (error instanceof DecompressedTooLarge) say('info', 'unchecked-records', position, what + error.message)
      else if (error instanceof CorruptCompressedData) say('damage', 'bad-records', position, what + error.message)
      else throw error
      return null
    }
  }
}

function headerProblem(batch: StoredBatch, count: number): string | null {
  const { attributes, lastOffsetDelta, producerId, producerEpoch, baseSequence } = batch
  // Compaction may leave fewer records than offsets, never more.
  if (count < 0 || count > lastOffsetDelta + 1) return `${count} records in ${lastOffsetDelta + 1} offsets`
  if (codecName(attributes & CODEC_BITS) === undefined) return `codec ${attributes & CODEC_BITS} does not exist`
  if (producerId < NONE || !Number.isSafeInteger(producerId)) return `producer id ${producerId}`
  if (producerId >= 0 && producerEpoch < 0) return `producer ${producerId} with epoch ${producerEpoch}`
  if (producerId >= 0 && !batch.isControl && baseSequence < 0)
    return `producer ${producerId} with sequence ${baseSequence}`
  if (batch.isTransactional && producerId < 0) return 'a transactional batch without a producer id'
  return batch.maxTimestamp < NONE || !Number.isSafeInteger(batch.maxTimestamp)
    ? `maximum timestamp ${batch.maxTimestamp}`
    : null
}

function markerProblem(bytes: Buffer, batch: StoredBatch): string | null {
  if (!batch.isControl || batch.producerId < 0 || readRecordCount(bytes, 0) === 0) return null
  return readMarker(bytes, HEADER_BYTES) === null ? 'a control record that neither commits nor aborts' : null
}
