import { byId } from './assignor.ts'

/** Topics that the same members subscribe to: for sharing their partitions they are one. */
export interface Pool {
  /** In the order of the ids. */
  readonly topicIds: readonly string[]
  /** Numbers of members, ascending; at least one. */
  readonly subscribers: readonly number[]
}

interface Split {
  /** Number of the split before; 0: none. */
  readonly before: number
  readonly members: readonly number[]
}

/**
 * The pools of a group whose members, in some order of their own, have these subscriptions. Costs as many steps as the
 * different sets have topics: a set that thousands of members share costs once. Pools are in the order of their topics.
 */
export function poolsOf(subscriptions: readonly ReadonlySet<string>[]): Pool[] {
  const membersOf = new Map<ReadonlySet<string>, number[]>()
  for (const [member, subscription] of subscriptions.entries()) {
    const members = membersOf.get(subscription)
    if (members === undefined) membersOf.set(subscription, [member])
    else members.push(member)
  }
  const splits: Split[] = [{ before: 0, members: [] }]
  const splitOf = new Map<string, number>()
  for (const [subscription, members] of membersOf) {
    // Topics that were together so far stay together if this subscription has both.
    const afterwards = new Map<number, number>()
    for (const topicId of subscription) {
      const before = splitOf.get(topicId) ?? 0
      const after = afterwards.get(before) ?? splits.push({ before, members }) - 1
      afterwards.set(before, after)
      splitOf.set(topicId, after)
    }
  }
  const pools = new Map<number, string[]>()
  for (const topicId of [...splitOf.keys()].sort(byId)) {
    const split = splitOf.get(topicId) as number
    const topicIds = pools.get(split)
    if (topicIds === undefined) pools.set(split, [topicId])
    else topicIds.push(topicId)
  }
  return [...pools].map(([split, topicIds]) => ({ topicIds, subscribers: subscribersOf(splits, split) }))
}

function subscribersOf(splits: readonly Split[], last: number): number[] {
  const subscribers: number[] = []
  for (let at = last; at !== 0; at = (splits[at] as Split).before) {
    for (const member of (splits[at] as Split).members) subscribers.push(member)
  }
  return subscribers.sort((a, b) => a - b)
}
