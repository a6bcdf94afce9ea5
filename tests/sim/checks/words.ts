import { consumerGroupHeartbeatApi, joinGroupApi, leaveGroupApi, syncGroupApi } from '@streambus/protocol'
import { decodeAssignment, decodeSubscription, type TopicPartitions } from '@streambus/protocol/consumer-protocol'
import { type Arrival, answerOf, nameOf, requestOf } from '../facts.ts'
import { partitionName, type Topics } from '../topics.ts'

/** What a request says of what a member owns: all that is not in it, it has given up. */
export interface Word {
  readonly groupId: string
  readonly memberId: string
  readonly owned: ReadonlySet<string>
}

/** What an answer lets a member own, beside what it had. */
export interface Grant {
  readonly groupId: string
  readonly memberId: string
  readonly epoch: number
  readonly partitions: readonly string[]
}

const NOTHING: ReadonlySet<string> = new Set()

/**
 * What the members say of themselves in this request. Who joins with epoch 0 or leaves owns nothing; in JoinGroup the
 * subscription says it (KIP-429), of which old versions, and members that give up everything before, list nothing.
 */
export function wordsOf(arrival: Arrival, topics: Topics): Word[] {
  const beat = requestOf(arrival, consumerGroupHeartbeatApi)
  if (beat !== null) {
    const { groupId, memberId, memberEpoch, topicPartitions = null } = beat
    if (memberEpoch <= 0) return [{ groupId, memberId, owned: NOTHING }]
    return topicPartitions === null ? [] : [{ groupId, memberId, owned: new Set(topics.fromWire(topicPartitions)) }]
  }
  const join = requestOf(arrival, joinGroupApi)
  if (join !== null) {
    const [protocol] = join.protocols
    const owned = protocol === undefined ? [] : decodeSubscription(protocol.metadata).ownedPartitions
    return [{ groupId: join.groupId, memberId: join.memberId, owned: new Set(named(owned)) }]
  }
  const leave = requestOf(arrival, leaveGroupApi)
  if (leave === null) return []
  const memberIds = arrival.version >= 3 ? (leave.members ?? []).map(each => each.memberId) : [leave.memberId ?? '']
  return memberIds.map(memberId => ({ groupId: leave.groupId, memberId, owned: NOTHING }))
}

export function grantOf(arrival: Arrival, answer: unknown, topics: Topics): Grant | null {
  const beat = answerOf(arrival, answer, consumerGroupHeartbeatApi)
  if (beat !== null) {
    const request = requestOf(arrival, consumerGroupHeartbeatApi)
    if (nameOf(beat.errorCode) !== 'NONE' || beat.assignment === null) return null
    const partitions = topics.fromWire(beat.assignment.topicPartitions)
    const memberId = beat.memberId ?? request?.memberId ?? ''
    return { groupId: request?.groupId ?? '', memberId, epoch: beat.memberEpoch, partitions }
  }
  const synced = answerOf(arrival, answer, syncGroupApi)
  const request = requestOf(arrival, syncGroupApi)
  if (synced === null || request === null || nameOf(synced.errorCode) !== 'NONE') return null
  const { groupId, memberId, generationId } = request
  const partitions = synced.assignment.length === 0 ? [] : named(decodeAssignment(synced.assignment).partitions)
  return { groupId, memberId, epoch: generationId, partitions }
}

function named(lists: readonly TopicPartitions[]): string[] {
  return lists.flatMap(({ topic, partitions }) => partitions.map(index => partitionName(topic, index)))
}
