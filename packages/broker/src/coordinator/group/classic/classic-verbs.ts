import { assert, type Prng } from '@streambus/base'
import { type ErrorName, Errors } from '@streambus/protocol'
import type { GroupRecord } from '@streambus/protocol/group-records'
import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'
import { type Decision, nothing } from '../../runtime/shard.ts'
import type { MemberEvent } from '../group-probe.ts'
import type { ClassicGroup } from './classic-group.ts'
import { ClassicMember, type JoinAnswer, type MemberProtocol, newMemberId, type SyncAnswer } from './classic-member.ts'
import { joinAnswer, joinFailure, memberList, Rebalance, type RebalanceOptions, type Step } from './rebalance.ts'

export interface JoinRequest {
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  readonly memberId: string
  readonly instanceId: string | null
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
}

export interface SyncRequest {
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
  /** Null: the client does not say. */
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignments: ReadonlyMap<string, Buffer>
}

export interface Leaver {
  readonly memberId: string
  readonly instanceId: string | null
}

type JoinReply = (answer: JoinAnswer) => void
type SyncReply = (answer: SyncAnswer) => void

/** From this version on a member without an id gets one first (KIP-394): lost joins leave nothing behind. */
export const KNOWN_MEMBER_ID_VERSION = 4
/** From this version on a leader can be told not to assign (KIP-814). */
const SKIP_ASSIGNMENT_VERSION = 9

/** What the members of a classic group ask for: join, sync, heartbeat, leave. */
export class ClassicVerbs {
  readonly #options: RebalanceOptions & { readonly prng: Prng }
  readonly #rebalance: Rebalance

  constructor(options: RebalanceOptions & { readonly prng: Prng }) {
    this.#options = options
    this.#rebalance = new Rebalance(options)
  }

  /** `reply` is called once, now or when the others have joined. */
  join(group: ClassicGroup, request: JoinRequest, reply: JoinReply, nowMs: number): Step {
    const { memberId, protocolType, protocols } = request
    if (!this.#hasRoomFor(group, memberId)) {
      this.#rebalance.remove(group, memberId)
      reply(joinFailure('GROUP_MAX_SIZE_REACHED'))
      return this.#rebalance.completeIfAllJoined(group, nowMs)
    }
    if (!group.supports(protocolType, protocols)) {
      reply(joinFailure('INCONSISTENT_GROUP_PROTOCOL', memberId))
      return nothing()
    }
    return memberId === ''
      ? this.#joinAsNew(group, request, reply, nowMs)
      : this.#joinAgain(group, request, reply, nowMs)
  }

  /** `reply` is called once, now or when the leader's assignment is stored. Throws CoordinatorRefused. */
  sync(group: ClassicGroup, request: SyncRequest, reply: SyncReply, nowMs: number): Step {
    const member = group.memberFor(request.memberId, request.instanceId)
    group.checkGeneration(request.generation)
    if (differs(request.protocolType, group.protocolType) || differs(request.protocol, group.protocol)) {
      const message = `the group has protocol ${group.protocolType}/${group.protocol}`
      throw new CoordinatorRefused('INCONSISTENT_GROUP_PROTOCOL', message)
    }
    switch (group.state) {
      case 'PreparingRebalance':
        throw new CoordinatorRefused('REBALANCE_IN_PROGRESS', `group ${group.groupId} is rebalancing`)
      case 'CompletingRebalance':
        member.answerSync({ errorCode: Errors.REBALANCE_IN_PROGRESS.code, assignment: member.assignment })
        member.syncReply = reply
        this.#rebalance.synced(group, member.memberId)
        return group.isLeader(member.memberId) ? this.#storeAssignment(group, request.assignments, nowMs) : nothing()
      case 'Stable': {
        this.#rebalance.synced(group, member.memberId)
        const { protocolType, protocol: protocolName } = group
        reply({ errorCode: Errors.NONE.code, protocolType, protocolName, assignment: member.assignment })
        return nothing()
      }
      case 'Empty':
        throw new CoordinatorRefused('UNKNOWN_MEMBER_ID', `group ${group.groupId} has no members`)
    }
  }

  /** Throws CoordinatorRefused; REBALANCE_IN_PROGRESS has counted as a heartbeat all the same. */
  heartbeat(group: ClassicGroup, { memberId, instanceId }: Leaver, generation: number): void {
    const member = group.memberFor(memberId, instanceId)
    group.checkGeneration(generation)
    this.#rebalance.touch(group, member)
    if (group.state === 'PreparingRebalance') {
      throw new CoordinatorRefused('REBALANCE_IN_PROGRESS', `group ${group.groupId} is rebalancing`)
    }
  }

