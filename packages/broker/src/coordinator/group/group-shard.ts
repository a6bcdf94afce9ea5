import { type Prng, unreachable } from '@streambus/base'
import type { ErrorName } from '@streambus/protocol'
import type { GroupRecord, OffsetRecord } from '@streambus/protocol/group-records'
import { CoordinatorRefused } from '../runtime/coordinator-refused.ts'
import { type CoordinatorShard, type Decision, nothing, type ShardTimers } from '../runtime/shard.ts'
import { ClassicGroup } from './classic/classic-group.ts'
import type { JoinAnswer, SyncAnswer } from './classic/classic-member.ts'
import { ClassicVerbs, type JoinRequest, type Leaver, type SyncRequest } from './classic/classic-verbs.ts'
import { joinFailure } from './classic/rebalance.ts'
import type { Group, OffsetCaller } from './group.ts'
import type { GroupProbe } from './group-probe.ts'
import type { GroupSettings } from './group-settings.ts'
import type { OffsetListener } from './offsets/offset-listener.ts'
import { type CommittedOffset, OffsetStore } from './offsets/offset-store.ts'
import { type Commit, OffsetVerbs, type TopicPartition } from './offsets/offset-verbs.ts'

export interface GroupShardOptions {
  readonly timers: ShardTimers<GroupRecord>
  readonly settings: () => GroupSettings
  readonly prng: Prng
  readonly probe: GroupProbe
  readonly offsets: OffsetListener
}

type Decided<T> = Decision<GroupRecord, T>
/** The first version of OffsetCommit that knows an error for a group that does not exist. */
const GROUP_NOT_FOUND_VERSION = 9
/** Tombstones in one decision of the expiry: the rest waits for the next one. */
const EXPIRED_MAX = 5_000
const EXPIRY = 'expiry'

/** The groups of one partition of `__consumer_offsets`, with their offsets. */
export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly #options: GroupShardOptions
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #classic: ClassicVerbs
  readonly #offsets: OffsetVerbs
  readonly store = new OffsetStore()
  #isLoaded = false

  constructor(options: GroupShardOptions) {
    this.#options = options
    this.#classic = new ClassicVerbs({ ...options, find: groupId => this.#groups.get(groupId) })
    this.#offsets = new OffsetVerbs({ ...options, store: this.store })
  }

  groups(): IterableIterator<ClassicGroup> {
    return this.#groups.values()
  }

  find(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId)
  }

  replay(record: GroupRecord): void {
    switch (record.kind) {
      case 'offset':
        return this.#replayOffset(record)
      case 'classic-group':
        if (record.value === null) this.#groups.delete(record.groupId)
        else this.#groups.set(record.groupId, ClassicGroup.fromRecord(record.groupId, record.value))
        return
      case 'consumer-group':
      case 'consumer-member':
      case 'target-assignment':
      case 'target-member':
      case 'current-assignment':
      case 'regex':
        return
      default:
        unreachable(record)
    }
  }

  loaded(nowMs: number): void {
    this.#isLoaded = true
    // What only has offsets is a group, too.
    for (const groupId of this.store.groupIds()) this.#findOrCreate(groupId, nowMs)
    for (const group of this.#groups.values()) this.#classic.loaded(group)
    this.#expectExpiry()
  }

  unloaded(error: ErrorName): void {
    for (const group of this.#groups.values()) this.#classic.forget(group, error)
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
    const group = memberId === '' ? this.#findOrCreate(groupId, nowMs) : this.#groups.get(groupId)
    if (group === undefined) {
      reply(joinFailure('UNKNOWN_MEMBER_ID', memberId))
      return nothing()
    }
    return this.#classic.join(group, request, reply, nowMs)
  }

  /** `reply` is called once, unless it throws CoordinatorRefused. */
  sync(groupId: string, request: SyncRequest, reply: (answer: SyncAnswer) => void, nowMs: number): Decided<void> {
    return this.#classic.sync(this.#member(groupId), request, reply, nowMs)
  }

  heartbeat(groupId: string, member: Leaver, generation: number): Decided<void> {
    this.#classic.heartbeat(this.#member(groupId), member, generation)
    return nothing()
  }

  leave(groupId: string, leavers: readonly Leaver[], nowMs: number): Decided<readonly ErrorName[]> {
    return this.#classic.leave(this.#member(groupId), leavers, nowMs)
  }

  /** An error for each commit, in their order. Throws CoordinatorRefused when the caller may not commit. */
  commitOffsets(
    groupId: string,
    caller: OffsetCaller,
    request: { readonly commits: readonly Commit[]; readonly retentionMs: number; readonly nowMs: number }
  ): Decided<readonly ErrorName[]> {
    const group = this.#groups.get(groupId)
    if (group !== undefined) group.checkCommit(caller)
    else if (caller.epoch < 0) this.#findOrCreate(groupId, request.nowMs)
    else if (caller.apiVersion >= GROUP_NOT_FOUND_VERSION) throw notFound(groupId)
    else throw new CoordinatorRefused('ILLEGAL_GENERATION', `there is no group ${groupId}`)
    if (group !== undefined) this.#classic.committed(group, caller.memberId)
    return this.#offsets.commit(groupId, request.commits, request)
  }

  /**
   * The offsets of a group by topic and partition, as they are now; empty for an unknown one. Throws
   * CoordinatorRefused when the caller may not see them.
   */
  offsetsOf(groupId: string, caller: OffsetCaller): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    const group: Group | undefined = this.#groups.get(groupId)
    group?.checkFetch(caller)
    return this.store.of(groupId)
  }

  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Decided<readonly ErrorName[]> {
    const group = this.#existing(groupId)
    group.checkOffsetDeletion()
    return this.#offsets.delete(group, partitions)
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

  #findOrCreate(groupId: string, nowMs: number): ClassicGroup {
    let group = this.#groups.get(groupId)
    if (group === undefined) this.#groups.set(groupId, (group = new ClassicGroup(groupId, nowMs)))
    return group
  }

  #existing(groupId: string): ClassicGroup {
    const group = this.#groups.get(groupId)
    if (group === undefined) throw notFound(groupId)
    return group
  }

  /** The group that somebody says he is a member of. */
  #member(groupId: string): ClassicGroup {
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
    let count = 0
    for (const group of this.#groups.values()) {
      if (records.length >= EXPIRED_MAX) break
      const expired = this.#offsets.expired(group, nowMs)
      count += expired.records.length
      for (const record of expired.records) records.push(record)
      // Somebody may be about to join a group that is kept in mind only.
      if (!expired.isAll || !group.isEmpty || group.pendingMembers.size > 0) continue
      if (group.isStored) records.push(...group.tombstones())
      else this.#groups.delete(group.groupId)
    }
    if (records.length === 0) return nothing()
    return { records, answer: undefined, committed: () => this.#options.probe.offsetsExpired(count) }
  }
}

function notFound(groupId: string): CoordinatorRefused {
  return new CoordinatorRefused('GROUP_ID_NOT_FOUND', `there is no group ${groupId}`)
}
