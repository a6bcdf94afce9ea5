import type { ErrorName } from '@streambus/protocol'
import type { GroupRecord } from '@streambus/protocol/group-records'

export type GroupType = 'classic' | 'consumer'

/** Who commits or fetches offsets, as the request says. */
export interface OffsetCaller {
  /** Empty: not as a member. */
  readonly memberId: string
  readonly instanceId: string | null
  /** Generation of a classic member, epoch of the others; negative: not as a member. */
  readonly epoch: number
  readonly apiVersion: number
}

/** Whether an offset of this partition may be committed. */
export type CommitJudge = (topicId: string, partition: number) => ErrorName

/** What the offsets of a group need to know of it, whatever its type. Checks throw CoordinatorRefused. */
export interface Group {
  readonly type: GroupType
  readonly groupId: string
  /** As Kafka's tools print it. */
  readonly stateName: string
  readonly isEmpty: boolean
  /** It is written to the log that the group exists. */
  readonly isStored: boolean
  /** It has no members, and nobody is about to join. */
  readonly isUnused: boolean
  readonly memberCount: number
  /** Empty for a group that only keeps offsets. */
  readonly protocolTypeName: string
  /** What assigns: chosen by the members, or on the server. Empty while there is none. */
  readonly protocolName: string
  /** True when it may be. */
  isSubscribedTo(topic: string): boolean
  /** Null: all may be committed. Else each partition is judged by itself. */
  checkCommit(caller: OffsetCaller): CommitJudge | null
  checkFetch(caller: OffsetCaller): void
  checkOffsetDeletion(): void
  checkDeletion(): void
  /** From when on an offset that was committed at `commitMs` ages; null: it does not at present. Wall time. */
  agingSinceMs(commitMs: number): number | null
  /** The records that make the group unknown. */
  tombstones(): readonly GroupRecord[]
}
