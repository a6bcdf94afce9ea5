import { DecodeError, type ErrorName, Errors } from '@streambus/protocol'
import { type ConsumerSubscription, decodeSubscription, encodeAssignment } from '@streambus/protocol/consumer-protocol'
import type { GroupRecord } from '@streambus/protocol/group-records'
import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'
import { type Decision, nothing } from '../../runtime/shard.ts'
import { type JoinAnswer, newMemberId, type SyncAnswer } from '../classic/classic-member.ts'
import { type JoinRequest, KNOWN_MEMBER_ID_VERSION, type Leaver, type SyncRequest } from '../classic/classic-verbs.ts'
import { joinFailure } from '../classic/rebalance.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, newConsumerMember } from './consumer-member.ts'
import { advanceMember, type ConsumerVerbsOptions, checkRoom, takeOver } from './consumer-verbs.ts'
import type { Migration } from './migration.ts'
import { byTopicId, byTopicName } from './named-partitions.ts'

export interface ClassicMembersOptions extends ConsumerVerbsOptions {
  readonly migration: Migration
}

type Step = Decision<GroupRecord, void>

const CONSUMER = 'consumer'

/**
 * Members that speak the classic protocol in a group of the consumer protocol, as while a group is being moved from
 * one to the other: a join is a heartbeat with a subscription, a sync fetches the assignment, and who has to give up or
 * may get partitions is sent back to join (KIP-848).
 */
export class ClassicMembers {
  readonly #options: ClassicMembersOptions

  constructor(options: ClassicMembersOptions) {
    this.#options = options
  }

