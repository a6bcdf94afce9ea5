import { expect, test } from 'vitest'
import { Throttle } from '../../src/compaction/throttle.ts'

test('sleeps as long as the rate asks, and does not save up idle time for a burst', () => {
  let nowMs = 0
  const sleeps: number[] = []
  const throttle = new Throttle({ monotonicMs: () => nowMs }, 1000, delayMs => {
    sleeps.push(delayMs)
    nowMs += delayMs
  })
  throttle.spend(100)
  throttle.spend(2)
  throttle.spend(2)
  throttle.spend(2)
  nowMs += 60_000
  throttle.spend(50)
  expect(sleeps).toEqual([100, 6, 50])
})
