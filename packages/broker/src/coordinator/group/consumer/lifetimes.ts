import type { GroupRecord } from '@streambus/protocol/group-records'
import { type Decision, nothing, type ShardTimers } from '../../runtime/shard.ts'
import type { GroupProbe, MemberEvent, RebalanceReason } from '../group-probe.ts'
import type { GroupSettings } from '../group-settings.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { epochRecord, memberTombstones } from './consumer-records.ts'
import { unused, wantedBy } from './regex-refresh.ts'
import { type GroupTopics, metadataHash, subscribedNames } from './subscriptions.ts'

export interface LifetimesOptions {
  readonly timers: ShardTimers<GroupRecord>
  readonly settings: () => GroupSettings
  readonly topics: GroupTopics
  readonly probe: GroupProbe
  /** The group of that id if it is of the consumer protocol: a timer may outlive the one that it was set for. */
  readonly find: (groupId: string) => ConsumerGroup | undefined
  /** The records that make it a classic group, if it is to be one without these members; else null. */
  readonly downgrade: (
    group: ConsumerGroup,
    without: readonly ConsumerMember[],
    nowMs: number
  ) => readonly GroupRecord[] | null
}

export interface Removal {
  readonly event: MemberEvent
  readonly reason: RebalanceReason
  readonly nowMs: number
}

const WATCHES = ['session', 'revoke', 'join', 'sync'] as const
type Watch = (typeof WATCHES)[number]
type Step = Decision<GroupRecord, void>
type Watched = Pick<ConsumerMember, 'memberId' | 'classic'>

/**
 * How long the members of groups of the consumer protocol live: their sessions, the time to give up partitions, and
 * for those that speak the classic protocol the time to join and to sync.
 */
export class Lifetimes {
  readonly #options: LifetimesOptions
  /** Rebalances under way, by group. */
  readonly #begun = new Map<string, { readonly atMs: number; readonly reason: RebalanceReason }>()

  constructor(options: LifetimesOptions) {
    this.#options = options
  }

  /** The group comes from the log: everybody has a full session to show up in. */
  loaded(group: ConsumerGroup): void {
    for (const member of group.members.values()) this.#watchAgain(group.groupId, member)
  }

  /** A sign of life: the member's session begins anew. */
  touch(groupId: string, member: Watched): void {
    const timeoutMs = member.classic?.sessionTimeoutMs ?? this.#options.settings().consumer.sessionTimeoutMs
    this.#watch('session', groupId, member.memberId, { timeoutMs, reason: 'member_expired' })
  }

  /** It has been told to give up partitions that others wait for. */
  expectRevocation(groupId: string, { memberId, memberEpoch, rebalanceTimeoutMs }: ConsumerMember): void {
    const isLate = (member: ConsumerMember) => member.memberEpoch === memberEpoch && member.state === 'unrevoked'
    this.#watch('revoke', groupId, memberId, { timeoutMs: rebalanceTimeoutMs, reason: 'revocation_timeout', isLate })
  }

  /** A classic member has been told to join again. */
  expectJoin(groupId: string, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    if (this.#options.timers.has(key('join', groupId, memberId))) return
    this.#watch('join', groupId, memberId, { timeoutMs: rebalanceTimeoutMs, reason: 'member_expired' })
  }

  /** A classic member has joined, and has to ask for its assignment. */
  expectSync(groupId: string, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    this.#options.timers.cancel(key('join', groupId, memberId))
    this.#watch('sync', groupId, memberId, { timeoutMs: rebalanceTimeoutMs, reason: 'sync_timeout' })
  }

  synced(groupId: string, memberId: string): void {
    this.#options.timers.cancel(key('sync', groupId, memberId))
  }

  /** The others share what these members had. */
  remove(group: ConsumerGroup, members: readonly ConsumerMember[], { event, reason, nowMs }: Removal): Step {
    const { downgrade, probe } = this.#options
    const { groupId } = group
    const records = downgrade(group, members, nowMs) ?? this.#removal(group, members)
    for (const { memberId } of members) this.#forget(groupId, memberId)
    return {
      records,
      answer: undefined,
      committed: () => {
        for (const member of members) probe.member(groupId, event, member)
        this.progressed(groupId, reason, nowMs)
      },
      // They are still members.
      failed: () => {
        for (const member of members) this.#watchAgain(groupId, member)
      }
    }
  }

  /** Records of the group are committed; with a `reason` its epoch has risen. */
  progressed(groupId: string, reason: RebalanceReason | null, nowMs: number): void {
    const { find, probe } = this.#options
    const group = find(groupId)
    const epoch = group?.epoch ?? 0
    if (reason !== null) {
      // A rebalance that another one overtakes ends with it.
      if (!this.#begun.has(groupId)) this.#begun.set(groupId, { atMs: nowMs, reason })
      probe.rebalanceStarted(groupId, epoch, reason)
    }
    const begun = this.#begun.get(groupId)
    const state = begun === undefined ? null : (group?.state ?? 'Empty')
    if (begun === undefined || (state !== 'Stable' && state !== 'Empty')) return
    this.#begun.delete(groupId)
    if (state === 'Empty') return
    probe.rebalanceEnded(groupId, epoch, { reason: begun.reason, tookMs: nowMs - begun.atMs })
  }

  #watchAgain(groupId: string, member: ConsumerMember): void {
    this.touch(groupId, member)
    if (member.classic === null && member.state === 'unrevoked') this.expectRevocation(groupId, member)
  }

  #forget(groupId: string, memberId: string): void {
    for (const kind of WATCHES) this.#options.timers.cancel(key(kind, groupId, memberId))
  }

  #removal(group: ConsumerGroup, leavers: readonly ConsumerMember[]): GroupRecord[] {
    const { groupId } = group
    const members = new Map(group.members)
    for (const { memberId } of leavers) members.delete(memberId)
    const hash = metadataHash(subscribedNames(members.values(), group.regexes), this.#options.topics)
    return [
      ...leavers.flatMap(({ memberId }) => memberTombstones(groupId, memberId)),
      ...unused(group, wantedBy(members)),
      epochRecord(groupId, group.epoch + 1, hash)
    ]
  }

  #watch(
    kind: Watch,
    groupId: string,
    memberId: string,
    of: { timeoutMs: number; reason: RebalanceReason; isLate?: (member: ConsumerMember) => boolean }
  ): void {
    const { timers, find } = this.#options
    timers.set(key(kind, groupId, memberId), of.timeoutMs, nowMs => {
      const group = find(groupId)
      const member = group?.members.get(memberId)
      if (group === undefined || member === undefined || of.isLate?.(member) === false) return nothing()
      return this.remove(group, [member], { event: 'expired', reason: of.reason, nowMs })
    })
  }
}

// The member id first: classic groups have keys of their own, and no member id has a space to be mistaken for one.
function key(kind: Watch, groupId: string, memberId: string): string {
  return `consumer ${kind} ${memberId} ${groupId}`
}
