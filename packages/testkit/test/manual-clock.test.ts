import { expect, test } from 'vitest'
import { ManualClock } from '../src/manual-clock.ts'

test('timers run in the order in which they fall due, also those set on the way', () => {
  const clock = new ManualClock(1000)
  const ran: string[] = []
  clock.after(20, () => ran.push(`b@${clock.monotonicMs()}`))
  clock.after(10, () => {
    ran.push(`a@${clock.monotonicMs()}`)
    clock.after(5, () => ran.push(`c@${clock.monotonicMs()}`))
  })
  clock.after(20, () => ran.push(`d@${clock.monotonicMs()}`))
  clock.after(21, () => ran.push('too late'))
  clock.advance(20)
  expect(ran).toEqual(['a@10', 'c@15', 'b@20', 'd@20'])
  expect(clock.wallMs()).toBe(1020)
  expect(clock.timerCount).toBe(1)
})

test('a cancelled timer does not run, and cancelling one that ran is fine', () => {
  const clock = new ManualClock()
  const ran: number[] = []
  const first = clock.after(1, () => ran.push(1))
  clock.after(1, () => ran.push(2))
  first.cancel()
  clock.advance(1)
  first.cancel()
  expect(ran).toEqual([2])
  expect(clock.timerCount).toBe(0)
})

test('the wall clock jumps alone', () => {
  const clock = new ManualClock(5000)
  clock.jumpWall(-3000)
  expect([clock.wallMs(), clock.monotonicMs()]).toEqual([2000, 0])
})
