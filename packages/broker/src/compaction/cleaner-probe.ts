import type { CompactionStats } from '@streambus/storage-log'

/** A partition, for the operator. */
export interface CleanedPartition {
  readonly topic: string
  readonly index: number
}

/** What the cleaner reports. */
export interface CleanerProbe {
  /** A round begins; `ended` follows it, whatever becomes of it. */
  started(): void
  ended(): void
  compacted(partition: CleanedPartition, stats: CompactionStats, reclaimedBytes: number): void
  /** The round failed; the log is as before. `isFinal`: it is not tried again before a restart. */
  failed(partition: CleanedPartition, error: Error, isFinal: boolean): void
  /** Partitions that are not tried again before a restart. */
  uncleanable(count: number): void
  /** Between rounds: the highest dirty ratio of all compacted logs, 0 … 1; the dirty bytes of those that are due. */
  looked(at: { readonly maxDirtyRatio: number; readonly backlogBytes: number }): void
}
