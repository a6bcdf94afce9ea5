import type { IndexFiles } from '@streambus/storage-log'
import type { MetadataRecord } from './records.ts'

/**
 * The replicated log of metadata. A quorum of one implements it today and Raft later; the controller cannot tell.
 * Records of one `append` are committed together or not at all.
 */
export interface MetadataLog {
  /** Rises at every change of leadership; for a quorum of one, at every start. */
  readonly term: number
  /** Offset of the last committed record; −1 when there is none. */
  readonly commitIndex: number
  /** Offsets of the first and of the last record in the log, committed or not; the last is −1 when there is none. */
  readonly startIndex: number
  readonly lastIndex: number
  /** Appends that are not committed yet. */
  readonly pendingCount: number
  readonly sizeBytes: number
  readonly indexFiles: IndexFiles
  /** Where it is on disk. */
  readonly directory: string
  /** Hands over every committed record, in order. Once, before the first append. */
  replay(apply: (record: MetadataRecord) => void): void
  /** Resolves when the records are durable. Rejects when they are not and never will be. */
  append(records: readonly MetadataRecord[]): Promise<void>
  /** `isClean` also syncs and writes what makes the next start quick. */
  close(isClean: boolean): void
}
