import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CommitSample } from '../../../src/coordinator/lag/burrow.ts'
import { CommitWindow } from '../../../src/coordinator/lag/commit-window.ts'

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
          list[list.length - 1] = { offset, timeMs: before.timeMs, lag }
        } else list.push({ offset, timeMs, lag })
        window.add({ offset, timeMs, lag })
        expect(window.commits()).toEqual(list.slice(-commitsMax))
      }
    }),
    { numRuns: 500 }
  )
})

test('a window without room is refused', () => {
  expect(() => new CommitWindow({ commitsMax: 0, minDistanceMs: 0 })).toThrow('commitsMax must be at least 1, got 0')
})
