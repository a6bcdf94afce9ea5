import type { ConsumerMember, MemberState } from './consumer-member.ts'
import { isSame, NO_PARTITIONS, type TopicPartitions } from './topic-partitions.ts'

/** How far a member has come. */
export type MemberProgress = Pick<
  ConsumerMember,
  'memberEpoch' | 'previousEpoch' | 'state' | 'assigned' | 'pendingRevocation'
>

export interface Goal {
  /** The assignment epoch of the group, and what this member shall have in it. */
  readonly targetEpoch: number
  readonly target: TopicPartitions
  /** Partitions of other topics are taken away at once, also while the target still has them. */
  readonly subscribedTopicIds: ReadonlySet<string>
  /** It asks for other topics than before, and the target may not be up to that yet. */
  readonly subscriptionChanged: boolean
  /**
   * What the member says that it owns; null: it does not say. Requests of one member must come in the order in which it
   * sent them: an old one that says that nothing is owned would free what the member has got since.
   */
  readonly owned: TopicPartitions | null
  /** The epoch of whoever holds the partition, or must still give it up; −1: it is free. */
  readonly ownerEpoch: (topicId: string, partition: number) => number
}

/**
 * The member one step nearer to its target, or the same object if it cannot move (KIP-848). Two rules keep a partition
 * from having two owners: a member stays in its epoch until it no longer reports what it was told to give up, and it
 * gets a partition only once nobody holds it. To be called with every heartbeat and after every new target. Pure.
 */
export function reconcile<M extends MemberProgress>(member: M, goal: Goal): M {
  switch (member.state) {
    case 'stable':
      if (member.memberEpoch !== goal.targetEpoch) return towardsTarget(member, goal)
      return goal.subscriptionChanged ? withoutUnwanted(member, goal) : member
    case 'unrevoked':
      if (!mayOwn(goal.owned, member.pendingRevocation)) return towardsTarget(member, goal, nextEpoch(member, goal))
      return goal.subscriptionChanged ? withoutUnwanted(member, goal) : member
    case 'unreleased':
      return towardsTarget(member, goal)
  }
}

interface Parts {
  readonly kept: number[]
  readonly revoked: number[]
  readonly granted: number[]
  /** Some are still with others. */
  readonly isHeld: boolean
}

/**
 * Of a member that has given up what it was told to: commits that it has sent before must not count for partitions that
 * others may have now. When it was its own wish, and the target is not up to that, there is no next one yet.
 */
function nextEpoch({ memberEpoch }: MemberProgress, { targetEpoch }: Goal): number {
  return Math.min(memberEpoch + 1, targetEpoch)
}

/** `memberEpoch`: the one in which it is if it has to give up something before it can be in the target's. */
function towardsTarget<M extends MemberProgress>(member: M, goal: Goal, memberEpoch = member.memberEpoch): M {
  const kept = new Map<string, readonly number[]>()
  const revoked = new Map<string, readonly number[]>()
  const assigned = new Map<string, readonly number[]>()
  let state: MemberState = 'stable'
  for (const topicId of new Set([...goal.target.keys(), ...member.assigned.keys()])) {
    const parts = partsOf(topicId, member, goal)
    if (parts.isHeld) state = 'unreleased'
    if (parts.kept.length > 0) kept.set(topicId, parts.kept)
    if (parts.revoked.length > 0) revoked.set(topicId, parts.revoked)
    const all = [...parts.kept, ...parts.granted].sort((a, b) => a - b)
    if (all.length > 0) assigned.set(topicId, all)
  }
  if (revoked.size > 0 && mayOwn(goal.owned, revoked)) {
    return moved(member, { state: 'unrevoked', memberEpoch, assigned: kept, pendingRevocation: revoked })
  }
  return moved(member, { state, memberEpoch: goal.targetEpoch, assigned, pendingRevocation: NO_PARTITIONS })
}

function partsOf(topicId: string, member: MemberProgress, { target, subscribedTopicIds, ownerEpoch }: Goal): Parts {
  const wanted = new Set(subscribedTopicIds.has(topicId) ? target.get(topicId) : [])
  const had = member.assigned.get(topicId) ?? []
  const known = new Set(had)
  const missing = [...wanted].filter(partition => !known.has(partition))
  // What it has just given up and gets back is still in its own name.
  const givenUp = new Set(member.pendingRevocation.get(topicId))
  const isFree = (partition: number) => givenUp.has(partition) || ownerEpoch(topicId, partition) === -1
  const granted = missing.filter(isFree)
  return {
    kept: had.filter(partition => wanted.has(partition)),
    revoked: had.filter(partition => !wanted.has(partition)),
    granted,
    isHeld: granted.length < missing.length
  }
}

/** Takes away the topics that it no longer wants, in the epoch in which it is. */
function withoutUnwanted<M extends MemberProgress>(member: M, goal: Goal): M {
  const assigned = new Map(member.assigned)
  const revoked = new Map(member.pendingRevocation)
  for (const [topicId, partitions] of member.assigned) {
    if (goal.subscribedTopicIds.has(topicId)) continue
    assigned.delete(topicId)
    revoked.set(
      topicId,
      [...(revoked.get(topicId) ?? []), ...partitions].sort((a, b) => a - b)
    )
  }
  if (assigned.size === member.assigned.size) return member
  const { memberEpoch } = member
  if (mayOwn(goal.owned, revoked)) {
    return moved(member, { state: 'unrevoked', memberEpoch, assigned, pendingRevocation: revoked })
  }
  return moved(member, { state: member.state, memberEpoch, assigned, pendingRevocation: member.pendingRevocation })
}

/** Also if it does not say. */
function mayOwn(owned: TopicPartitions | null, partitions: TopicPartitions): boolean {
  if (owned === null) return true
  for (const [topicId, numbers] of owned) {
    const among = new Set(partitions.get(topicId))
    if (numbers.some(number => among.has(number))) return true
  }
  return false
}

/** Every step ends what was valid before: a member that is told something new in its epoch knows that epoch. */
function moved<M extends MemberProgress>(member: M, to: Omit<MemberProgress, 'previousEpoch'>): M {
  const isThere =
    member.state === to.state &&
    member.memberEpoch === to.memberEpoch &&
    isSame(member.assigned, to.assigned) &&
    isSame(member.pendingRevocation, to.pendingRevocation)
  return isThere ? member : { ...member, ...to, previousEpoch: member.memberEpoch }
}
