import type { ClassicGroup } from './classic/classic-group.ts'
import { assignedPartitions } from './classic/subscription.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { ConsumerMember } from './consumer/consumer-member.ts'
import { byTopicName } from './consumer/named-partitions.ts'
import type { GroupTopics } from './consumer/subscriptions.ts'
import { type TopicPartitions, union } from './consumer/topic-partitions.ts'
import type { GroupType } from './group.ts'

const EMPTY = Buffer.alloc(0)

export interface GroupDescription {
  readonly groupId: string
  readonly type: GroupType
  readonly state: string
  readonly protocolType: string
  /** What assigns: a protocol of the members or an assignor here. Empty while the members have not agreed on one. */
  readonly protocol: string
  /** The epoch, of a group of the consumer protocol. */
  readonly generation: number
  readonly members: readonly MemberDescription[]
}

export interface MemberDescription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly metadata: Buffer
  readonly assignment: Buffer
  /** By topic, what a consumer was assigned; null for other protocols. */
  readonly owned: ReadonlyMap<string, readonly number[]> | null
}

/** As it is now. What members say of themselves is told only of a stable group, as in Kafka. */
export function describeClassic(group: ClassicGroup): GroupDescription {
  const isStable = group.state === 'Stable'
  return {
    groupId: group.groupId,
    type: group.type,
    state: group.stateName,
    protocolType: group.protocolTypeName,
    protocol: isStable ? (group.protocol ?? '') : '',
    generation: group.generation,
    members: [...group.members.values()].map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? member.metadataFor(group.protocol) : EMPTY,
      assignment: member.assignment,
      owned: group.protocolTypeName === 'consumer' ? assignedPartitions(member.assignment) : null
    }))
  }
}

/** What is only told of groups of the consumer protocol. */
export interface ConsumerDescription {
  readonly groupId: string
  readonly state: string
  readonly epoch: number
  readonly assignmentEpoch: number
  readonly assignor: string
  readonly members: readonly ConsumerMemberDescription[]
}

export interface ConsumerMemberDescription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly epoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopics: readonly string[]
  readonly subscribedRegex: string
  readonly assigned: readonly NamedAssignment[]
  readonly target: readonly NamedAssignment[]
  /** It speaks the classic protocol. */
  readonly isClassic: boolean
}

export interface NamedAssignment {
  readonly topicId: string
  readonly topicName: string
  readonly partitions: readonly number[]
}

/** As it is now. */
export function describeConsumer(group: ConsumerGroup, topics: GroupTopics): ConsumerDescription {
  const named = (partitions: TopicPartitions): NamedAssignment[] =>
    [...partitions].flatMap(([topicId, numbers]) => {
      const topic = topics.topicById(topicId)
      return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions: numbers }]
    })
  return {
    groupId: group.groupId,
    state: group.stateName,
    epoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignor: group.protocolName,
    members: [...group.members.values()].map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      epoch: member.memberEpoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopics: member.subscribedTopics,
      subscribedRegex: member.subscribedRegex,
      assigned: named(heldBy(member)),
      target: named(group.targetOf(member.memberId)),
      isClassic: member.classic !== null
    }))
  }
}

/** The same shape for groups of both types, for people. */
export function overview(group: ClassicGroup | ConsumerGroup, topics: GroupTopics): GroupDescription {
  if (group.type === 'classic') return describeClassic(group)
  return {
    groupId: group.groupId,
    type: group.type,
    state: group.stateName,
    protocolType: group.protocolTypeName,
    protocol: group.protocolName,
    generation: group.epoch,
    members: [...group.members.values()].map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: EMPTY,
      assignment: EMPTY,
      owned: new Map(byTopicName(heldBy(member), topics).map(({ topic, partitions }) => [topic, partitions]))
    }))
  }
}

/** Until it has given them up, it reads also what it was told to give up. */
function heldBy({ assigned, pendingRevocation }: ConsumerMember): TopicPartitions {
  return union(assigned, pendingRevocation)
}
