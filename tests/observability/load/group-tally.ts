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
  /** The last one that a join was answered with. */
  generation: number
  /** Members of the consumer protocol that came, left, or wanted other topics: each is an epoch of its own. */
  epochs: number
  /** By member. */
  readonly subscriptions: Map<string, string>
  /** By topic and partition, 'topic 0'. */
  readonly offsets: Map<string, CommittedPlace>
}

export interface CommittedPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/**
 * What a group has been through, from its first member on. Each rebalance of a classic group ends with a generation;
 * the one that follows its last member's leave is told to nobody.
 */
export function rebalancesOf({ type, members, generation, epochs }: TalliedGroup): number {
  if (type === 'consumer') return epochs
  return generation > 0 && members.size === 0 ? generation + 1 : generation
}

/** Groups as those see them who join, commit, leave and delete. Who vanishes without a word is not noticed. */
export class GroupTally {
  readonly groups = new Map<string, TalliedGroup>()
  /** Offsets committed, by group. */
  readonly commits = new Counts()
  /** Rebalances of groups that were deleted. */
  rebalancesGone = 0

  joined({ groupId }: JoinGroupRequest, { errorCode, memberId, generationId }: JoinGroupResponse): void {
    if (errorCode !== 0) return
    const group = this.#group(groupId, 'classic')
    group.members.add(memberId)
    group.generation = Math.max(group.generation, generationId)
  }

  left(request: LeaveGroupRequest, { errorCode, members }: LeaveGroupResponse): void {
    const group = this.groups.get(request.groupId)
    if (errorCode !== 0 || group === undefined) return
    if (request.memberId !== '') group.members.delete(request.memberId)
    for (const { memberId, errorCode: refused } of members) if (refused === 0) group.members.delete(memberId)
  }

  heartbeat(request: ConsumerGroupHeartbeatRequest, answer: ConsumerGroupHeartbeatResponse): void {
    if (answer.errorCode !== 0) return
    const group = this.#group(request.groupId, 'consumer')
    const memberId = answer.memberId ?? request.memberId
    if (request.memberEpoch < 0) {
      group.members.delete(memberId)
      group.subscriptions.delete(memberId)
      group.epochs++
      return
    }
    group.members.add(memberId)
    // Null: as it was.
    const wanted = request.subscribedTopicNames?.toSorted().join(' ') ?? group.subscriptions.get(memberId) ?? ''
    if (group.subscriptions.get(memberId) === wanted) return
    group.subscriptions.set(memberId, wanted)
    group.epochs++
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
    for (const { groupId, errorCode } of results) {
      const group = this.groups.get(groupId)
      if (errorCode !== 0 || group === undefined) continue
      this.rebalancesGone += rebalancesOf(group)
      this.groups.delete(groupId)
    }
  }

  #group(groupId: string, type: TalliedGroup['type']): TalliedGroup {
    const known = this.groups.get(groupId)
    if (known !== undefined) {
      known.type = type
      return known
    }
    const group: TalliedGroup = {
      type,
      members: new Set(),
      generation: 0,
      epochs: 0,
      subscriptions: new Map(),
      offsets: new Map()
    }
    this.groups.set(groupId, group)
    return group
  }
}
