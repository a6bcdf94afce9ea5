import { type AssignmentSpec, byId, type MemberAssignment, type PartitionAssignor } from './assignor.ts'
import { poolsOf } from './pools.ts'

interface Seat {
  readonly memberId: string
  readonly instanceId: string | null
  readonly topics: ReadonlySet<string>
  readonly assignment: Map<string, readonly number[]>
}

/**
 * Kafka's `range`: each topic in contiguous ranges, in the order of the members, larger ones first. Topics with equally
 * many partitions and the same subscribers are co-partitioned. Static members come first, by instance id, so that they
 * keep their place when they come back under another member id (KIP-848). What members own does not count.
 */
export const rangeAssignor: PartitionAssignor = { name: 'range', assign }

function assign({ members, partitionCounts }: AssignmentSpec): ReadonlyMap<string, MemberAssignment> {
  const seats: Seat[] = []
  for (const [memberId, { instanceId, subscribedTopicIds: topics }] of members) {
    seats.push({ memberId, instanceId, topics, assignment: new Map() })
  }
  seats.sort(bySeat)
  for (const { topicIds, subscribers } of poolsOf(seats.map(({ topics }) => topics))) {
    for (const topicId of topicIds) {
      for (const [at, range] of rangesOf(partitionCounts.get(topicId) ?? 0, subscribers.length).entries()) {
        seats[subscribers[at] as number]?.assignment.set(topicId, range)
      }
    }
  }
  return new Map(seats.map(({ memberId, assignment }) => [memberId, assignment]))
}

function bySeat(a: Seat, b: Seat): number {
  if (a.instanceId !== null && b.instanceId !== null && a.instanceId !== b.instanceId) {
    return byId(a.instanceId, b.instanceId)
  }
  if ((a.instanceId === null) !== (b.instanceId === null)) return a.instanceId === null ? 1 : -1
  return byId(a.memberId, b.memberId)
}

/** The ranges of those that get one; the rest of the members get none. */
function rangesOf(partitions: number, members: number): number[][] {
  const larger = partitions % members
  let next = 0
  return Array.from({ length: Math.min(partitions, members) }, (_, i) => {
    return Array.from({ length: Math.floor(partitions / members) + (i < larger ? 1 : 0) }, () => next++)
  })
}
