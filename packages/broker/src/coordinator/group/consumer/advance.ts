import type { GroupRecord } from '@streambus/protocol/group-records'
import type { PartitionAssignor } from '../assignor/assignor.ts'
import type { RebalanceReason } from '../group-probe.ts'
import { type ConsumerGroup, preferredAssignor } from './consumer-group.ts'
import { type ConsumerMember, withEpochs } from './consumer-member.ts'
import {
  currentRecord,
  epochRecord,
  memberRecord,
  memberTombstones,
  targetEpochRecord,
  targetRecord
} from './consumer-records.ts'
import { reconcile } from './reconcile.ts'
import {
  type GroupTopics,
  metadataHash,
  type Regexes,
  subscribedNames,
  subscriptionsOf,
  topicIdsOf
} from './subscriptions.ts'
import { computeTarget } from './target-assignment.ts'
import { NO_PARTITIONS, type TopicPartitions } from './topic-partitions.ts'

export interface AdvanceOptions {
  readonly topics: GroupTopics
  /** By the name that most members ask for; the default when nobody asks. */
  readonly assignorOf: (name: string) => PartitionAssignor
}

/** One member as the group knows it, and as it says it is now. */
export interface MemberStep {
  /** Of a new member: nothing but its id. */
  readonly before: ConsumerMember
  readonly after: ConsumerMember
  /** The static member whose place it takes, with what that one had. */
  readonly replaced: ConsumerMember | null
  /** What the member says that it owns; null: it does not say. */
  readonly owned: TopicPartitions | null
  /** What the patterns match once this is written, and whether that is something else than before. */
  readonly regexes: Regexes
  readonly isMatchChanged: boolean
  readonly nowMs: number
}

export interface Advanced {
  readonly records: readonly GroupRecord[]
  readonly member: ConsumerMember
  /** Why the group's epoch rises; null: it does not. */
  readonly reason: RebalanceReason | null
}

/** The members with the step's one; put together when the first asks, because most heartbeats do not. */
interface Members {
  readonly members: () => ReadonlyMap<string, ConsumerMember>
}

/**
 * One heartbeat's worth of progress (KIP-848): the group's epoch rises when a subscription or a topic has changed, a
 * higher epoch gets a new target, and the member takes a step towards its part of it. Pure but for the note which
 * version of the topics the group was checked against.
 */
export function advance(options: AdvanceOptions, group: ConsumerGroup, step: MemberStep): Advanced {
  const { before, after, replaced, nowMs } = step
  const { groupId } = group
  const records: GroupRecord[] = []
  if (replaced !== null) records.push(...memberTombstones(groupId, replaced.memberId))
  const isNew = replaced !== null || !group.members.has(after.memberId)
  if (isNew || after !== before) records.push(memberRecord(groupId, after))

  const subscriptionChanged = !isSameSubscription(before, after)
  let all: ReadonlyMap<string, ConsumerMember> | null = null
  const members = (): ReadonlyMap<string, ConsumerMember> => (all ??= membersWith(group, step))
  const { epoch, reason, hash } = groupEpoch(options, group, { ...step, isNew, subscriptionChanged, members })
  if (reason !== null) records.push(epochRecord(groupId, epoch, hash))

  const hasTarget = epoch <= group.assignmentEpoch
  const target = hasTarget
    ? group.targetOf((replaced ?? after).memberId)
    : newTarget(options, group, { ...step, members }, records)
  if (!hasTarget) records.push(targetEpochRecord(groupId, epoch, nowMs))
  else if (replaced !== null) records.push(targetRecord(groupId, after.memberId, target))

  const targetEpoch = hasTarget ? group.assignmentEpoch : epoch
  const member = towards(options, group, { ...step, targetEpoch, target, subscriptionChanged })
  if (member !== after || isNew) records.push(currentRecord(groupId, member))
  return { records, member, reason }
}

/** The members once `after` is one of them. */
export function membersWith(group: ConsumerGroup, { after, replaced }: Pick<MemberStep, 'after' | 'replaced'>) {
  const members = new Map(group.members)
  if (replaced !== null) members.delete(replaced.memberId)
  return members.set(after.memberId, after)
}

function groupEpoch(
  { topics }: AdvanceOptions,
  group: ConsumerGroup,
  step: MemberStep & Members & { readonly isNew: boolean; readonly subscriptionChanged: boolean }
): { epoch: number; reason: RebalanceReason | null; hash: number } {
  const { subscriptionChanged, isMatchChanged, isNew } = step
  // A member that is in no epoch yet cannot be in 0: that is how it says that it joins.
  let isDue = subscriptionChanged || isMatchChanged || group.epoch === 0
  const { topicsVersion } = topics
  if (!isDue && group.checkedVersion === topicsVersion) return { epoch: group.epoch, reason: null, hash: 0 }
  const hash = metadataHash(subscribedNames(step.members().values(), step.regexes), topics)
  const haveTopicsChanged = hash !== group.metadataHash
  isDue ||= haveTopicsChanged
  // Not before it is written: whoever comes next looks again.
  if (!isDue) group.checkedVersion = topicsVersion
  if (!isDue) return { epoch: group.epoch, reason: null, hash }
  const own: RebalanceReason = isNew ? 'member_joined' : 'subscription_changed'
  const reason = isNew || subscriptionChanged ? own : 'topics_changed'
  return { epoch: group.epoch + 1, reason, hash }
}

/** Adds what changes to the records, and returns this member's target. */
function newTarget(
  { topics, assignorOf }: AdvanceOptions,
  group: ConsumerGroup,
  step: MemberStep & Members,
  records: GroupRecord[]
): TopicPartitions {
  const { after, replaced, regexes } = step
  const { groupId } = group
  const members = step.members()
  const { target, changed, removed } = computeTarget({
    assignor: assignorOf(preferredAssignor(members.values())),
    members: subscriptionsOf(members, regexes, topics),
    target: group.targets,
    replaced: new Map(replaced === null ? [] : [[after.memberId, replaced.memberId]]),
    partitionCounts: { get: topicId => topics.topicById(topicId)?.partitions.length }
  })
  for (const [memberId, partitions] of changed) records.push(targetRecord(groupId, memberId, partitions))
  for (const memberId of removed) {
    if (memberId !== replaced?.memberId) records.push({ kind: 'target-member', groupId, memberId, value: null })
  }
  return target.get(after.memberId) ?? NO_PARTITIONS
}

function towards(
  { topics }: AdvanceOptions,
  group: ConsumerGroup,
  of: MemberStep & { targetEpoch: number; target: TopicPartitions; subscriptionChanged: boolean }
): ConsumerMember {
  const { after, targetEpoch, target, owned, subscriptionChanged, regexes } = of
  const isThere = after.state === 'stable' && after.memberEpoch === targetEpoch
  if (isThere && !subscriptionChanged) return after
  const member = reconcile(after, {
    targetEpoch,
    target,
    subscribedTopicIds: topicIdsOf(after, regexes, topics),
    subscriptionChanged,
    owned,
    ownerEpoch: (topicId, partition) => group.ownerEpoch(topicId, partition)
  })
  return member === after ? after : withEpochs(member, after)
}

function isSameSubscription(a: ConsumerMember, b: ConsumerMember): boolean {
  if (a.subscribedRegex !== b.subscribedRegex) return false
  const names = new Set(a.subscribedTopics)
  const others = new Set(b.subscribedTopics)
  return names.size === others.size && b.subscribedTopics.every(name => names.has(name))
}
