import { columns, median } from '../figures.ts'
import type { Block, Cost, Side } from './blocks.ts'
import { Chance } from './chance.ts'
import type { OverheadResult } from './measure.ts'
import { SCRAPE_MS } from './scraper.ts'
import { type Spread, spreadOf } from './spread.ts'

const MEASURES: readonly { readonly name: string; readonly of: (cost: Cost) => number }[] = [
  { name: 'processor time', of: cost => cost.cpuUsPerRequest },
  { name: 'elapsed time', of: cost => cost.wallUsPerRequest }
]

/** The table for RESULTS.md: what metrics add to the time of a request. */
export function report({ blocks, scrapeCpuMs }: OverheadResult, seed: number): string {
  const chance = new Chance(seed)
  const rows = [['load', 'per request', 'off', 'on', 'metrics add', 'quartiles', '95 % interval', 'blocks']]
  for (const [load, groups] of blocks) {
    for (const { name, of } of MEASURES) {
      const spread = spreadOf(
        groups.map(group => group.map(block => of(block.on) / of(block.off) - 1)),
        chance
      )
      const typical = (side: Side): string => `${typicalOf(groups, side, of).toFixed(1)} µs`
      rows.push([load.name, name, typical('off'), typical('on'), ...cellsOf(spread)])
    }
  }
  const scrapeMs = median(scrapeCpuMs)
  const scrapes = `one scrape: ${scrapeMs.toFixed(1)} ms of processor time, ${percent(scrapeMs / SCRAPE_MS, 3)} of a core at one each 15 s`
  return `${columns(rows, new Set([2, 3, 4, 7]))}\n\n${scrapes}`
}

function typicalOf(groups: readonly (readonly Block[])[], side: Side, of: (cost: Cost) => number): number {
  return median(groups.flat().map(block => of(block[side])))
}

function cellsOf({ median: middle, quartiles, interval, count }: Spread): string[] {
  const range = ([low, high]: readonly [number, number]): string => `${percent(low)} … ${percent(high)}`
  return [percent(middle), range(quartiles), range(interval), String(count)]
}

function percent(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits).replace('-', '−')} %`
}