  /** A commit is a sign of life, too. */
  committed(group: ClassicGroup, memberId: string): void {
    const member = group.members.get(memberId)
    if (member !== undefined && group.state !== 'CompletingRebalance') this.#rebalance.touch(group, member)
  }

  /** The error of each, in their order. */
  leave(group: ClassicGroup, leavers: readonly Leaver[], nowMs: number): Decision<GroupRecord, readonly ErrorName[]> {
    let hasLeft = false
    const answer = leavers.map(leaver => {
      const { memberId, errorName } = this.#resolve(group, leaver)
      if (errorName !== 'NONE') return errorName
      hasLeft = true
      this.#report(group, 'left', memberId)
      this.#rebalance.remove(group, memberId)
      return errorName
    })
    if (!hasLeft) return { records: [], answer }
    return { ...this.#afterLeave(group, nowMs), answer }
  }

  /**
   * The group comes from the log: everybody has a full session to show up in. Members without a leader were of the
   * consumer protocol: everybody has to say what he can.
   */
  loaded(group: ClassicGroup, nowMs: number): void {
    for (const member of group.members.values()) this.#rebalance.touch(group, member)
    if (group.isEmpty || group.leaderId !== null) return
    const { records } = this.#rebalance.prepare(group, { reason: 'protocol_changed', nowMs })
    assert(records.length === 0, 'a group with members that have not joined waits for them')
  }

  /** The group goes from memory: whoever waits gets the error. */
  forget(group: ClassicGroup, error: ErrorName): void {
    this.#rebalance.forget(group)
    for (const member of group.members.values()) {
      member.answerJoin(joinFailure(error, member.isNew ? '' : member.memberId))
      member.answerSync({ errorCode: Errors[error].code, assignment: Buffer.alloc(0) })
    }
  }

  #afterLeave(group: ClassicGroup, nowMs: number): Step {
    if (group.isEmpty) return nothing()
    return this.#rebalance.memberChanged(group, { reason: 'member_left', nowMs })
  }

