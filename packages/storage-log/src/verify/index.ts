export { findValidBatch } from '../recovery/bad-tail.ts'
export { type DirectoryContext, markerProblem, NO_CONTEXT, readDirectoryContext } from './directory-context.ts'
export { classifyFileName, type FileSuffix, type StoredFileKind, type StoredFileName } from './file-kind.ts'
export type { CheckedFile, Finding, FindingCode, Severity, VerifyOptions, VerifyReport } from './finding.ts'
export { type CheckpointText, readCheckpointText } from './small-file.ts'
export { snapshotProblem } from './snapshot-check.ts'
export {
  readTransactionSeal,
  TRANSACTION_ENTRY_BYTES,
  TRANSACTION_SEAL_BYTES,
  type TransactionSeal
} from './transaction-check.ts'
export { type VerifyDirectoryOptions, verifyLogDirectory } from './verify-directory.ts'
export { type PartitionFacts, type VerifyPartitionOptions, verifyPartition } from './verify-partition.ts'
