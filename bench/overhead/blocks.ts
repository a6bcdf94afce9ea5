import type { BrokerProcess } from '../broker-process.ts'
import type { Chance } from './chance.ts'
import { cpuSeconds } from './cpu-time.ts'
import { type LoadShape, prepareRound } from './loads.ts'

/** Of one broker in one round. */
export interface Cost {
  readonly cpuUsPerRequest: number
  readonly wallUsPerRequest: number
}

export const SIDES = ['on', 'off'] as const
export type Side = (typeof SIDES)[number]
export type Brokers = Readonly<Record<Side, BrokerProcess>>

/** Four rounds, two of each side. */
export type Block = Readonly<Record<Side, Cost>>

/**
 * on off off on, or the other way round: what drifts evenly during the four, a neighbour's load or the temperature,
 * falls on both sides alike; and neither of them is always the first.
 */
export async function runBlock(brokers: Brokers, load: LoadShape, chance: Chance): Promise<Block> {
  const [first, second]: readonly Side[] = chance.below(2) === 0 ? SIDES : SIDES.toReversed()
  const costs: Record<Side, Cost[]> = { on: [], off: [] }
  for (const side of [first, second, second, first] as Side[]) costs[side].push(await runRound(brokers[side], load))
  return { on: meanOf(costs.on), off: meanOf(costs.off) }
}

async function runRound({ address, pid }: BrokerProcess, load: LoadShape): Promise<Cost> {
  const round = await prepareRound(address, load)
  const before = cpuSeconds(pid)
  const { requests, seconds } = await round.run()
  const cpu = cpuSeconds(pid) - before
  await round.end()
  return { cpuUsPerRequest: (cpu / requests) * 1e6, wallUsPerRequest: (seconds / requests) * 1e6 }
}

function meanOf(costs: readonly Cost[]): Cost {
  const mean = (of: (cost: Cost) => number): number => costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length
  return { cpuUsPerRequest: mean(cost => cost.cpuUsPerRequest), wallUsPerRequest: mean(cost => cost.wallUsPerRequest) }
}
