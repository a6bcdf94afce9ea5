import type { ConsumerMemberValue, CurrentAssignmentValue } from '@streambus/protocol/group-records'
import type { MemberProtocol } from '../classic/classic-member.ts'
import { fromList, NO_PARTITIONS, type TopicPartitions } from './topic-partitions.ts'

/**
 * How far a member has come on its way to its target (KIP-848). Stable: it has it. Unrevoked: it must give up
 * partitions before it can go on. Unreleased: it is in the target's epoch, and waits for partitions that others still
 * hold. The numbers are those of Kafka's records.
 */
export const MEMBER_STATES = ['stable', 'unrevoked', 'unreleased'] as const
export type MemberState = (typeof MEMBER_STATES)[number]

/** A member of a group of the consumer protocol: what it has said of itself, and what it owns. Never changed. */
export interface ConsumerMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopics: readonly string[]
  /** Empty: none. */
  readonly subscribedRegex: string
  /** Null: it leaves the choice to the broker. */
  readonly serverAssignor: string | null
  /** Of a member that speaks the classic protocol; null for all others. */
  readonly classic: { readonly sessionTimeoutMs: number; readonly protocols: readonly MemberProtocol[] } | null
  /** −2: it has left for a while and will be back as the same static member. */
  readonly memberEpoch: number
  /** The one before, which it goes on sending when the answer with the new one was lost. */
  readonly previousEpoch: number
  readonly state: MemberState
  readonly assigned: TopicPartitions
  /** It still holds them and has been told to give them up. */
  readonly pendingRevocation: TopicPartitions
  /** The member epoch in which it got each of its partitions: commits of that epoch and later ones count (KIP-1251). */
  readonly sinceEpochs: PartitionEpochs
}

/** By topic id and partition. */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>

const NO_EPOCHS: PartitionEpochs = new Map()

export function newConsumerMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    subscribedTopics: [],
    subscribedRegex: '',
    serverAssignor: null,
    classic: null,
    memberEpoch: 0,
    previousEpoch: -1,
    state: 'stable',
    assigned: NO_PARTITIONS,
    pendingRevocation: NO_PARTITIONS,
    sinceEpochs: NO_EPOCHS
  }
}

/** The member with what a member record says. */
export function withMetadata(member: ConsumerMember, value: ConsumerMemberValue): ConsumerMember {
  const { classicMemberMetadata: classic } = value
  return {
    ...member,
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    subscribedTopics: value.subscribedTopicNames,
    subscribedRegex: value.subscribedTopicRegex ?? '',
    serverAssignor: value.serverAssignor,
    classic: classic && { sessionTimeoutMs: classic.sessionTimeoutMs, protocols: classic.supportedProtocols }
  }
}

/** The member with what a record of its current assignment says; null: as before its first one. */
export function withAssignment(member: ConsumerMember, value: CurrentAssignmentValue | null): ConsumerMember {
  if (value === null) {
    const none = { assigned: NO_PARTITIONS, pendingRevocation: NO_PARTITIONS, sinceEpochs: NO_EPOCHS }
    return { ...member, ...none, memberEpoch: 0, previousEpoch: -1, state: 'stable' }
  }
  return {
    ...member,
    memberEpoch: value.memberEpoch,
    previousEpoch: value.previousMemberEpoch,
    state: MEMBER_STATES[value.state] ?? 'stable',
    assigned: fromList(value.assignedPartitions),
    pendingRevocation: fromList(value.partitionsPendingRevocation),
    sinceEpochs: epochsOf(value)
  }
}

/** The member with epochs for what it owns: of what it had before, those of `before`; of the rest, its own epoch. */
export function withEpochs(member: ConsumerMember, before: ConsumerMember): ConsumerMember {
  const sinceEpochs = new Map<string, Map<number, number>>()
  for (const partitions of [member.assigned, member.pendingRevocation]) {
    for (const [topicId, numbers] of partitions) {
      const known = before.sinceEpochs.get(topicId)
      const epochs = sinceEpochs.get(topicId) ?? new Map<number, number>()
      for (const number of numbers) epochs.set(number, known?.get(number) ?? member.memberEpoch)
      sinceEpochs.set(topicId, epochs)
    }
  }
  return { ...member, sinceEpochs }
}

/** Records of old versions do not say: then only the epoch in which the member is counts. */
function epochsOf({ memberEpoch, assignedPartitions, partitionsPendingRevocation }: CurrentAssignmentValue) {
  const all = new Map<string, Map<number, number>>()
  for (const { topicId, partitions, assignmentEpochs } of [...assignedPartitions, ...partitionsPendingRevocation]) {
    const epochs = all.get(topicId) ?? new Map<number, number>()
    for (const [i, partition] of partitions.entries()) epochs.set(partition, assignmentEpochs[i] ?? memberEpoch)
    all.set(topicId, epochs)
  }
  return all
}
