import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  DeleteGroupsResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse
} from '@streambus/protocol'
import { Counts } from './counts.ts'
import type { TopicTally } from './topic-tally.ts'

export interface TalliedGroup {
  type: 'classic' | 'consumer'
  readonly members: Set<string>
  /** By topic and partition, 'topic 0'. */
  readonly offsets: Map<string, CommittedPlace>
}

export interface CommittedPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Groups as those see them who join, commit, leave and delete. Who vanishes without a word is not noticed. */
export class GroupTally {
  readonly groups = new Map<string, TalliedGroup>()
  /** Offsets committed, by group. */
  readonly commits = new Counts()

  joined({ groupId }: JoinGroupRequest, { errorCode, memberId }: JoinGroupResponse): void {
    if (errorCode === 0) this.#group(groupId, 'classic').members.add(memberId)
  }

  left(request: LeaveGroupRequest, { errorCode, members }: LeaveGroupResponse): void {
    const group = this.groups.get(request.groupId)
    if (errorCode !== 0 || group === undefined) return
    if (request.memberId !== '') group.members.delete(request.memberId)
    for (const { memberId, errorCode: refused } of members) if (refused === 0) group.members.delete(memberId)
  }

  heartbeat(request: ConsumerGroupHeartbeatRequest, answer: ConsumerGroupHeartbeatResponse): void {
    if (answer.errorCode !== 0) return
    const { members } = this.#group(request.groupId, 'consumer')
    const memberId = answer.memberId ?? request.memberId
    if (request.memberEpoch < 0) members.delete(memberId)
    else members.add(memberId)
  }

  committed(request: OffsetCommitRequest, { topics }: OffsetCommitResponse, names: TopicTally): void {
    for (const [at, { partitions }] of topics.entries()) {
      const asked = request.topics[at]
      if (asked === undefined) continue
      const topic = names.nameOf(asked.name, asked.topicId)
      for (const { partitionIndex, errorCode } of partitions) {
        const { committedOffset: offset } = asked.partitions.find(each => each.partitionIndex === partitionIndex) ?? {}
        if (errorCode !== 0 || offset === undefined) continue
        this.commits.add(1, request.groupId)
        const { offsets } = this.groups.get(request.groupId) ?? this.#group(request.groupId, 'classic')
        offsets.set(`${topic} ${partitionIndex}`, { topic, partition: partitionIndex, offset })
      }
    }
  }

  offsetsDeleted({ groupId }: OffsetDeleteRequest, { errorCode, topics }: OffsetDeleteResponse): void {
    if (errorCode !== 0) return
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, errorCode: refused } of partitions) {
        if (refused === 0) this.groups.get(groupId)?.offsets.delete(`${name} ${partitionIndex}`)
      }
    }
  }

  /** With a topic go the offsets for its partitions, of every group. */
  topicDeleted(topic: string): void {
    for (const { offsets } of this.groups.values()) {
      for (const [key, place] of offsets) if (place.topic === topic) offsets.delete(key)
    }
  }

  deleted({ results }: DeleteGroupsResponse): void {
    for (const { groupId, errorCode } of results) if (errorCode === 0) this.groups.delete(groupId)
  }

  #group(groupId: string, type: TalliedGroup['type']): TalliedGroup {
    const known = this.groups.get(groupId)
    if (known !== undefined) {
      known.type = type
      return known
    }
    const group = { type, members: new Set<string>(), offsets: new Map<string, CommittedPlace>() }
    this.groups.set(groupId, group)
    return group
  }
}
