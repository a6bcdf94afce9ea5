import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Chance } from '../overhead/chance.ts'
import { LOADS, shortened } from '../overhead/loads.ts'
import { measureOverhead } from '../overhead/measure.ts'
import { report } from '../overhead/report.ts'
import { quantile, spreadOf } from '../overhead/spread.ts'

describe('the spread of paired measurements', () => {
  test('lies around the median, within what was measured, and is the same for the same seed', () => {
    const groups = fc.array(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 4
    })
    fc.assert(
      fc.property(groups, fc.nat(), (values, seed) => {
        const { interval, quartiles, count, ...rest } = spreadOf(values, new Chance(seed))
        const [low, high] = [Math.min(...values.flat()), Math.max(...values.flat())]
        for (const bound of [...interval, ...quartiles]) expect(bound).toBeGreaterThanOrEqual(low)
        for (const bound of [...interval, ...quartiles]) expect(bound).toBeLessThanOrEqual(high)
        expect(interval[0]).toBeLessThanOrEqual(interval[1])
        expect(count).toBe(values.flat().length)
        expect(spreadOf(values, new Chance(seed))).toEqual({ interval, quartiles, count, ...rest })
      }),
      { numRuns: 5 }
    )
  })

  test('finds a difference, and none where there is none', () => {
    const chance = new Chance(1)
    const around = (middle: number): number[] =>
      Array.from({ length: 20 }, () => middle + chance.below(100) / 1000 - 0.05)
    const shifted = spreadOf([around(0.1), around(0.1), around(0.1)], chance)
    expect(shifted.interval[0]).toBeGreaterThan(0.05)
    expect(shifted.interval[1]).toBeLessThan(0.15)
    const [low, high] = spreadOf([around(0), around(0), around(0)], chance).interval
    expect(low <= 0 && high >= 0).toBe(true)
  })

  test('is wide when processes differ, however often each of them was measured', () => {
    const same = (value: number): number[] => Array.from({ length: 50 }, () => value)
    const { interval } = spreadOf([same(-0.05), same(0.05), same(0.05)], new Chance(1))
    expect(interval).toEqual([-0.05, 0.05])
  })

  test('quantiles are nearest ranks', () => {
    expect([0, 0.25, 0.5, 1].map(share => quantile([4, 2, 1, 3], share))).toEqual([1, 1, 2, 4])
  })
})

test('every load runs at tiny size, on both sides, and each has its lines', async () => {
  const loads = LOADS.map(load => shortened(load, 0.002))
  const result = await measureOverhead({
    loads,
    pairs: 1,
    blocks: 1,
    warmUpBlocks: 0,
    seed: 1,
    isControl: false,
    progress() {}
  })
  for (const groups of result.blocks.values()) {
    for (const { on, off } of groups.flat()) {
      for (const { cpuUsPerRequest, wallUsPerRequest } of [on, off]) {
        expect(cpuUsPerRequest).toBeGreaterThan(0)
        expect(wallUsPerRequest).toBeGreaterThan(0)
      }
    }
  }
  const text = report(result, 1)
  for (const { name } of loads) expect(text.split(name)).toHaveLength(3)
  expect(text).toMatch(/one scrape: [\d.]+ ms of processor time/)
}, 60_000)
