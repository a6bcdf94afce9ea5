import type {
  MemberAssignment,
  MemberSpec,
  MemberSubscription,
  PartitionAssignor,
  PartitionCounts
} from '../assignor/assignor.ts'
import { isSame, NO_PARTITIONS, type TopicPartitions } from './topic-partitions.ts'

export interface TargetInput {
  readonly assignor: PartitionAssignor
  /** All members that the group will have, by id. */
  readonly members: ReadonlyMap<string, MemberSubscription>
  /** The target at present, by member id; members without one, and targets of members that are gone, are in order. */
  readonly target: ReadonlyMap<string, TopicPartitions>
  /** Id of a static member that has come back → the id under which it left: it gets that target, if it has none yet. */
  readonly replaced: ReadonlyMap<string, string>
  readonly partitionCounts: PartitionCounts
}

export interface TargetOutput {
  /** Of every member. What did not change is the same object as before. */
  readonly target: ReadonlyMap<string, TopicPartitions>
  /** The part of `target` to write: members whose target is another one than before, or the first one they have. */
  readonly changed: ReadonlyMap<string, TopicPartitions>
  /** Members that had a target and are gone. */
  readonly removed: readonly string[]
}

/** Who shall have what, from who wants what and who should have had what (KIP-848). Pure. */
export function computeTarget(input: TargetInput): TargetOutput {
  const { assignor, members, target, partitionCounts } = input
  const specs = new Map<string, MemberSpec>()
  for (const [memberId, { instanceId, rackId, subscribedTopicIds }] of members) {
    specs.set(memberId, { instanceId, rackId, subscribedTopicIds, owned: ownedBy(memberId, input) })
  }
  const assignments = assignor.assign({ members: specs, partitionCounts })
  const next = new Map<string, TopicPartitions>()
  const changed = new Map<string, TopicPartitions>()
  for (const memberId of members.keys()) {
    const assignment: MemberAssignment = assignments.get(memberId) ?? NO_PARTITIONS
    const before = target.get(memberId)
    if (before !== undefined && isSame(before, assignment)) {
      next.set(memberId, before)
      continue
    }
    next.set(memberId, assignment)
    changed.set(memberId, assignment)
  }
  return { target: next, changed, removed: [...target.keys()].filter(memberId => !members.has(memberId)) }
}

function ownedBy(memberId: string, { members, target, replaced }: TargetInput): TopicPartitions {
  const own = target.get(memberId)
  if (own !== undefined) return own
  const before = replaced.get(memberId)
  // Still a member: then it keeps what it has itself.
  if (before === undefined || members.has(before)) return NO_PARTITIONS
  return target.get(before) ?? NO_PARTITIONS
}
