import type { GroupRecord } from '@streambus/protocol/group-records'
import { type ConsumerMember, MEMBER_STATES } from './consumer-member.ts'
import { type TopicPartitions, toList } from './topic-partitions.ts'

// What decisions about groups of the consumer protocol are written as; ConsumerGroup reads them.

export function epochRecord(groupId: string, epoch: number, metadataHash: number): GroupRecord {
  return { kind: 'consumer-group', groupId, value: { epoch, metadataHash } }
}

/** What the member says of itself. */
export function memberRecord(groupId: string, member: ConsumerMember): GroupRecord {
  const { memberId, instanceId, rackId, clientId, clientHost, classic } = member
  return {
    kind: 'consumer-member',
    groupId,
    memberId,
    value: {
      instanceId,
      rackId,
      clientId,
      clientHost,
      subscribedTopicNames: member.subscribedTopics,
      subscribedTopicRegex: member.subscribedRegex,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      serverAssignor: member.serverAssignor,
      classicMemberMetadata: classic && {
        sessionTimeoutMs: classic.sessionTimeoutMs,
        supportedProtocols: classic.protocols
      }
    }
  }
}

/** What the member owns, and how far it has come. */
export function currentRecord(groupId: string, member: ConsumerMember): GroupRecord {
  const { memberId, memberEpoch, previousEpoch, state, assigned, pendingRevocation, sinceEpochs } = member
  const withEpochs = (partitions: TopicPartitions) =>
    toList(partitions).map(each => ({
      ...each,
      assignmentEpochs: each.partitions.map(partition => epochOf(sinceEpochs, each.topicId, partition))
    }))
  return {
    kind: 'current-assignment',
    groupId,
    memberId,
    value: {
      memberEpoch,
      previousMemberEpoch: previousEpoch,
      state: MEMBER_STATES.indexOf(state),
      assignedPartitions: withEpochs(assigned),
      partitionsPendingRevocation: withEpochs(pendingRevocation)
    }
  }
}

export function targetRecord(groupId: string, memberId: string, target: TopicPartitions): GroupRecord {
  const topicPartitions = toList(target)
  return { kind: 'target-member', groupId, memberId, value: { topicPartitions } }
}

/** All targets of that epoch are written. */
export function targetEpochRecord(groupId: string, assignmentEpoch: number, nowMs: number): GroupRecord {
  return { kind: 'target-assignment', groupId, value: { assignmentEpoch, assignmentTimestamp: nowMs } }
}

/** The member is gone. */
export function memberTombstones(groupId: string, memberId: string): GroupRecord[] {
  return [
    { kind: 'current-assignment', groupId, memberId, value: null },
    { kind: 'target-member', groupId, memberId, value: null },
    { kind: 'consumer-member', groupId, memberId, value: null }
  ]
}

/** Nobody uses the pattern any more. */
export function regexTombstone(groupId: string, regularExpression: string): GroupRecord {
  return { kind: 'regex', groupId, regularExpression, value: null }
}

function epochOf(epochs: ConsumerMember['sinceEpochs'], topicId: string, partition: number): number {
  return epochs.get(topicId)?.get(partition) ?? 0
}
