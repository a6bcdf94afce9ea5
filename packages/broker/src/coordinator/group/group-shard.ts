import { type Prng, unreachable } from '@streambus/base'
import type { ErrorName } from '@streambus/protocol'
import type { ClassicGroupRecord, GroupRecord, OffsetRecord } from '@streambus/protocol/group-records'
import { CoordinatorRefused } from '../runtime/coordinator-refused.ts'
import { type CoordinatorShard, type Decision, nothing, type ShardTimers } from '../runtime/shard.ts'
import { ClassicGroup } from './classic/classic-group.ts'
import type { JoinAnswer, SyncAnswer } from './classic/classic-member.ts'
import { ClassicVerbs, type JoinRequest, type Leaver, type SyncRequest } from './classic/classic-verbs.ts'
import { joinFailure } from './classic/rebalance.ts'
import { ConsumerGroup, type ConsumerRecord } from './consumer/consumer-group.ts'
import { type ConsumerParts, consumerParts } from './consumer/consumer-parts.ts'
import { type ConsumerHeartbeat, checkHeartbeat, type HeartbeatAnswer, JOIN_EPOCH } from './consumer/heartbeat.ts'
import type { Patterns } from './consumer/regex-refresh.ts'
import type { GroupTopics } from './consumer/subscriptions.ts'
import type { OffsetCaller } from './group.ts'
import type { GroupProbe } from './group-probe.ts'
import type { GroupSettings } from './group-settings.ts'
import type { OffsetListener } from './offsets/offset-listener.ts'
import { type CommittedOffset, OffsetStore } from './offsets/offset-store.ts'
import { type Commit, OffsetVerbs, type TopicPartition } from './offsets/offset-verbs.ts'
import { OrphanedOffsets } from './offsets/orphaned-offsets.ts'

export interface GroupShardOptions {
  readonly timers: ShardTimers<GroupRecord>
  readonly settings: () => GroupSettings
  readonly prng: Prng
  readonly probe: GroupProbe
  readonly offsets: OffsetListener
  readonly topics: GroupTopics
  readonly patterns: Patterns
}

/** A group of any type. */
export type AnyGroup = ClassicGroup | ConsumerGroup
type Decided<T> = Decision<GroupRecord, T>
/** The first version of OffsetCommit that knows an error for a group that does not exist. */
const GROUP_NOT_FOUND_VERSION = 9
/** Tombstones in one decision of the expiry: the rest waits for the next one. */
const EXPIRED_MAX = 5_000
const EXPIRY = 'expiry'