  /** `reply` is called once, unless this throws CoordinatorRefused. */
  join(group: ConsumerGroup, request: JoinRequest, reply: (answer: JoinAnswer) => void, nowMs: number): Step {
    const { prng, lifetimes, probe, topics, migration } = this.#options
    const { instanceId, apiVersion, rebalanceTimeoutMs } = request
    const isUnknown = request.memberId === ''
    const memberId = isUnknown ? newMemberId(request, prng) : request.memberId
    checkRoom(this.#options, group, memberId)
    const [protocol] = request.protocols
    if (protocol === undefined || !supports(group, request)) throw inconsistent(`of member ${memberId}`)
    if (isUnknown && instanceId === null && apiVersion >= KNOWN_MEMBER_ID_VERSION) {
      reply(joinFailure('MEMBER_ID_REQUIRED', memberId))
      return nothing()
    }
    const subscription = readSubscription(protocol.metadata, memberId)
    const { before, replaced } = subscriber(group, { memberId, instanceId, isUnknown })
    const after = joined(before, request, subscription)
    const owned = byTopicId(subscription.ownedPartitions, topics)
    const { records, member, reason } = advanceMember(this.#options, group, { before, after, replaced, owned, nowMs })

    const { groupId, epoch } = group
    const classicRecords = replaced && migration.downgrade(group, [replaced], { by: member, nowMs })
    if (classicRecords === null) {
      lifetimes.touch(groupId, member)
      lifetimes.expectSync(groupId, { ...member, rebalanceTimeoutMs })
    }
    const answer = {
      errorCode: Errors.NONE.code,
      generationId: classicRecords === null ? member.memberEpoch : epoch,
      protocolType: CONSUMER,
      protocolName: protocol.name,
      leader: '',
      memberId,
      members: []
    }
    return {
      records: classicRecords ?? records,
      answer: undefined,
      committed: () => {
        if (before.memberEpoch === 0) probe.member(groupId, 'joined', member)
        lifetimes.progressed(groupId, reason, nowMs)
        reply(answer)
      },
      failed: error => reply(joinFailure(error, request.memberId))
    }
  }

  /** `reply` is called once, unless this throws CoordinatorRefused. */
  sync(group: ConsumerGroup, request: SyncRequest, reply: (answer: SyncAnswer) => void): Step {
    const { lifetimes, topics } = this.#options
    const { protocolType, protocol: protocolName } = request
    const { member, classic } = classicMember(group, request, request.generation)
    const [first] = classic.protocols
    if (protocolType !== null && protocolType !== CONSUMER) throw inconsistent(`type ${protocolType}`)
    if (protocolName !== null && protocolName !== first?.name) throw inconsistent(`name ${protocolName}`)
    // Who gives up partitions has joined already; when it has done so it is sent to join once more.
    if (group.epoch > member.memberEpoch && member.state !== 'unrevoked') {
      lifetimes.expectJoin(group.groupId, member)
      throw rebalancing(group)
    }
    lifetimes.synced(group.groupId, member.memberId)
    lifetimes.touch(group.groupId, member)
    const version = first === undefined ? 0 : readSubscription(first.metadata, member.memberId).version
    const assignment = encodeAssignment({ version, partitions: byTopicName(member.assigned, topics) })
    const committed = (): void => reply({ errorCode: Errors.NONE.code, protocolType, protocolName, assignment })
    return { records: [], answer: undefined, committed }
  }

  /** Throws CoordinatorRefused; REBALANCE_IN_PROGRESS has counted as a heartbeat all the same. */
  heartbeat(group: ConsumerGroup, leaver: Leaver, generation: number): void {
    const { lifetimes } = this.#options
    const { member } = classicMember(group, leaver, generation)
    lifetimes.touch(group.groupId, member)
    const isBehind = member.memberEpoch < group.epoch
    const mayGetMore = member.state === 'unreleased' && !isWaiting(group, member)
    if (!isBehind && member.state !== 'unrevoked' && !mayGetMore) return
    lifetimes.expectJoin(group.groupId, member)
    throw rebalancing(group)
  }

  /** The error of each, in their order. */
  leave(group: ConsumerGroup, leavers: readonly Leaver[], nowMs: number): Decision<GroupRecord, readonly ErrorName[]> {
    const gone = new Set<ConsumerMember>()
    const answer = leavers.map((leaver): ErrorName => {
      try {
        gone.add(classicMember(group, leaver, null).member)
        return 'NONE'
      } catch (error) {
        if (error instanceof CoordinatorRefused) return error.errorName
        throw error
      }
    })
    if (gone.size === 0) return { records: [], answer }
    const removal = { event: 'left', reason: 'member_left', nowMs } as const
    return { ...this.#options.lifetimes.remove(group, [...gone], removal), answer }
  }
}

function subscriber(
  group: ConsumerGroup,
  { memberId, instanceId, isUnknown }: { memberId: string; instanceId: string | null; isUnknown: boolean }
): { before: ConsumerMember; replaced: ConsumerMember | null } {
  if (instanceId !== null && !isUnknown) return { before: group.staticMemberFor(instanceId, memberId), replaced: null }
  const present = instanceId === null ? undefined : group.staticMember(instanceId)
  if (present !== undefined) return takeOver(present, { memberId, instanceId, isClassic: true })
  return { before: group.members.get(memberId) ?? newConsumerMember(memberId), replaced: null }
}

function joined(before: ConsumerMember, request: JoinRequest, subscription: ConsumerSubscription): ConsumerMember {
  const { instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = request
  return {
    ...before,
    instanceId: instanceId ?? before.instanceId,
    rackId: subscription.rackId ?? before.rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    subscribedTopics: subscription.topics,
    subscribedRegex: '',
    classic: { sessionTimeoutMs, protocols }
  }
}

/** Tools take static members out by their instance ids alone. Null: no generation is said. */
function classicMember(group: ConsumerGroup, { memberId, instanceId }: Leaver, generation: number | null) {
  const staticId = memberId === '' && instanceId !== null ? group.staticMember(instanceId)?.memberId : undefined
  const id = staticId ?? memberId
  const member = instanceId === null ? group.memberFor(id) : group.staticMemberFor(instanceId, id)
  const { classic, memberEpoch } = member
  if (classic === null) {
    throw new CoordinatorRefused('UNKNOWN_MEMBER_ID', `Member ${id} does not use the classic protocol.`)
  }
  if (generation !== null && generation !== memberEpoch) {
    const message = `The request generation id ${generation} is not equal to the epoch ${memberEpoch} of member ${id}.`
    throw new CoordinatorRefused('ILLEGAL_GENERATION', message)
  }
  return { member, classic }
}

/** All classic members must have one protocol in common. */
function supports(group: ConsumerGroup, { protocolType, protocols }: JoinRequest): boolean {
  if (protocolType !== CONSUMER) return false
  const others = [...group.members.values()].flatMap(({ classic }) => (classic === null ? [] : [classic.protocols]))
  return protocols.some(({ name }) => others.every(theirs => theirs.some(each => each.name === name)))
}

/** Whether some of its partitions are still with others. */
function isWaiting(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(memberId)) {
    const own = new Set(assigned.get(topicId))
    if (partitions.some(partition => !own.has(partition) && group.ownerEpoch(topicId, partition) !== -1)) return true
  }
  return false
}

function readSubscription(metadata: Buffer, memberId: string): ConsumerSubscription {
  try {
    return decodeSubscription(metadata)
  } catch (error) {
    if (error instanceof DecodeError) throw inconsistent(`of member ${memberId}, whose subscription is malformed`)
    throw error
  }
}

function inconsistent(what: string): CoordinatorRefused {
  return new CoordinatorRefused('INCONSISTENT_GROUP_PROTOCOL', `the protocol ${what} does not fit the group`)
}

function rebalancing({ groupId }: ConsumerGroup): CoordinatorRefused {
  return new CoordinatorRefused(
    'REBALANCE_IN_PROGRESS',
    `group ${groupId} is rebalancing; the member should join again`
  )
}
