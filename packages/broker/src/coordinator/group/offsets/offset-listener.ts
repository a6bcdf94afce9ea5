import type { CommittedOffset } from './offset-store.ts'

export interface GroupPartition {
  readonly group: string
  readonly topic: string
  readonly partition: number
}

/** Hears of every committed offset, in the order of the log. Called in the middle of a replay: must not throw. */
export interface OffsetListener {
  /** Written, or read from the log at a start (`isLive` is false). */
  offsetStored(of: GroupPartition, offset: CommittedOffset, isLive: boolean): void
  /** By a request, with its group, or because it has expired. */
  offsetDeleted(of: GroupPartition): void
}
