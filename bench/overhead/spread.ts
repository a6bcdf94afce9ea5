import { median } from '../figures.ts'
import type { Chance } from './chance.ts'

const RESAMPLES = 4_000

/** What a number of paired measurements say together. Shares: 0.01 is 1 %. */
export interface Spread {
  readonly median: number
  readonly quartiles: readonly [number, number]
  /** Of the median: 95 of 100 runs like this one would find it in here. */
  readonly interval: readonly [number, number]
  readonly count: number
}

/**
 * `groups`: the values of each pair of processes. Two processes of one program differ by where their memory lies and
 * what V8 compiled when, for as long as they live; so whole groups are drawn first and values in them second.
 */
export function spreadOf(groups: readonly (readonly number[])[], chance: Chance): Spread {
  const values = groups.flat()
  const medians: number[] = []
  for (let i = 0; i < RESAMPLES; i++) {
    const drawn = groups.flatMap(() => {
      const group = chance.pick(groups)
      return group.map(() => chance.pick(group))
    })
    medians.push(median(drawn))
  }
  return {
    median: median(values),
    quartiles: [quantile(values, 0.25), quantile(values, 0.75)],
    interval: [quantile(medians, 0.025), quantile(medians, 0.975)],
    count: values.length
  }
}

/** Nearest rank, 0 … 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
