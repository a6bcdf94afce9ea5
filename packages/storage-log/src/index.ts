export { Ballast } from './ballast.ts'
export {
  LOG_START_CHECKPOINT,
  type OffsetEntry,
  RECOVERY_POINT_CHECKPOINT,
  readOffsetCheckpoint,
  writeOffsetCheckpoint
} from './checkpoints.ts'
export { CleanShutdownMarker } from './clean-shutdown.ts'
export { LOG_CONFIG_DEFAULTS, type LogConfig } from './config.ts'
export type { EpochEnd } from './epoch-cache.ts'
export { type AppendRefusal, AppendRefused, isShortage, LogCorrupt, OffsetOutOfRange } from './errors.ts'
export { logFileName, parseLogFileName, parsePartitionDirectoryName, partitionDirectoryName } from './file-names.ts'
export { type AppendOptions, type AppendOrigin, type AppendResult, Log, type LogOptions } from './log.ts'
export { LogDirectory } from './log-directory.ts'
export { type LogProbe, SILENT_LOG_PROBE } from './log-probe.ts'
export type { ProducerEntry } from './producer-state.ts'
export type { ReadBufferPool, ReadOptions, ReadResult } from './read.ts'
export type { TimestampOffset } from './time-lookup.ts'
