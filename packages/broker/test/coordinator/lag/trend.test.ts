import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LagSample, LagSamples, trendOf } from '../../../src/coordinator/lag/trend.ts'

function line(perSecond: number, count: number, startMs = 1_700_000_000_000): LagSample[] {
  return Array.from({ length: count }, (_, i) => ({ timeMs: startMs + i * 15_000, lag: 10_000 + perSecond * 15 * i }))
}

test('the slope of a line is found exactly, also with times as large as they are', () => {
  for (const perSecond of [-100, -0.5, 0.5, 7, 1000]) {
    const trend = trendOf(line(perSecond, 20))
    expect(trend?.recordsPerSecond).toBeCloseTo(perSecond, 9)
    expect(trend?.direction).toBe(perSecond > 0 ? 'growing' : 'shrinking')
  }
  expect(trendOf(line(0, 20))).toEqual({ recordsPerSecond: 0, direction: 'steady' })
})

test('no other line is nearer to the samples', () => {
  const sample = fc.record({ timeMs: fc.nat(10_000), lag: fc.nat(1000) })
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 12 }), samples => {
      const trend = trendOf(samples)
      if (new Set(samples.map(({ timeMs }) => timeMs)).size < 2) {
        expect(trend).toBeNull()
        return
      }
      const slope = trend?.recordsPerSecond as number
      const meanMs = samples.reduce((sum, { timeMs }) => sum + timeMs, 0) / samples.length
      const meanLag = samples.reduce((sum, { lag }) => sum + lag, 0) / samples.length
      const miss = (perSecond: number, lift: number) =>
        samples.reduce((sum, { timeMs, lag }) => {
          return sum + (lag - meanLag - lift - ((timeMs - meanMs) / 1000) * perSecond) ** 2
        }, 0)
      const best = miss(slope, 0)
      for (const other of [slope - 1, slope - 0.01, slope + 0.01, slope + 1]) {
        for (const lift of [-1, 0, 1]) expect(miss(other, lift)).toBeGreaterThanOrEqual(best - 1e-6)
      }
    })
  )
})

test('a group that commits in large steps is steady, one that loses a little each time is not', () => {
  const saw = Array.from({ length: 20 }, (_, i) => ({ timeMs: i * 15_000, lag: (i % 4) * 1000 }))
  expect(trendOf(saw)?.direction).toBe('steady')
  const losing = saw.map(({ timeMs, lag }, i) => ({ timeMs, lag: lag + i * 500 }))
  expect(trendOf(losing)?.direction).toBe('growing')
})

test('the scatter is that of a line through few points: with the first two samples alike it may be chance', () => {
  const of = (...lags: number[]) => trendOf(lags.map((lag, i) => ({ timeMs: i * 1000, lag })))?.direction
  expect(of(0, 0, 100)).toBe('steady')
  expect(of(0, 10, 100)).toBe('growing')
})

test('two samples are on a line, however large the numbers are', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), fc.integer({ min: 1, max: 1e6 }), (lag, ms) => {
      const startMs = 1_700_000_000_123
      const samples = [
        { timeMs: startMs, lag: 0.1 },
        { timeMs: startMs + ms, lag: lag + 1.1 }
      ]
      expect(trendOf(samples)?.direction).toBe('growing')
    })
  )
})

test('less than one record over the window is no trend; two moments are enough for one', () => {
  expect(trendOf([{ timeMs: 0, lag: 5 }])).toBeNull()
  const two = (lag: number) =>
    trendOf([
      { timeMs: 0, lag: 5 },
      { timeMs: 2000, lag }
    ])
  expect(two(5.9)?.direction).toBe('steady')
  expect(two(6)).toEqual({ recordsPerSecond: 0.5, direction: 'growing' })
  expect(two(3)).toEqual({ recordsPerSecond: -1, direction: 'shrinking' })
})

test('the samples are the last ones, oldest first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { maxLength: 20 }), fc.integer({ min: 2, max: 6 }), (lags, max) => {
      const ring = new LagSamples(max)
      const all = lags.map((lag, timeMs) => ({ timeMs, lag }))
      for (const sample of all) ring.add(sample)
      expect(ring.samples()).toEqual(all.slice(-max))
    })
  )
  expect(() => new LagSamples(1)).toThrow('samplesMax must be at least 2, got 1')
})
