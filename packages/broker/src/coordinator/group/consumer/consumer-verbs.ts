import type { Prng } from '@streambus/base'
import type { GroupRecord } from '@streambus/protocol/group-records'
import { randomUuid } from '../../../controller/uuid.ts'
import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'
import type { Decision, ShardTimers } from '../../runtime/shard.ts'
import type { GroupProbe } from '../group-probe.ts'
import type { GroupSettings } from '../group-settings.ts'
import { type Advanced, type AdvanceOptions, advance, type MemberStep, membersWith } from './advance.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, newConsumerMember } from './consumer-member.ts'
import { currentRecord } from './consumer-records.ts'
import { type ConsumerHeartbeat, type HeartbeatAnswer, isFull, JOIN_EPOCH, STATIC_LEAVE_EPOCH } from './heartbeat.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { RegexRefresh } from './regex-refresh.ts'
import { includesAll, isSame, NO_PARTITIONS } from './topic-partitions.ts'

export interface ConsumerVerbsOptions extends AdvanceOptions {
  readonly timers: ShardTimers<GroupRecord>
  readonly settings: () => GroupSettings
  readonly prng: Prng
  readonly probe: GroupProbe
  readonly lifetimes: Lifetimes
  readonly regexes: RegexRefresh
}

type Beat = Decision<GroupRecord, HeartbeatAnswer>

/** What members of the consumer protocol ask for: to join, to go on, to leave (KIP-848). */
export class ConsumerVerbs {
  readonly #options: ConsumerVerbsOptions

  constructor(options: ConsumerVerbsOptions) {
    this.#options = options
  }

  /** `group` may be one that is not written yet. Throws CoordinatorRefused. */
  heartbeat(group: ConsumerGroup, request: ConsumerHeartbeat, nowMs: number): Beat {
    const { lifetimes, prng, settings, probe } = this.#options
    const memberId = request.memberId === '' ? randomUuid(prng) : request.memberId
    checkRoom(this.#options, group, memberId)
    const { before, replaced } = this.#subscriber(group, { ...request, memberId })
    const after = withHeartbeat(before, request)
    const { records, member, reason } = advanceMember(this.#options, group, {
      before,
      after,
      replaced,
      owned: request.owned,
      nowMs
    })

    lifetimes.touch(group.groupId, member)
    if (member.state === 'unrevoked' && !isSame(before.pendingRevocation, member.pendingRevocation)) {
      lifetimes.expectRevocation(group.groupId, member)
    }
    const hasJoined = request.memberEpoch === JOIN_EPOCH && !group.members.has(memberId)
    const answer = {
      memberId,
      memberEpoch: member.memberEpoch,
      heartbeatIntervalMs: settings().consumer.heartbeatIntervalMs,
      assignment: isFull(request) || !isSame(before.assigned, member.assigned) ? member.assigned : null
    }
    if (records.length === 0) return { records, answer }
    const committed = (): void => {
      if (hasJoined) probe.member(group.groupId, 'joined', member)
      lifetimes.progressed(group.groupId, reason, nowMs)
    }
    return { records, answer, committed }
  }

  /** Throws CoordinatorRefused. */
  leave(group: ConsumerGroup, request: ConsumerHeartbeat, nowMs: number): Beat {
    const { lifetimes } = this.#options
    const { memberId, memberEpoch, instanceId } = request
    const member = instanceId === null ? group.memberFor(memberId) : group.staticMemberFor(instanceId, memberId)
    const answer = { memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null }
    if (memberEpoch === STATIC_LEAVE_EPOCH) {
      // Its partitions wait for it until its session is over.
      const away = { ...member, memberEpoch, pendingRevocation: NO_PARTITIONS }
      return { records: [currentRecord(group.groupId, away)], answer }
    }
    return { ...lifetimes.remove(group, [member], { event: 'left', reason: 'member_left', nowMs }), answer }
  }

  #subscriber(group: ConsumerGroup, request: ConsumerHeartbeat) {
    const { memberId, memberEpoch, instanceId, owned } = request
    const isJoin = memberEpoch === JOIN_EPOCH
    const present = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
    if (isJoin && present === undefined) {
      return { before: group.members.get(memberId) ?? newConsumerMember(memberId), replaced: null }
    }
    if (isJoin && present !== undefined && present.memberId !== memberId) return takeOver(present, request)
    const member = instanceId === null ? group.memberFor(memberId) : group.staticMemberFor(instanceId, memberId)
    if (!isJoin) checkEpoch(member, memberEpoch, owned)
    return { before: member, replaced: null }
  }
}

