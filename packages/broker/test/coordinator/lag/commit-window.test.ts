import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CommitSample } from '../../../src/coordinator/lag/burrow.ts'
import { CommitWindow, WINDOW_WIDTH_MS } from '../../../src/coordinator/lag/commit-window.ts'

const commits = fc.array(
  fc.record({ offset: fc.nat(100), ms: fc.nat(30), lag: fc.oneof(fc.nat(50), fc.constant(null)) }),
  { maxLength: 40 }
)

test('a window holds the last commits; those that come too soon take the place of the one before', () => {
  fc.assert(
    fc.property(commits, fc.integer({ min: 1, max: 6 }), fc.nat(20), (all, commitsMax, minDistanceMs) => {
      const window = new CommitWindow({ commitsMax, minDistanceMs })
      const list: CommitSample[] = []
      let timeMs = 0
      for (const { offset, ms, lag } of all) {
        timeMs += ms
        const before = list.at(-1)
        if (before !== undefined && timeMs - before.timeMs < minDistanceMs) {
          const lags = [before.lag, lag].filter(each => each !== null)
          list[list.length - 1] = { offset, timeMs: before.timeMs, lag: lags.length === 0 ? null : Math.min(...lags) }
        } else list.push({ offset, timeMs, lag })
        window.add({ offset, timeMs, lag })
        expect(window.commits()).toEqual(list.slice(-commitsMax))
      }
    }),
    { numRuns: 500 }
  )
})

test('a full window of the default is a minute wide, however often a group commits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 30_000 }), fc.nat(1_000), (everyMs, jitterMs) => {
      const window = new CommitWindow()
      for (let i = 0; i * everyMs < 400_000; i++) {
        window.add({ offset: i, timeMs: i * everyMs + (i % 3 === 0 ? jitterMs : 0), lag: 1 })
      }
      const commits = window.commits()
      expect(commits).toHaveLength(10)
      expect((commits.at(-1)?.timeMs ?? 0) - (commits[0]?.timeMs ?? 0)).toBeGreaterThanOrEqual(WINDOW_WIDTH_MS)
    }),
    { numRuns: 60 }
  )
})

test('a window without room is refused', () => {
  expect(() => new CommitWindow({ commitsMax: 0, minDistanceMs: 0 })).toThrow('commitsMax must be at least 1, got 0')
})
