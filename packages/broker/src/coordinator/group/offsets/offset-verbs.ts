import { type ErrorName, ZERO_UUID } from '@streambus/protocol'
import type { GroupRecord } from '@streambus/protocol/group-records'
import type { Decision } from '../../runtime/shard.ts'
import type { CommitJudge, Group } from '../group.ts'
import type { GroupProbe } from '../group-probe.ts'
import type { GroupSettings } from '../group-settings.ts'
import type { CommittedOffset, OffsetStore } from './offset-store.ts'

/** One partition of an offset commit. */
export interface Commit {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  /** Null is stored as an empty text, as Kafka does. */
  readonly metadata: string | null
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface OffsetOptions {
  readonly store: OffsetStore
  readonly settings: () => GroupSettings
  readonly probe: GroupProbe
}

/** What is done with the offsets of a group once it was found to allow it. */
export class OffsetVerbs {
  readonly #options: OffsetOptions

  constructor(options: OffsetOptions) {
    this.#options = options
  }

  /** `retentionMs`: as the client wishes, −1 as the broker does. The answer: an error for each, in their order. */
  commit(
    groupId: string,
    commits: readonly Commit[],
    of: { readonly judge: CommitJudge | null; readonly retentionMs: number; readonly nowMs: number }
  ): Decision<GroupRecord, readonly ErrorName[]> {
    const { settings, probe } = this.#options
    const { metadataBytesMax } = settings()
    const { judge, retentionMs, nowMs } = of
    const records: GroupRecord[] = []
    const answer = commits.map(({ topic, topicId, partition, offset, leaderEpoch, metadata }): ErrorName => {
      const refusal = judge?.(topicId, partition) ?? 'NONE'
      if (refusal !== 'NONE') return refusal
      if (metadata !== null && metadata.length > metadataBytesMax) return 'OFFSET_METADATA_TOO_LARGE'
      const expireTimestamp = retentionMs === -1 ? -1 : nowMs + retentionMs
      const value = {
        offset,
        leaderEpoch,
        metadata: metadata ?? '',
        commitTimestamp: nowMs,
        expireTimestamp,
        topicId: ZERO_UUID
      }
      records.push({ kind: 'offset', groupId, topic, partition, value })
      return 'NONE'
    })
    const committed = (): void => probe.offsetsCommitted(groupId, records.length)
    return { records, answer, ...(records.length > 0 ? { committed } : {}) }
  }

  /** The answer: an error for each. Offsets that do not exist count as deleted. */
  delete(group: Group, partitions: readonly TopicPartition[]): Decision<GroupRecord, readonly ErrorName[]> {
    const { store } = this.#options
    const records: GroupRecord[] = []
    const answer = partitions.map(({ topic, partition }): ErrorName => {
      if (group.isSubscribedTo(topic)) return 'GROUP_SUBSCRIBED_TO_TOPIC'
      if (store.get(group.groupId, topic, partition) !== undefined) {
        records.push(tombstone(group.groupId, topic, partition))
      }
      return 'NONE'
    })
    return { records, answer }
  }

  /** Tombstones of all offsets of a group. */
  deletionOfAll(groupId: string): GroupRecord[] {
    const records: GroupRecord[] = []
    for (const [topic, partitions] of this.#options.store.of(groupId)) {
      for (const partition of partitions.keys()) records.push(tombstone(groupId, topic, partition))
    }
    return records
  }

  /** Tombstones of the offsets whose time is over (KIP-211), and whether none is left. */
  expired(group: Group, nowMs: number): { readonly records: readonly GroupRecord[]; readonly isAll: boolean } {
    const { groupId } = group
    const records: GroupRecord[] = []
    let keptCount = 0
    for (const [topic, partitions] of this.#options.store.of(groupId)) {
      const isNeeded = group.isSubscribedTo(topic)
      for (const [partition, offset] of partitions) {
        if (!isNeeded && this.#isOver(group, offset, nowMs)) records.push(tombstone(groupId, topic, partition))
        else keptCount++
      }
    }
    return { records, isAll: keptCount === 0 }
  }

  #isOver(group: Group, { commitMs, expireMs }: CommittedOffset, nowMs: number): boolean {
    const sinceMs = group.agingSinceMs(commitMs)
    if (sinceMs === null) return false
    if (expireMs !== -1) return nowMs >= expireMs
    return nowMs - sinceMs >= this.#options.settings().offsetsRetentionMs
  }
}

/** Says that a group has no offset for a partition any more. */
export function tombstone(groupId: string, topic: string, partition: number): GroupRecord {
  return { kind: 'offset', groupId, topic, partition, value: null }
}
