import type { CleanedGroup, CompactionInput, CompactionResult } from '@streambus/storage-log'

export interface CompactionJob {
  readonly input: CompactionInput
  /** Reads and writes together; Infinity: no limit. */
  readonly bytesPerSecond: number
  /** Called for each group as soon as it is durable, in order, on the event loop. */
  readonly onGroup: (group: CleanedGroup) => void
}

/** Where compaction rounds run: one at a time. */
export interface CompactionRunner {
  /** Rejects with what `compactLog` throws, as far as it can cross threads: DiskError, or CompactionFailed. */
  run(job: CompactionJob): Promise<CompactionResult>
  /** The round under way ends soon, as `stopped`. */
  stop(): void
}

/** A round that cannot succeed before something about the log has changed. */
export class CompactionFailed extends Error {
  override readonly name = 'CompactionFailed'
}