/** `advance` for a member whose group may have patterns. */
export function advanceMember(
  options: ConsumerVerbsOptions,
  group: ConsumerGroup,
  step: Omit<MemberStep, 'regexes' | 'isMatchChanged'>
): Advanced {
  const { before, after, nowMs } = step
  const isSame = before.subscribedRegex === after.subscribedRegex
  if (isSame && options.regexes.isUpToDate(group, after.subscribedRegex, nowMs)) {
    return advance(options, group, { ...step, regexes: group.regexes, isMatchChanged: false })
  }
  const { regexes, isChanged, records } = options.regexes.step(group, membersWith(group, step), nowMs)
  const advanced = advance(options, group, { ...step, regexes, isMatchChanged: isChanged })
  return { ...advanced, records: [...records, ...advanced.records] }
}

/** Throws GROUP_MAX_SIZE_REACHED. */
export function checkRoom(
  { settings }: Pick<ConsumerVerbsOptions, 'settings'>,
  group: ConsumerGroup,
  memberId: string
): void {
  const { membersMax } = settings().consumer
  if (group.members.size < membersMax || group.members.has(memberId)) return
  const message = `The consumer group has reached its maximum capacity of ${membersMax} members.`
  throw new CoordinatorRefused('GROUP_MAX_SIZE_REACHED', message)
}

/**
 * A static member comes back under another id, with what it had, which it has had since then only: the id may be an
 * older one, whose commits are still under way.
 */
export function takeOver(
  present: ConsumerMember,
  { memberId, instanceId, isClassic = false }: { memberId: string; instanceId: string | null; isClassic?: boolean }
) {
  if (present.memberEpoch !== STATIC_LEAVE_EPOCH && !isClassic && present.classic === null) {
    const who = `Static member ${memberId} with instance id ${instanceId}`
    const message = `${who} cannot join the group because the instance id is owned by ${present.memberId} member.`
    throw new CoordinatorRefused('UNRELEASED_INSTANCE_ID', message)
  }
  const before = { ...present, memberId, memberEpoch: 0, previousEpoch: 0, sinceEpochs: new Map() }
  return { before, replaced: present }
}

/** The answer with a new epoch may have been lost: then the member says so by what it owns. */
function checkEpoch(member: ConsumerMember, epoch: number, owned: ConsumerHeartbeat['owned']): void {
  const { memberEpoch, previousEpoch, assigned } = member
  if (epoch === memberEpoch) return
  if (epoch === previousEpoch && epoch < memberEpoch && owned !== null && includesAll(assigned, owned)) return
  const than = epoch > memberEpoch ? 'greater' : 'smaller'
  const message =
    `The consumer group member has a ${than} member epoch (${epoch}) than the one known by the group coordinator ` +
    `(${memberEpoch}). The member must abandon all its partitions and rejoin.`
  throw new CoordinatorRefused('FENCED_MEMBER_EPOCH', message)
}

/** What a member has said that says nothing of it when it joins. */
const UNSAID = { rackId: null, serverAssignor: null, subscribedTopics: [], subscribedRegex: '' } as const

/**
 * The member as it says it is now; the same object when nothing is new. Who joins says everything: a process that takes
 * the place of another one has nothing to do with what that one asked for.
 */
function withHeartbeat(before: ConsumerMember, request: ConsumerHeartbeat): ConsumerMember {
  const { rebalanceTimeoutMs, clientId, clientHost } = request
  const unsaid = request.memberEpoch === JOIN_EPOCH ? UNSAID : before
  const said = {
    instanceId: request.instanceId ?? before.instanceId,
    rackId: request.rackId ?? unsaid.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? unsaid.serverAssignor,
    subscribedTopics: sameList(before.subscribedTopics, request.subscribedTopics ?? unsaid.subscribedTopics),
    subscribedRegex: request.subscribedRegex ?? unsaid.subscribedRegex,
    clientId,
    clientHost,
    classic: null
  }
  const keys = Object.keys(said) as (keyof typeof said)[]
  return keys.every(key => said[key] === before[key]) ? before : { ...before, ...said }
}

function sameList(before: readonly string[], now: readonly string[]): readonly string[] {
  return before.length === now.length && before.every((name, i) => name === now[i]) ? before : now
}
