import { type AssignmentSpec, byId, type MemberAssignment, type MemberSpec } from './assignor.ts'
import { poolsOf } from './pools.ts'

/** Of a partition without an owner. */
export const NOBODY = -1

/** A stretch of slots. */
interface Slots {
  readonly first: number
  /** The first that is not in it. */
  readonly end: number
}

export interface SlotPool extends Slots {
  /** Numbers of the members that may have these slots, ascending. */
  readonly subscribers: readonly number[]
}

interface SlotTopic extends Slots {
  readonly topicId: string
}

/**
 * An assignment in the making. Members are numbers in the order of their ids, partitions are numbered through pool by
 * pool and topic by topic ("slots"): the result does not depend on the order of the maps, and needs little memory.
 */
export class Ledger {
  readonly memberIds: readonly string[]
  readonly pools: readonly SlotPool[]
  readonly topics: readonly SlotTopic[]
  readonly slots: number
  /** Number of slots by member. */
  readonly loads: Int32Array
  readonly #owners: Int32Array

  /** Holds what the members own and still subscribe to; of two owners of one partition the first by id has it. */
  constructor({ members, partitionCounts }: AssignmentSpec) {
    this.memberIds = [...members.keys()].sort(byId)
    const specs = this.memberIds.map(id => members.get(id) as MemberSpec)
    const pools: SlotPool[] = []
    const topics: SlotTopic[] = []
    let end = 0
    for (const { topicIds, subscribers } of poolsOf(specs.map(({ subscribedTopicIds }) => subscribedTopicIds))) {
      const first = end
      for (const topicId of topicIds) {
        topics.push({ topicId, first: end, end: end + (partitionCounts.get(topicId) ?? 0) })
        end += partitionCounts.get(topicId) ?? 0
      }
      pools.push({ first, end, subscribers })
    }
    this.pools = pools
    this.topics = topics
    this.slots = end
    this.#owners = new Int32Array(end).fill(NOBODY)
    this.loads = new Int32Array(specs.length)
    this.#keepOwned(specs)
  }

  load(member: number): number {
    return this.loads[member] as number
  }

  /** The member that has the slot, or NOBODY. */
  owner(slot: number): number {
    return this.#owners[slot] as number
  }

  /** Hands a slot to `member`, or to NOBODY. */
  give(slot: number, member: number): void {
    const before = this.owner(slot)
    if (before !== NOBODY) this.loads[before] = this.load(before) - 1
    if (member !== NOBODY) this.loads[member] = this.load(member) + 1
    this.#owners[slot] = member
  }

  toAssignments(): ReadonlyMap<string, MemberAssignment> {
    const assignments = this.memberIds.map(() => new Map<string, number[]>())
    for (const { topicId, first, end } of this.topics) {
      for (let slot = first; slot < end; slot++) {
        const assignment = assignments[this.owner(slot)]
        const partitions = assignment?.get(topicId)
        if (partitions === undefined) assignment?.set(topicId, [slot - first])
        else partitions.push(slot - first)
      }
    }
    return new Map(this.memberIds.map((id, member) => [id, assignments[member] as MemberAssignment]))
  }

  #keepOwned(specs: readonly MemberSpec[]): void {
    const topics = new Map(this.topics.map(topic => [topic.topicId, topic]))
    for (const [member, { owned, subscribedTopicIds }] of specs.entries()) {
      for (const [topicId, partitions] of owned) {
        const topic = topics.get(topicId)
        if (topic === undefined || !subscribedTopicIds.has(topicId)) continue
        for (const partition of partitions) {
          const slot = topic.first + partition
          if (slot < topic.end && this.owner(slot) === NOBODY) this.give(slot, member)
        }
      }
    }
  }
}
