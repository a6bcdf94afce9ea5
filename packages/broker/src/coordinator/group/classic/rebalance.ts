import type { ErrorName } from '@streambus/protocol'
import { Errors } from '@streambus/protocol'
import type { GroupRecord } from '@streambus/protocol/group-records'
import { type Decision, nothing, type ShardTimers } from '../../runtime/shard.ts'
import type { GroupProbe, RebalanceReason } from '../group-probe.ts'
import type { GroupSettings } from '../group-settings.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember, JoinAnswer } from './classic-member.ts'

export type Step = Decision<GroupRecord, void>

/** A first join that is parked: its member cannot send heartbeats, and its client may have given up long ago. */
const NEW_MEMBER_JOIN_MS = 300_000
const EMPTY = Buffer.alloc(0)

export interface RebalanceOptions {
  readonly timers: ShardTimers<GroupRecord>
  readonly settings: () => GroupSettings
  readonly probe: GroupProbe
  /** The group of that id if it is a classic one: a timer may outlive the one that it was set for. */
  readonly find: (groupId: string) => ClassicGroup | undefined
}

/**
 * The phases of a classic group's rebalance and the timers that drive them: join (until all are there or the longest
 * rebalance timeout is over), then sync (until all have asked for their assignment), beside the members' sessions.
 */
export class Rebalance {
  readonly #options: RebalanceOptions
  readonly #begun = new WeakMap<ClassicGroup, { readonly atMs: number; readonly reason: RebalanceReason }>()

  constructor(options: RebalanceOptions) {
    this.#options = options
  }

  /** What an added, changed or lost member leads to. */
  memberChanged(group: ClassicGroup, cause: Cause): Step {
    const canPrepare = group.state === 'Empty' || group.state === 'Stable' || group.state === 'CompletingRebalance'
    return canPrepare ? this.prepare(group, cause) : this.completeIfAllJoined(group, cause.nowMs)
  }

