import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EndOffsetHistory } from '../../../src/coordinator/lag/end-offset-history.ts'

interface Sample {
  readonly timeMs: number
  readonly logEndOffset: number
  readonly highWatermark: number
}

/** Growth and time, now and then a step back of either. */
const steps = fc.array(
  fc.record({
    ms: fc.oneof({ weight: 9, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.integer({ min: -30, max: 0 }) }),
    records: fc.oneof({ weight: 5, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.integer({ min: -2, max: 0 }) }),
    behind: fc.nat(2)
  }),
  { minLength: 1, maxLength: 60 }
)

function samplesOf(all: readonly { ms: number; records: number; behind: number }[]): Sample[] {
  const samples: Sample[] = []
  let timeMs = 1000
  let logEndOffset = 10
  for (const { ms, records, behind } of all) {
    timeMs += ms
    logEndOffset = Math.max(0, logEndOffset + records)
    samples.push({ timeMs, logEndOffset, highWatermark: Math.max(0, logEndOffset - behind) })
  }
  return samples
}

/** What is left when all that contradicts a newer sample is gone. */
function believable(samples: readonly Sample[]): Sample[] {
  return samples.filter((sample, i) =>
    samples
      .slice(i + 1)
      .every(
        later =>
          later.timeMs >= sample.timeMs &&
          later.logEndOffset >= sample.logEndOffset &&
          later.highWatermark >= sample.highWatermark
      )
  )
}

// A clock that steps back over an idle time takes all of it: then the bounds may be wider than they had to be.
test('bounds are those of all samples while there is room and the clock goes on', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 5, max: 30 }), (all, offset) => {
      const history = new EndOffsetHistory(100)
      const samples = samplesOf(all.map(each => ({ ...each, ms: Math.abs(each.ms) })))
      for (const sample of samples) history.add(sample.timeMs, sample)
      const known = believable(samples)
      const before = known.filter(({ logEndOffset }) => logEndOffset <= offset).at(-1)
      const after = known.find(({ logEndOffset }) => logEndOffset > offset)
      expect(history.appendedAfterMs(offset)).toBe(before?.timeMs ?? -Infinity)
      expect(history.appendedBeforeMs(offset)).toBe(after?.timeMs ?? Infinity)
    }),
    { numRuns: 1000 }
  )
})

test('without room the bounds get wider and never wrong, and the first sample stays', () => {
  fc.assert(
    fc.property(steps, fc.nat(200), fc.integer({ min: 4, max: 9 }), (all, offset, samplesMax) => {
      const history = new EndOffsetHistory(samplesMax)
      const samples = samplesOf(all)
      for (const sample of samples) history.add(sample.timeMs, sample)
      expect(history.count).toBeLessThanOrEqual(samplesMax)
      const known = believable(samples)
      const before = known.filter(({ logEndOffset }) => logEndOffset <= offset)
      const after = known.filter(({ logEndOffset }) => logEndOffset > offset)
      const lower = history.appendedAfterMs(offset)
      const upper = history.appendedBeforeMs(offset)
      if (lower === -Infinity) expect(before).toEqual([])
      else expect(before.map(({ timeMs }) => timeMs)).toContain(lower)
      if (upper === Infinity) expect(after).toEqual([])
      else expect(after.map(({ timeMs }) => timeMs)).toContain(upper)
    }),
    { numRuns: 300 }
  )
})

test('the past gets coarser with its distance: the first sample and the newest ones stay', () => {
  const history = new EndOffsetHistory(8)
  for (let i = 0; i < 1000; i++) history.add(i * 10, { logEndOffset: i, highWatermark: i })
  expect(history.appendedAfterMs(0)).toBe(0)
  expect(history.watermarksSince(9950)).toEqual([995, 996, 997, 998, 999])
})

test('an idle partition takes two samples: when it began and how long it has lasted', () => {
  const history = new EndOffsetHistory(8)
  for (let timeMs = 0; timeMs <= 1000; timeMs += 10) history.add(timeMs, { logEndOffset: 5, highWatermark: 5 })
  history.add(1010, { logEndOffset: 8, highWatermark: 7 })
  expect(history.count).toBe(3)
  expect(history.appendedAfterMs(5)).toBe(1000)
  expect(history.appendedBeforeMs(4)).toBe(0)
  expect(history.watermarksSince(1000)).toEqual([5, 7])
  expect(history.recordsPerSecondSince(1000)).toBe(300)
  expect(history.recordsPerSecondSince(0)).toBeCloseTo(3 / 1.01)
  for (const timeMs of [1020, 1030, 1040]) history.add(timeMs, { logEndOffset: 8, highWatermark: 8 })
  expect(history.watermarksSince(1001)).toEqual([7, 8, 8])
  expect(history.appendedAfterMs(8)).toBe(1040)
})

test('the pace needs two samples, and starts at the first when it is asked for more than is known', () => {
  const history = new EndOffsetHistory()
  expect(history.recordsPerSecondSince(0)).toBe(0)
  history.add(1000, { logEndOffset: 0, highWatermark: 0 })
  expect(history.recordsPerSecondSince(0)).toBe(0)
  history.add(2000, { logEndOffset: 10, highWatermark: 10 })
  history.add(3000, { logEndOffset: 50, highWatermark: 50 })
  expect(history.recordsPerSecondSince(0)).toBe(25)
  expect(history.recordsPerSecondSince(2500)).toBe(40)
  expect(history.recordsPerSecondSince(9999)).toBe(40)
})

test('fewer than four samples are refused', () => {
  expect(() => new EndOffsetHistory(3)).toThrow('samplesMax must be at least 4, got 3')
})