/** The groups of one partition of `__consumer_offsets`, with their offsets. */
export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly #options: GroupShardOptions
  readonly #groups = new Map<string, AnyGroup>()
  readonly #classic: ClassicVerbs
  readonly #consumer: ConsumerParts
  readonly #offsets: OffsetVerbs
  readonly #orphans: OrphanedOffsets
  readonly store = new OffsetStore()
  #isLoaded = false

  constructor(options: GroupShardOptions) {
    this.#options = options
    this.#classic = new ClassicVerbs({ ...options, find: groupId => this.#classicGroup(groupId) })
    this.#consumer = consumerParts({ ...options, find: groupId => this.#consumerGroup(groupId) })
    this.#offsets = new OffsetVerbs({ ...options, store: this.store })
    this.#orphans = new OrphanedOffsets(this.store, options.timers)
  }

  groups(): IterableIterator<AnyGroup> {
    return this.#groups.values()
  }

  find(groupId: string): AnyGroup | undefined {
    return this.#groups.get(groupId)
  }

  replay(record: GroupRecord): void {
    switch (record.kind) {
      case 'offset':
        return this.#replayOffset(record)
      case 'classic-group':
        return this.#replayClassic(record)
      case 'consumer-group':
      case 'consumer-member':
      case 'target-assignment':
      case 'target-member':
      case 'current-assignment':
      case 'regex':
        return this.#replayConsumer(record)
      default:
        unreachable(record)
    }
  }

  loaded(nowMs: number): void {
    this.#isLoaded = true
    // What only has offsets is a group, too.
    for (const groupId of this.store.groupIds()) if (!this.#groups.has(groupId)) this.#findOrCreate(groupId, nowMs)
    for (const group of this.#groups.values()) {
      if (group.type === 'classic') this.#classic.loaded(group, nowMs)
      else this.#consumer.lifetimes.loaded(group)
    }
    this.#expectExpiry()
  }

  unloaded(error: ErrorName): void {
    for (const group of this.#groups.values()) if (group.type === 'classic') this.#classic.forget(group, error)
    this.#groups.clear()
  }

  /** `reply` is called once. */
  join(groupId: string, request: JoinRequest, reply: (answer: JoinAnswer) => void, nowMs: number): Decided<void> {
    const { memberId, sessionTimeoutMs } = request
    const { sessionTimeoutMinMs, sessionTimeoutMaxMs } = this.#options.settings()
    if (sessionTimeoutMs < sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs) {
      reply(joinFailure('INVALID_SESSION_TIMEOUT', memberId))
      return nothing()
    }
    const present = this.#consumerGroup(groupId)
    if (present?.isEmpty === false) return this.#consumer.classicMembers.join(present, request, reply, nowMs)
    if (memberId !== '' && this.#classicGroup(groupId) === undefined) {
      reply(joinFailure('UNKNOWN_MEMBER_ID', memberId))
      return nothing()
    }
    // An empty group becomes what its first member is.
    if (present !== undefined) this.#groups.delete(groupId)
    const step = this.#classic.join(this.#findOrCreate(groupId, nowMs), request, reply, nowMs)
    return present === undefined
      ? step
      : { ...step, records: [...present.tombstones(), ...step.records], isApplied: true }
  }

  /** `reply` is called once, unless it throws CoordinatorRefused. */
  sync(groupId: string, request: SyncRequest, reply: (answer: SyncAnswer) => void, nowMs: number): Decided<void> {
    const group = this.#member(groupId)
    if (group.type === 'classic') return this.#classic.sync(group, request, reply, nowMs)
    return this.#consumer.classicMembers.sync(group, request, reply)
  }

  heartbeat(groupId: string, member: Leaver, generation: number): Decided<void> {
    const group = this.#member(groupId)
    if (group.type === 'classic') this.#classic.heartbeat(group, member, generation)
    else this.#consumer.classicMembers.heartbeat(group, member, generation)
    return nothing()
  }

  leave(groupId: string, leavers: readonly Leaver[], nowMs: number): Decided<readonly ErrorName[]> {
    const group = this.#member(groupId)
    if (group.type === 'classic') return this.#classic.leave(group, leavers, nowMs)
    return this.#consumer.classicMembers.leave(group, leavers, nowMs)
  }

  /** Joins, goes on or leaves, by the request's member epoch. Throws CoordinatorRefused. */
  consumerHeartbeat(groupId: string, request: ConsumerHeartbeat, nowMs: number): Decided<HeartbeatAnswer> {
    const { verbs } = this.#consumer
    checkHeartbeat(request, this.#options.settings().consumer.assignors)
    const present = this.#consumerGroup(groupId)
    if (present === undefined && request.memberEpoch !== JOIN_EPOCH) throw notFound(groupId)
    if (request.memberEpoch < JOIN_EPOCH) return verbs.leave(present ?? this.#newConsumerGroup(groupId), request, nowMs)
    if (present !== undefined) return verbs.heartbeat(present, request, nowMs)
    const { group, records } = this.#asConsumer(groupId, nowMs)
    const decision = verbs.heartbeat(group, request, nowMs)
    return { ...decision, records: [...records, ...decision.records] }
  }

  /** An error for each commit, in their order. Throws CoordinatorRefused when the caller may not commit. */
  commitOffsets(
    groupId: string,
    caller: OffsetCaller,
    request: { readonly commits: readonly Commit[]; readonly retentionMs: number; readonly nowMs: number }
  ): Decided<readonly ErrorName[]> {
    const group = this.#groups.get(groupId)
    const judge = group?.checkCommit(caller) ?? null
    if (group === undefined && caller.epoch >= 0) {
      if (caller.apiVersion >= GROUP_NOT_FOUND_VERSION) throw notFound(groupId)
      throw new CoordinatorRefused('ILLEGAL_GENERATION', `there is no group ${groupId}`)
    }
    if (group === undefined) this.#findOrCreate(groupId, request.nowMs)
    if (group?.type === 'classic') this.#classic.committed(group, caller.memberId)
    return this.#offsets.commit(groupId, request.commits, { ...request, judge })
  }

  /**
   * The offsets of a group by topic and partition, as they are now; empty for an unknown one. Throws
   * CoordinatorRefused when the caller may not see them.
   */
  offsetsOf(groupId: string, caller: OffsetCaller): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    this.#groups.get(groupId)?.checkFetch(caller)
    return this.store.of(groupId)
  }

  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Decided<readonly ErrorName[]> {
    const group = this.#existing(groupId)
    group.checkOffsetDeletion()
    return this.#offsets.delete(group, partitions)
  }

  /** The offsets of these topics go, whatever state their groups are in; once for every deletion. */
  topicsDeleted(topics: ReadonlySet<string>): Decided<void> {
    return this.#orphans.topicsDeleted(topics)
  }

  deleteGroup(groupId: string): Decided<void> {
    const group = this.#existing(groupId)
    group.checkDeletion()
    const committed = (): void => this.#options.probe.groupDeleted(groupId)
    return { records: [...this.#offsets.deletionOfAll(groupId), ...group.tombstones()], answer: undefined, committed }
  }

  #replayOffset({ groupId, topic, partition, value }: OffsetRecord): void {
    const { offsets } = this.#options
    const of = { group: groupId, topic, partition }
    if (value === null) {
      this.store.remove(groupId, topic, partition)
      return offsets.offsetDeleted(of)
    }
    const { offset, leaderEpoch, metadata, commitTimestamp: commitMs, expireTimestamp: expireMs } = value
    const committed = { offset, leaderEpoch, metadata, commitMs, expireMs }
    this.store.put(groupId, topic, partition, committed)
    offsets.offsetStored(of, committed, this.#isLoaded)
  }

  #replayClassic({ groupId, value }: ClassicGroupRecord): void {
    const present = this.#classicGroup(groupId)
    if (present !== undefined) this.#classic.forget(present, 'REBALANCE_IN_PROGRESS')
    if (value === null) {
      if (present !== undefined) this.#groups.delete(groupId)
      return
    }
    const group = ClassicGroup.fromRecord(groupId, value)
    this.#groups.set(groupId, group)
    // All other records of classic groups are held already when they are written.
    if (this.#isLoaded) this.#classic.loaded(group, group.stateSinceMs)
  }

  #replayConsumer(record: ConsumerRecord): void {
    const { groupId } = record
    let group = this.#consumerGroup(groupId)
    if (group === undefined) {
      if (record.value === null) return
      const classic = this.#classicGroup(groupId)
      if (classic !== undefined) this.#classic.forget(classic, 'REBALANCE_IN_PROGRESS')
      this.#groups.set(groupId, (group = this.#newConsumerGroup(groupId)))
    }
    if (group.replay(record)) this.#groups.delete(groupId)
  }

  #classicGroup(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.type === 'classic' ? group : undefined
  }

  #consumerGroup(groupId: string): ConsumerGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.type === 'consumer' ? group : undefined
  }

  #newConsumerGroup(groupId: string): ConsumerGroup {
    return new ConsumerGroup(groupId, () => this.#options.settings().consumer.assignors[0] ?? '')
  }

  #findOrCreate(groupId: string, nowMs: number): ClassicGroup {
    const present = this.#classicGroup(groupId)
    if (present !== undefined) return present
    const group = new ClassicGroup(groupId, nowMs)
    this.#groups.set(groupId, group)
    return group
  }

  /** The group as it will be once `records` are written. */
  #asConsumer(groupId: string, nowMs: number): { group: ConsumerGroup; records: readonly GroupRecord[] } {
    const group = this.#newConsumerGroup(groupId)
    const present = this.#classicGroup(groupId)
    if (present === undefined) return { group, records: [] }
    if (present.isEmpty) return { group, records: present.isStored ? present.tombstones() : [] }
    const { migration, lifetimes } = this.#consumer
    const records = migration.upgrade(present, nowMs)
    if (records === null) {
      throw new CoordinatorRefused('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
    }
    for (const record of records) {
      if (record.kind !== 'offset' && record.kind !== 'classic-group') group.replay(record)
    }
    for (const member of group.members.values()) lifetimes.touch(groupId, member)
    return { group, records }
  }

  #existing(groupId: string): AnyGroup {
    const group = this.#groups.get(groupId)
    if (group === undefined) throw notFound(groupId)
    return group
  }

  /** The group that somebody says he is a member of. */
  #member(groupId: string): AnyGroup {
    const group = this.#groups.get(groupId)
    if (group !== undefined) return group
    throw new CoordinatorRefused('UNKNOWN_MEMBER_ID', `there is no group ${groupId}`)
  }

  #expectExpiry(): void {
    this.#options.timers.set(EXPIRY, this.#options.settings().expiryCheckMs, nowMs => this.#expire(nowMs))
  }

  #expire(nowMs: number): Decided<void> {
    this.#expectExpiry()
    const records: GroupRecord[] = []
    const gone: AnyGroup[] = []
    let count = 0
    for (const group of this.#groups.values()) {
      if (records.length >= EXPIRED_MAX) break
      const expired = this.#offsets.expired(group, nowMs)
      count += expired.records.length
      for (const record of expired.records) records.push(record)
      if (!expired.isAll || !group.isUnused) continue
      gone.push(group)
      if (group.isStored) records.push(...group.tombstones())
    }
    const committed = (): void => {
      for (const group of gone) this.#forget(group)
      if (count > 0) this.#options.probe.offsetsExpired(count)
    }
    return { records, answer: undefined, committed }
  }

  /** Unless somebody has come meanwhile. Of a group that is stored its tombstones have been replayed. */
  #forget(group: AnyGroup): void {
    const present = this.#groups.get(group.groupId)
    if (present !== undefined && (present !== group || !group.isUnused)) return
    this.#groups.delete(group.groupId)
    this.#options.probe.groupDeleted(group.groupId)
  }
}

function notFound(groupId: string): CoordinatorRefused {
  return new CoordinatorRefused('GROUP_ID_NOT_FOUND', `there is no group ${groupId}`)
}