  /** Everybody has to join again. */
  prepare(group: ClassicGroup, { reason, nowMs }: Cause): Step {
    const { timers, settings, probe } = this.#options
    if (group.state === 'CompletingRebalance') this.failSyncs(group, 'REBALANCE_IN_PROGRESS')
    this.#endSyncPhase(group)
    const isInitial = group.state === 'Empty'
    group.transitionTo('PreparingRebalance', nowMs)
    this.#begun.set(group, { atMs: nowMs, reason })
    probe.rebalanceStarted(group.groupId, group.generation, reason)
    if (!isInitial) return this.#completeOrWait(group, nowMs)
    // Who starts many members at once should not see a rebalance for each.
    const delayMs = settings().initialRebalanceDelayMs
    const leftMs = Math.max(group.rebalanceTimeoutMs - delayMs, 0)
    timers.set(joinKey(group), delayMs, laterMs => this.#initialDelayOver(group.groupId, { delayMs, leftMs }, laterMs))
    return nothing()
  }

  /** An initial rebalance ends with its delay, however many have joined. */
  completeIfAllJoined(group: ClassicGroup, nowMs: number): Step {
    if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty' || !group.haveAllJoined)
      return nothing()
    return this.#complete(group, nowMs)
  }

  /** The leader has assigned and it is stored: everybody gets his share. */
  assigned(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>, nowMs: number): void {
    for (const member of group.members.values()) member.assignment = assignments.get(member.memberId) ?? EMPTY
    this.#answerSyncs(group, 'NONE')
    group.transitionTo('Stable', nowMs)
    const begun = this.#begun.get(group)
    this.#begun.delete(group)
    if (begun === undefined) return
    const { reason, atMs } = begun
    this.#options.probe.rebalanceEnded(group.groupId, group.generation, { reason, tookMs: nowMs - atMs })
  }

  failSyncs(group: ClassicGroup, error: ErrorName): void {
    for (const member of group.members.values()) member.assignment = EMPTY
    this.#answerSyncs(group, error)
  }

  synced(group: ClassicGroup, memberId: string): void {
    group.pendingSync.delete(memberId)
    if (group.pendingSync.size === 0) this.#options.timers.cancel(syncKey(group))
  }

  /** A sign of life: the member's session begins anew. */
  touch(group: ClassicGroup, member: ClassicMember): void {
    this.#expectHeartbeat(group, member.memberId, member.isNew ? NEW_MEMBER_JOIN_MS : member.sessionTimeoutMs)
  }

  /** Its id was given out; it has to join with it. */
  expectJoin(group: ClassicGroup, memberId: string, sessionTimeoutMs: number): void {
    group.pendingMembers.add(memberId)
    this.#expectHeartbeat(group, memberId, sessionTimeoutMs)
  }

  /** Takes the member out; a parked first join is answered, so that its client begins again. */
  remove(group: ClassicGroup, memberId: string): void {
    const { timers } = this.#options
    timers.cancel(sessionKey(group, memberId))
    const member = group.members.get(memberId)
    member?.answerJoin(joinFailure('UNKNOWN_MEMBER_ID'))
    member?.answerSync({ errorCode: Errors.UNKNOWN_MEMBER_ID.code, assignment: EMPTY })
    group.remove(memberId)
  }

  forgetSession(group: ClassicGroup, memberId: string): void {
    this.#options.timers.cancel(sessionKey(group, memberId))
  }

  /** The group goes: no timer of it is left. */
  forget(group: ClassicGroup): void {
    const { timers } = this.#options
    for (const memberId of [...group.members.keys(), ...group.pendingMembers])
      timers.cancel(sessionKey(group, memberId))
    timers.cancel(joinKey(group))
    timers.cancel(syncKey(group))
  }

  #completeOrWait(group: ClassicGroup, nowMs: number): Step {
    if (group.haveAllJoined) return this.#complete(group, nowMs)
    this.#options.timers.set(joinKey(group), group.rebalanceTimeoutMs, laterMs =>
      this.#joinTimeOver(group.groupId, laterMs)
    )
    return nothing()
  }

  #joinTimeOver(groupId: string, nowMs: number): Step {
    const group = this.#options.find(groupId)
    return group?.state === 'PreparingRebalance' ? this.#complete(group, nowMs) : nothing()
  }

  #initialDelayOver(groupId: string, { delayMs, leftMs }: { delayMs: number; leftMs: number }, nowMs: number): Step {
    const group = this.#options.find(groupId)
    if (group?.state !== 'PreparingRebalance') return nothing()
    if (!group.hasNewMember || leftMs === 0) return this.#complete(group, nowMs)
    group.hasNewMember = false
    const next = Math.min(this.#options.settings().initialRebalanceDelayMs, leftMs)
    const after = { delayMs: next, leftMs: Math.max(leftMs - delayMs, 0) }
    this.#options.timers.set(joinKey(group), next, laterMs => this.#initialDelayOver(groupId, after, laterMs))
    return nothing()
  }

  /** The join phase is over: who has not come is out, unless it is a static member, whose place is kept. */
  #complete(group: ClassicGroup, nowMs: number): Step {
    const { timers, probe } = this.#options
    timers.cancel(joinKey(group))
    for (const member of group.members.values()) {
      if (member.joinReply !== null || member.instanceId !== null) continue
      probe.member(group.groupId, 'expired', member)
      this.remove(group, member.memberId)
    }
    if (group.members.size > 0 && !group.electJoinedLeader()) {
      // Static members only, and none of them has come: their sessions will end, or they come.
      timers.set(joinKey(group), group.rebalanceTimeoutMs, laterMs => this.#joinTimeOver(group.groupId, laterMs))
      return nothing()
    }
    group.hasNewMember = false
    group.beginGeneration(nowMs)
    if (group.isEmpty) return this.#emptied(group)
    for (const member of group.members.values()) {
      member.isNew = false
      member.answerJoin(joinAnswer(group, member))
      this.touch(group, member)
      group.pendingSync.add(member.memberId)
    }
    const { generation, groupId } = group
    timers.set(syncKey(group), group.rebalanceTimeoutMs, laterMs => this.#syncTimeOver(groupId, generation, laterMs))
    return nothing()
  }

  #emptied(group: ClassicGroup): Step {
    this.#begun.delete(group)
    group.isStored = true
    return { records: [group.toRecord(() => EMPTY)], answer: undefined, isApplied: true }
  }

  /** Members that have joined and never asked for their assignment hold partitions that nobody reads. */
  #syncTimeOver(groupId: string, generation: number, nowMs: number): Step {
    const group = this.#options.find(groupId)
    if (group === undefined || group.generation !== generation || group.pendingSync.size === 0) return nothing()
    if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return nothing()
    for (const memberId of group.pendingSync) {
      const member = group.members.get(memberId)
      if (member !== undefined) this.#options.probe.member(groupId, 'expired', member)
      this.remove(group, memberId)
    }
    return this.prepare(group, { reason: 'sync_timeout', nowMs })
  }

  #expectHeartbeat(group: ClassicGroup, memberId: string, timeoutMs: number): void {
    const { groupId } = group
    const decide = (nowMs: number): Step => this.#sessionOver(groupId, memberId, nowMs)
    this.#options.timers.set(sessionKey(group, memberId), timeoutMs, decide)
  }

  #sessionOver(groupId: string, memberId: string, nowMs: number): Step {
    const { find, probe } = this.#options
    const group = find(groupId)
    if (group === undefined) return nothing()
    const member = group.members.get(memberId)
    if (member === undefined) {
      group.pendingMembers.delete(memberId)
      return this.completeIfAllJoined(group, nowMs)
    }
    // The broker holds its request, so it is not the member who is silent.
    if (!member.isNew && (member.joinReply !== null || member.syncReply !== null)) return nothing()
    probe.member(groupId, 'expired', member)
    this.remove(group, memberId)
    return this.memberChanged(group, { reason: 'member_expired', nowMs })
  }

  #endSyncPhase(group: ClassicGroup): void {
    group.pendingSync.clear()
    this.#options.timers.cancel(syncKey(group))
  }

  #answerSyncs(group: ClassicGroup, error: ErrorName): void {
    const { protocolType, protocol } = group
    const names = error === 'NONE' ? { protocolType, protocolName: protocol } : {}
    for (const member of group.members.values()) {
      const { assignment } = member
      // Its session was not watched while its request was held.
      if (member.answerSync({ errorCode: Errors[error].code, ...names, assignment })) this.touch(group, member)
    }
  }
}

export interface Cause {
  readonly reason: RebalanceReason
  readonly nowMs: number
}

/** The generation as a member is told of it; only the leader hears who else is in it. */
export function joinAnswer(group: ClassicGroup, { memberId }: ClassicMember): JoinAnswer {
  return {
    errorCode: Errors.NONE.code,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocol,
    leader: group.leaderId ?? '',
    memberId,
    members: group.isLeader(memberId) ? memberList(group) : []
  }
}

export function memberList(group: ClassicGroup): JoinAnswer['members'] {
  return [...group.members.values()].map(member => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    metadata: member.metadataFor(group.protocol)
  }))
}

export function joinFailure(error: ErrorName, memberId = ''): JoinAnswer {
  return { errorCode: Errors[error].code, protocolName: null, leader: '', memberId, members: [] }
}

function joinKey({ groupId }: ClassicGroup): string {
  return `join ${groupId}`
}

function syncKey({ groupId }: ClassicGroup): string {
  return `sync ${groupId}`
}

// The member id first: it has no spaces to be mistaken for one between the two.
function sessionKey({ groupId }: ClassicGroup, memberId: string): string {
  return `session ${memberId} ${groupId}`
}
