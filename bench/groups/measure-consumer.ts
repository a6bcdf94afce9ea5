import { createTopic } from '../topics.ts'
import type { Address } from '../wire-socket.ts'
import { ConsumerBenchMember } from './consumer-member.ts'
import { AT_ONCE, commits, type GroupFigures, type GroupSizes, heartbeats, inBatches, quantile } from './measure.ts'

/** One partition for each member of an ordinary group, and for each of the large one. */
const TOPIC = 'bench'
const LARGE_TOPIC = 'bench-large'

/** The same as `measureGroups`, for groups of the consumer protocol. */
export async function measureConsumerGroups(
  address: Address,
  sizes: GroupSizes,
  rssMib: () => number
): Promise<GroupFigures> {
  await createTopic(address, TOPIC, sizes.members)
  await createTopic(address, LARGE_TOPIC, sizes.largeGroup)
  await (await ConsumerBenchMember.connect(address, 'first', 'first')).close()
  const before = rssMib()
  const startedMs = performance.now()
  const fleet: ConsumerBenchMember[] = []
  const ordinary = { topic: TOPIC, count: sizes.members, partitionCount: sizes.members }
  await inBatches(sizes.groups, AT_ONCE / sizes.members, async i => {
    fleet.push(...(await stableGroup(address, `group-${i}`, ordinary)))
  })
  const joinMs = performance.now() - startedMs
  const memoryKibPerGroup = ((rssMib() - before) * 1024) / sizes.groups
  const beats = await heartbeats(fleet, sizes.heartbeatRounds)
  const commitsPerSecond = await commits(fleet, sizes.commitsPerMember)
  await Promise.all(fleet.map(member => member.close()))
  return {
    joinMs,
    memoryKibPerGroup,
    heartbeatP50Ms: quantile(beats, 0.5),
    heartbeatP99Ms: quantile(beats, 0.99),
    commitsPerSecond,
    rebalanceMs: await rebalance(address, sizes.largeGroup)
  }
}

async function stableGroup(
  address: Address,
  groupId: string,
  of: { readonly topic: string; readonly count: number; readonly partitionCount: number }
): Promise<ConsumerBenchMember[]> {
  const names = Array.from({ length: of.count }, (_, i) => `${groupId}-member-${i}`)
  const members = await Promise.all(names.map(name => ConsumerBenchMember.connect(address, groupId, name)))
  await Promise.all(members.map(member => member.join(of.topic)))
  await settle(members, of)
  return members
}

/** Rounds of heartbeats until all members are in one epoch and all partitions have an owner. */
async function settle(members: readonly ConsumerBenchMember[], of: { readonly partitionCount: number }): Promise<void> {
  for (;;) {
    const quiet = await Promise.all(members.map(member => member.heartbeat()))
    const owned = members.reduce((sum, { partitionCount }) => sum + partitionCount, 0)
    const epochs = new Set(members.map(({ epoch }) => epoch))
    if (!quiet.includes(false) && epochs.size === 1 && owned === of.partitionCount) return
  }
}

/**
 * From the first word of a member that is new in a stable group until everybody has his new assignment, when all send
 * their heartbeats at once: how long that takes otherwise is up to the interval.
 */
async function rebalance(address: Address, count: number): Promise<number> {
  const members = await stableGroup(address, 'large', { topic: LARGE_TOPIC, count: count - 1, partitionCount: count })
  const newcomer = await ConsumerBenchMember.connect(address, 'large', 'newcomer')
  const startedMs = performance.now()
  await newcomer.join(LARGE_TOPIC)
  await settle([...members, newcomer], { partitionCount: count })
  const tookMs = performance.now() - startedMs
  await Promise.all([newcomer, ...members].map(member => member.close()))
  return tookMs
}
