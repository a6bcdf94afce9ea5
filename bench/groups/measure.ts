import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic } from '../topics.ts'
import type { Address } from '../wire-socket.ts'
import { BenchMember } from './member.ts'

export interface GroupSizes {
  readonly groups: number
  readonly members: number
  readonly heartbeatRounds: number
  readonly commitsPerMember: number
  /** Of the group whose rebalance is timed. */
  readonly largeGroup: number
}

export const FULL: GroupSizes = {
  groups: 1_000,
  members: 5,
  heartbeatRounds: 10,
  commitsPerMember: 10,
  largeGroup: 500
}
export const TINY: GroupSizes = { groups: 3, members: 2, heartbeatRounds: 2, commitsPerMember: 2, largeGroup: 4 }

export interface GroupFigures {
  readonly joinMs: number
  readonly memoryKibPerGroup: number
  readonly heartbeatP50Ms: number
  readonly heartbeatP99Ms: number
  readonly commitsPerSecond: number
  readonly rebalanceMs: number
}

type Beating = Pick<BenchMember, 'heartbeat'>
type Committing = Pick<BenchMember, 'commit'>

/** Fifty members at a time: more than clients do at once, and no flood of connections. */
export const AT_ONCE = 50
const POLL_MS = 10

/**
 * Groups as consumers make them: joined, synced, heartbeating, committing. `rssMib` tells the broker's memory. Throws
 * when any answer is not what it should be.
 */
export async function measureGroups(address: Address, sizes: GroupSizes, rssMib: () => number): Promise<GroupFigures> {
  await createTopic(address, 'bench', 1)
  await (await BenchMember.connect(address, 'first')).close()
  const before = rssMib()
  const startedMs = performance.now()
  const fleet: BenchMember[] = []
  await inBatches(sizes.groups, AT_ONCE / sizes.members, async i => {
    fleet.push(...(await stableGroup(address, `group-${i}`, sizes.members)))
  })
  const joinMs = performance.now() - startedMs
  const memoryKibPerGroup = ((rssMib() - before) * 1024) / sizes.groups
  const beats = await heartbeats(fleet, sizes.heartbeatRounds)
  const commitsPerSecond = await commits(fleet, sizes.commitsPerMember)
  await Promise.all(fleet.map(member => member.close()))
  const rebalanceMs = await rebalance(address, sizes.largeGroup)
  const heartbeatP50Ms = quantile(beats, 0.5)
  return {
    joinMs,
    memoryKibPerGroup,
    heartbeatP50Ms,
    heartbeatP99Ms: quantile(beats, 0.99),
    commitsPerSecond,
    rebalanceMs
  }
}

async function stableGroup(address: Address, groupId: string, count: number): Promise<BenchMember[]> {
  const members = await Promise.all(Array.from({ length: count }, () => BenchMember.connect(address, groupId)))
  let largest = 0
  await Promise.all(
    members.map(async member => {
      // Who was early joins again when others come, as its heartbeats tell it to.
      while (largest < count || !(await member.heartbeat())) {
        const joined = await member.join()
        largest = Math.max(largest, joined.members.length)
        if (!(await member.sync(joined))) continue
        while (largest < count && (await member.heartbeat())) await sleep(POLL_MS)
      }
    })
  )
  return members
}

/** All members in each round, one after the other as their clocks would have it, fifty under way. */
export async function heartbeats(fleet: readonly Beating[], rounds: number): Promise<number[]> {
  const samples: number[] = []
  for (let round = 0; round < rounds; round++) {
    await inBatches(fleet.length, AT_ONCE, async i => {
      const startedMs = performance.now()
      if (!(await (fleet[i] as Beating).heartbeat())) throw new Error('a stable group rebalances')
      samples.push(performance.now() - startedMs)
    })
  }
  return samples
}

export async function commits(fleet: readonly Committing[], each: number): Promise<number> {
  const startedMs = performance.now()
  await Promise.all(
    fleet.map(async member => {
      for (let offset = 0; offset < each; offset++) await member.commit(offset)
    })
  )
  return (fleet.length * each * 1000) / (performance.now() - startedMs)
}

/**
 * From the leader's join until every member of a stable group has its new assignment, when all learn of it at once: how
 * long that takes otherwise is up to their heartbeats.
 */
async function rebalance(address: Address, count: number): Promise<number> {
  const members = await stableGroup(address, 'large', count)
  const startedMs = performance.now()
  const leader = (members.find(({ isLeader }) => isLeader) ?? members[0]) as BenchMember
  const others = members.filter(member => member !== leader)
  const leads = leader.join()
  while (await (others[0] as BenchMember).heartbeat()) await sleep(0)
  const joins = await Promise.all([leads, ...others.map(member => member.join())])
  const synced = await Promise.all(
    [leader, ...others].map((member, i) => member.sync(joins[i] as (typeof joins)[number]))
  )
  if (synced.includes(false)) throw new Error('another rebalance came in between')
  const tookMs = performance.now() - startedMs
  await Promise.all(members.map(member => member.close()))
  return tookMs
}

/** `run` for 0 … count − 1, `width` at a time. */
export async function inBatches(count: number, width: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.floor(width)) }, lane))
}

export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
