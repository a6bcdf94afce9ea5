import { expect, test } from 'vitest'
import { RequestClock } from '../../src/pipeline/request-clock.ts'

function counted() {
  let readings = 0
  const clock = { monotonicMs: () => ++readings }
  return { clock, readings: () => readings }
}

test('a reading serves until the next one', () => {
  const { clock, readings } = counted()
  const requests = new RequestClock(clock, true)
  expect([requests.arrive(), requests.latestMs, requests.latestMs]).toEqual([1, 1, 1])
  expect([requests.read(), requests.latestMs]).toEqual([2, 2])
  expect(readings()).toBe(2)
})

test('while nobody asks how long requests take, only arrivals are read, and time stands still in between', () => {
  const { clock, readings } = counted()
  const requests = new RequestClock(clock, false)
  expect([requests.arrive(), requests.read(), requests.latestMs, requests.arrive()]).toEqual([1, 1, 1, 2])
  expect(readings()).toBe(2)
})
