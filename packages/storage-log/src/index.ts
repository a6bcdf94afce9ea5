export {
  type CompactionHost,
  type CompactionInput,
  type CompactionResult,
  compactLog
} from './compaction/compact-log.ts'
export type { CompactionRound } from './compaction/plan-round.ts'
export type { CleanedGroup } from './compaction/rewrite.ts'
export type { CompactionStats } from './compaction/stats.ts'
export { LOG_CONFIG_DEFAULTS, type LogConfig } from './config.ts'
export { BALLAST_BYTES, Ballast } from './directory/ballast.ts'
export {
  LOG_START_CHECKPOINT,
  type OffsetEntry,
  RECOVERY_POINT_CHECKPOINT,
  readOffsetCheckpoint,
  writeOffsetCheckpoint
} from './directory/checkpoints.ts'
export { withChecksumLine } from './directory/checksum-line.ts'
export { CleanShutdownMarker } from './directory/clean-shutdown.ts'
export { LogDirectory } from './directory/log-directory.ts'
export type { EpochEnd } from './epoch-cache.ts'
export {
  type AppendRefusal,
  AppendRefused,
  isDiskFull,
  isShortage,
  isUnreadable,
  LogCorrupt,
  OffsetOutOfRange,
  SegmentOffline
} from './errors.ts'
export { logFileName, parseLogFileName, parsePartitionDirectoryName, partitionDirectoryName } from './file-names.ts'
export { Log } from './log.ts'
export type { AppendOptions, AppendOrigin, AppendResult, LogOptions } from './log-options.ts'
export { type IgnoredFile, type IndexFault, type KeptTail, type LogProbe, SILENT_LOG_PROBE } from './log-probe.ts'
export {
  findUnread,
  type SearchedLog,
  type SegmentView,
  type Unread,
  type UnreadSearch
} from './lookup/record-after.ts'
export type { TimestampOffset } from './lookup/time-lookup.ts'
export type { AbortedTransaction } from './lookup/transaction-index.ts'
export type { ProducerEntry } from './producer/producer-state.ts'
export type { Hole } from './recovery/find-holes.ts'
export type { RetainedSegment } from './retention.ts'
export { OpenFiles } from './segment/open-files.ts'
export type { ReadBufferPool, ReadOptions, ReadResult } from './segment/read.ts'
export type { IndexFiles } from './segment/segment-list.ts'
export * from './verify/index.ts'
