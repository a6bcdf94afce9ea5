import type { Group } from '../group/group.ts'
import type { GroupPartition } from '../group/offsets/offset-listener.ts'
import { type LagStatus, worstOf } from './burrow.ts'
import type { Trend } from './trend.ts'

export interface PartitionLagView extends GroupPartition {
  readonly committedOffset: number
  readonly metadata: string
  readonly commitMs: number
  /** Null: the partition does not exist any more, or cannot be read. */
  readonly logStartOffset: number | null
  readonly endOffset: number | null
  /** Records; 0 for a partition that does not exist. */
  readonly lag: number
  readonly lostRecords: number
  readonly isAboveEnd: boolean
  /** Age of the oldest unread record; null: not known now. */
  readonly lagSeconds: number | null
  /** Until retention may take it; Infinity: never, as things are; null: not known now. */
  readonly headroomSeconds: number | null
  readonly status: LagStatus
}

/** Offsets, ends of partitions and members are those of one moment; times and status were added right after it. */
export interface GroupLagView {
  readonly group: Group
  readonly memberCount: number
  readonly lag: number
  /** Of its worst partition; null when one of them is not known now. */
  readonly lagSeconds: number | null
  readonly status: LagStatus
  /** Null before there are two samples. */
  readonly trend: Trend | null
  readonly partitions: readonly PartitionLagView[]
}

/** What the partitions of a group, or of one of its topics, add up to. Pure. */
export function sumOf(partitions: readonly PartitionLagView[]): {
  readonly lag: number
  readonly lagSeconds: number | null
  readonly headroomSeconds: number
  readonly status: LagStatus
} {
  let lag = 0
  let lagSeconds: number | null = 0
  let headroomSeconds = Number.POSITIVE_INFINITY
  for (const each of partitions) {
    lag += each.lag
    lagSeconds = each.lagSeconds === null || lagSeconds === null ? null : Math.max(lagSeconds, each.lagSeconds)
    headroomSeconds = Math.min(headroomSeconds, each.headroomSeconds ?? Number.POSITIVE_INFINITY)
  }
  return { lag, lagSeconds, headroomSeconds, status: worstOf(partitions.map(({ status }) => status)) }
}
