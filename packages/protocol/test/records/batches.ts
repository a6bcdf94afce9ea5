import * as fc from 'fast-check'
import {
  type BatchOptions,
  type BatchRecord,
  BatchRefused,
  type BatchRules,
  type BatchSummary,
  type CodecName,
  RecordBatchBuilder,
  type RecordInput,
  recomputeCrc,
  validateBatch
} from '../../src/records/index.ts'

export const NOW_MS = 1_700_000_000_000
export const CODECS: readonly CodecName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

export const RULES: BatchRules = {
  maxMessageBytes: 1024 * 1024,
  isCompacted: false,
  timestampType: 'CreateTime',
  nowMs: NOW_MS,
  timestampBeforeMaxMs: 2 ** 63,
  timestampAfterMaxMs: 3_600_000,
  apiVersion: 9,
  checkRecords: true,
  targetCodec: 'producer',
  decompressedBytesMax: 20 * 1024 * 1024
}

export function validate(batch: Buffer, rules: Partial<BatchRules> = {}): BatchSummary {
  return validateBatch(batch, 0, batch.length, { ...RULES, ...rules })
}

/** The refusal that `batch` gets; fails when it gets none. */
export function refusalOf(batch: Buffer, rules: Partial<BatchRules> = {}): BatchRefused {
  try {
    validate(batch, rules)
  } catch (error) {
    if (error instanceof BatchRefused) return error
    throw error
  }
  throw new Error('the batch was accepted')
}

export function record(fields: Partial<RecordInput> = {}): RecordInput {
  return { key: Buffer.from('key'), value: Buffer.from('value'), timestamp: NOW_MS, ...fields }
}

export function batchOf(records: readonly RecordInput[], options: BatchOptions = {}): Buffer {
  const builder = new RecordBatchBuilder()
  for (const one of records) builder.append(one)
  return builder.build(options)
}

/** A batch of three records that is right in every way. */
export function goodBatch(options: BatchOptions = {}): Buffer {
  const headers = [{ key: 'trace', value: Buffer.from('1') }]
  return batchOf([record(), record({ key: null, headers }), record({ value: null, timestamp: NOW_MS + 5 })], options)
}

/** `change` made to a copy of the batch, with the CRC right again. */
export function changed(batch: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  recomputeCrc(copy, 0, copy.length)
  return copy
}

/** An uncompressed batch around record bytes that no builder would write. */
export function batchAround(records: Buffer, recordCount: number): Buffer {
  const batch = Buffer.concat([goodBatch().subarray(0, 61), records])
  return changed(batch, copy => {
    copy.writeInt32BE(copy.length - 12, 8)
    copy.writeInt32BE(recordCount - 1, 23)
    copy.writeInt32BE(recordCount, 57)
  })
}

const anyBytes = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))

export const anyRecord: fc.Arbitrary<RecordInput> = fc.record({
  key: fc.option(anyBytes),
  value: fc.option(anyBytes),
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 20 }), value: fc.option(anyBytes) }), {
    maxLength: 4
  }),
  timestamp: fc.oneof(fc.integer({ min: NOW_MS - 100_000, max: NOW_MS + 100_000 }), fc.nat(NOW_MS), fc.constant(-1))
})

export const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 80 })

/** What reading the records back must give. */
export function expected(records: readonly RecordInput[], baseOffset = 0): BatchRecord[] {
  return records.map(({ key, value, headers, timestamp }, index) => ({
    offset: baseOffset + index,
    timestamp,
    key: asBuffer(key),
    value: asBuffer(value),
    headers: (headers ?? []).map(one => ({ key: one.key, value: asBuffer(one.value) }))
  }))
}

function asBuffer(bytes: Uint8Array | null | undefined): Buffer | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes)
}
