import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Counter, Histogram, SUMMARY_WINDOW, Summary } from '../src/cells.ts'

const values = fc.array(fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.constantFrom(0, 0.001, 0.005, 1, 5)))
const bounds = fc
  .uniqueArray(fc.double({ min: 1e-6, max: 8, noNaN: true }), { maxLength: 12 })
  .map(list => list.toSorted((a, b) => a - b))

describe('cells beside naive oracles', () => {
  it('a counter is the sum of what was added', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), counts => {
        const counter = new Counter()
        for (const count of counts) counter.add(count)
        expect(counter.value).toBe(counts.reduce((sum, count) => sum + count, 0))
      })
    )
  })

  it('a histogram counts each value in the first bucket whose bound is not below it', () => {
    fc.assert(
      fc.property(bounds, values, (limits, observed) => {
        const histogram = new Histogram(limits)
        for (const value of observed) histogram.observe(value)
        const expected = [...limits, Number.POSITIVE_INFINITY].map(
          (limit, index) => observed.filter(value => value <= limit && value > (limits[index - 1] ?? -1)).length
        )
        expect(histogram.counts).toEqual(expected)
        expect(histogram.count).toBe(observed.length)
        expect(histogram.sum).toBe(observed.reduce((sum, value) => sum + value, 0))
      })
    )
  })

  it('a bound belongs to its own bucket', () => {
    const histogram = new Histogram([0.001, 0.005])
    histogram.observe(5 / 1000)
    expect(histogram.counts).toEqual([0, 1, 0])
  })

  it('a NaN is dropped and does not poison the sum', () => {
    const histogram = new Histogram([1])
    const summary = new Summary()
    for (const cell of [histogram, summary]) {
      cell.observe(Number.NaN)
      cell.observe(2)
      expect(cell.sum).toBe(2)
      expect(cell.count).toBe(1)
    }
  })

  it('a summary gives nearest-rank quantiles of the values it looks at, and totals of all', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1000 })), observed => {
        const summary = new Summary()
        for (const value of observed) summary.observe(value)
        const sorted = observed.toSorted((a, b) => a - b)
        const [low, middle, high] = summary.quantiles([0, 0.5, 1])
        expect(low).toBe(sorted[0] ?? 0)
        expect(middle).toBe(sorted[Math.ceil(sorted.length / 2) - 1] ?? 0)
        expect(high).toBe(sorted.at(-1) ?? 0)
        expect(summary.count).toBe(observed.length)
        expect(summary.sum).toBe(observed.reduce((sum, value) => sum + value, 0))
      })
    )
  })

  it('a summary looks at the latest values only', () => {
    const summary = new Summary()
    for (let value = 1; value <= 3 * SUMMARY_WINDOW; value++) summary.observe(value)
    expect(summary.quantiles([0, 1])).toEqual([2 * SUMMARY_WINDOW + 1, 3 * SUMMARY_WINDOW])
    expect(summary.count).toBe(3 * SUMMARY_WINDOW)
  })
})
