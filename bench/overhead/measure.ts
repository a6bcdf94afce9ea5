import { BrokerProcess } from '../broker-process.ts'
import { type Block, type Brokers, runBlock } from './blocks.ts'
import { Chance } from './chance.ts'
import { cpuSeconds } from './cpu-time.ts'
import type { LoadShape } from './loads.ts'
import { Scraper, scrape } from './scraper.ts'

const SCRAPES = 20

export interface OverheadOptions {
  readonly loads: readonly LoadShape[]
  /** Pairs of broker processes, one after the other. */
  readonly pairs: number
  /** Of each load, for each pair. */
  readonly blocks: number
  /** Thrown away for each load and pair: V8 compiles during them. */
  readonly warmUpBlocks: number
  readonly seed: number
  /** Metrics on for both sides: what is found then is the error of the method. */
  readonly isControl: boolean
  readonly progress: (line: string) => void
}

export interface OverheadResult {
  /** By load, then by pair of processes. */
  readonly blocks: ReadonlyMap<LoadShape, readonly (readonly Block[])[]>
  /** Processor time of one scrape, in ms, of each pair's broker with metrics. */
  readonly scrapeCpuMs: readonly number[]
}

/** Metrics on beside metrics off, block by block in turn, with a scrape each 15 s of the side that has them. */
export async function measureOverhead(options: OverheadOptions): Promise<OverheadResult> {
  const { loads, pairs, progress } = options
  const chance = new Chance(options.seed)
  const blocks = new Map(loads.map(load => [load, [] as Block[][]]))
  const scrapeCpuMs: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    progress(`pair ${pair + 1} of ${pairs}`)
    const brokers = await startPair(options.isControl)
    const scrapers = (options.isControl ? [brokers.on, brokers.off] : [brokers.on]).map(
      broker => new Scraper(broker.adminAddress)
    )
    try {
      for (const [load, found] of await runPair(brokers, options, chance)) blocks.get(load)?.push(found)
      scrapeCpuMs.push(await scrapeCost(brokers.on))
      for (const scraper of scrapers) await scraper.stop()
    } finally {
      await Promise.all([brokers.on.stop(), brokers.off.stop()])
    }
  }
  return { blocks, scrapeCpuMs }
}

/** Loads in turn within each repeat, so that none of them has a part of the run for itself. */
async function runPair(
  brokers: Brokers,
  { loads, blocks, warmUpBlocks }: OverheadOptions,
  chance: Chance
): Promise<Map<LoadShape, Block[]>> {
  const found = new Map(loads.map(load => [load, [] as Block[]]))
  for (let i = 0; i < warmUpBlocks + blocks; i++) {
    for (const load of loads) {
      const block = await runBlock(brokers, load, chance)
      if (i >= warmUpBlocks) found.get(load)?.push(block)
    }
  }
  return found
}

async function startPair(isControl: boolean): Promise<Brokers> {
  const on = await BrokerProcess.start()
  try {
    const environment = { STREAMBUS_METRICS_ENABLED: String(isControl) }
    return { on, off: await BrokerProcess.start({ environment }) }
  } catch (error) {
    await on.stop()
    throw error
  }
}

async function scrapeCost({ pid, adminAddress }: BrokerProcess): Promise<number> {
  await scrape(adminAddress)
  const before = cpuSeconds(pid)
  for (let i = 0; i < SCRAPES; i++) await scrape(adminAddress)
  return ((cpuSeconds(pid) - before) / SCRAPES) * 1000
}
