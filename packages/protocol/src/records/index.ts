export { compress, decompress } from '../compression/codec.ts'
export { CODEC_NAMES, type CodecName, codecId, codecName } from '../compression/codec-name.ts'
export { CorruptCompressedData, DecompressedTooLarge } from '../compression/compression-error.ts'
export { type BatchOptions, RecordBatchBuilder, summaryOfBuilt } from './batch-builder.ts'
export * from './batch-header.ts'
export { BatchRefused, type RecordError } from './batch-refused.ts'
export { recompressBatch } from './recompress-batch.ts'
export { MalformedRecords } from './record-cursor.ts'
export {
  type BatchRecord,
  forEachRecord,
  type ReadLimits,
  type RecordHeader,
  type RecordView,
  readRecords
} from './record-iterator.ts'
export type { RecordInput } from './record-writer.ts'
export { type BatchRules, type BatchSummary, validateBatch } from './validate-batch.ts'
export { countRecords, walkBatches } from './walk-batches.ts'