  /** Tools take static members out by their instance ids alone. */
  #resolve(group: ClassicGroup, { memberId, instanceId }: Leaver): { memberId: string; errorName: ErrorName } {
    if (memberId === '') {
      const staticId = instanceId === null ? undefined : group.staticMemberId(instanceId)
      return { memberId: staticId ?? '', errorName: staticId === undefined ? 'UNKNOWN_MEMBER_ID' : 'NONE' }
    }
    if (group.pendingMembers.has(memberId)) return { memberId, errorName: 'NONE' }
    try {
      group.memberFor(memberId, instanceId)
      return { memberId, errorName: 'NONE' }
    } catch (error) {
      if (error instanceof CoordinatorRefused) return { memberId, errorName: error.errorName }
      throw error
    }
  }

  /** While members are joining, those count who have: when the limit was lowered, the last to come are turned away. */
  #hasRoomFor(group: ClassicGroup, memberId: string): boolean {
    const { membersMax } = this.#options.settings()
    const member = group.members.get(memberId)
    switch (group.state) {
      case 'Empty':
        return true
      case 'PreparingRebalance':
        return member?.joinReply != null || group.awaitingJoinCount < membersMax
      case 'CompletingRebalance':
      case 'Stable':
        return member !== undefined || group.members.size < membersMax
    }
  }

  #joinAsNew(group: ClassicGroup, request: JoinRequest, reply: JoinReply, nowMs: number): Step {
    const { instanceId, apiVersion } = request
    const memberId = newMemberId(request, this.#options.prng)
    if (instanceId !== null) {
      const oldId = group.staticMemberId(instanceId)
      const member = oldId === undefined ? undefined : group.members.get(oldId)
      if (member !== undefined) return this.#replaceStatic(group, member, { memberId, request, reply, nowMs })
    } else if (apiVersion >= KNOWN_MEMBER_ID_VERSION) {
      this.#rebalance.expectJoin(group, memberId, request.sessionTimeoutMs)
      reply(joinFailure('MEMBER_ID_REQUIRED', memberId))
      return nothing()
    }
    return this.#add(group, { ...request, memberId }, reply, nowMs)
  }

  #joinAgain(group: ClassicGroup, request: JoinRequest, reply: JoinReply, nowMs: number): Step {
    const { memberId, instanceId, protocols } = request
    if (group.pendingMembers.has(memberId) && instanceId === null) return this.#add(group, request, reply, nowMs)
    let member: ClassicMember
    try {
      member = group.memberFor(memberId, instanceId)
    } catch (error) {
      if (!(error instanceof CoordinatorRefused)) throw error
      reply(joinFailure(error.errorName, memberId))
      return nothing()
    }
    const isUnchanged = member.hasProtocols(protocols)
    // The answer was lost, or the group has what the member would join it with. A leader may know of new partitions.
    const isAnswered = group.state === 'CompletingRebalance' || (group.state === 'Stable' && !group.isLeader(memberId))
    if (isUnchanged && isAnswered) {
      reply(joinAnswer(group, member))
      return nothing()
    }
    this.#update(member, request, reply)
    return this.#rebalance.memberChanged(group, { reason: 'member_rejoined', nowMs })
  }

  #add(group: ClassicGroup, request: JoinRequest, reply: JoinReply, nowMs: number): Step {
    const member = new ClassicMember(request)
    member.isNew = true
    member.joinReply = reply
    if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.hasNewMember = true
    group.add(member, request.protocolType)
    this.#rebalance.touch(group, member)
    const { memberId } = member
    this.#report(group, 'joined', memberId)
    return this.#rebalance.memberChanged(group, { reason: 'member_joined', nowMs })
  }

  /** A static member was started again: it takes its place under a new id (KIP-345). */
  #replaceStatic(
    group: ClassicGroup,
    member: ClassicMember,
    { memberId, request, reply, nowMs }: { memberId: string; request: JoinRequest; reply: JoinReply; nowMs: number }
  ): Step {
    this.#report(group, 'fenced', member.memberId)
    const { leaderId } = group
    this.#rebalance.forgetSession(group, member.memberId)
    member.answerJoin(joinFailure('FENCED_INSTANCE_ID', member.memberId))
    member.answerSync({ errorCode: Errors.FENCED_INSTANCE_ID.code, assignment: Buffer.alloc(0) })
    group.replaceStatic(member, memberId)
    this.#update(member, request, reply)
    this.#rebalance.touch(group, member)
    this.#report(group, 'joined', memberId)
    const cause = { reason: 'static_member_replaced', nowMs } as const
    if (group.state === 'CompletingRebalance') return this.#rebalance.prepare(group, cause)
    if (group.state !== 'Stable' || group.selectProtocol() !== group.protocol) {
      return this.#rebalance.memberChanged(group, cause)
    }
    // Nothing changes for the others, so they need not know; but the new id has to outlive this broker.
    const isLeader = group.isLeader(memberId)
    const canSkip = request.apiVersion >= SKIP_ASSIGNMENT_VERSION
    const answer = canSkip
      ? { ...joinAnswer(group, member), skipAssignment: isLeader, members: isLeader ? memberList(group) : [] }
      : { ...joinAnswer(group, member), leader: leaderId ?? '', members: [] }
    return {
      records: [group.toRecord(each => each.assignment)],
      answer: undefined,
      isApplied: true,
      // A newer process may have taken the place meanwhile.
      committed: () => void (member.joinReply === reply && member.answerJoin(answer)),
      failed: error => void (member.joinReply === reply && member.answerJoin(joinFailure(error)))
    }
  }

  #storeAssignment(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>, nowMs: number): Step {
    const { generation } = group
    const isStill = (): boolean => group.state === 'CompletingRebalance' && group.generation === generation
    return {
      records: [group.toRecord(({ memberId }) => assignments.get(memberId) ?? Buffer.alloc(0))],
      answer: undefined,
      isApplied: true,
      committed: () => {
        group.isStored = true
        if (isStill()) this.#rebalance.assigned(group, assignments, nowMs)
      },
      failed: error => {
        if (!isStill()) return
        this.#rebalance.failSyncs(group, error)
        this.#rebalance.prepare(group, { reason: 'assignment_not_stored', nowMs })
      }
    }
  }

  #update(member: ClassicMember, request: JoinRequest, reply: JoinReply): void {
    member.answerJoin(joinFailure('UNKNOWN_MEMBER_ID'))
    member.joinReply = reply
    member.sessionTimeoutMs = request.sessionTimeoutMs
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    member.protocols = request.protocols
  }

  #report(group: ClassicGroup, event: MemberEvent, memberId: string): void {
    const member = group.members.get(memberId)
    if (member !== undefined) this.#options.probe.member(group.groupId, event, member)
  }
}

function differs(said: string | null, is: string | null): boolean {
  return said !== null && is !== null && said !== is
}
