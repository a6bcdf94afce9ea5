import { ManualClock } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { SlicedWork } from '../../src/partition/sliced-work.ts'

/** Time passes inside of timers too, as long as the work there says. */
class BusyClock extends ManualClock {
  #busyMs = 0

  spend(ms: number): void {
    this.#busyMs += ms
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#busyMs
  }
}

function setup() {
  const clock = new BusyClock()
  const errors: unknown[] = []
  const sliced = new SlicedWork({ clock, onError: error => void errors.push(error) })
  const done: string[] = []
  /** `count` steps of a millisecond each. */
  function* work(name: string, count: number): Generator<void, void> {
    for (let i = 0; i < count; i++) {
      clock.spend(1)
      done.push(`${name}${i}`)
      yield
    }
  }
  return { clock, sliced, done, errors, work }
}

test('a turn takes what fits into 5 ms, and the next one comes 5 ms later', () => {
  const { clock, sliced, done, work } = setup()
  sliced.add('a', work('a', 12))
  expect(done).toEqual([])
  clock.advance(0)
  expect(done.length).toBe(5)
  clock.advance(4)
  expect(done.length).toBe(5)
  clock.advance(1)
  expect(done.length).toBe(10)
  clock.advance(100)
  expect([done.length, clock.timerCount]).toEqual([12, 0])
})

test('pieces are done one after the other, within the budget of one turn', () => {
  const { clock, sliced, done, work } = setup()
  sliced.add('a', work('a', 3))
  sliced.add('b', work('b', 3))
  clock.advance(0)
  expect(done).toEqual(['a0', 'a1', 'a2', 'b0', 'b1'])
  clock.advance(5)
  expect(done.at(-1)).toBe('b2')
})

test('work whose earlier turn is not over is not added again, and can be once it is', () => {
  const { clock, sliced, done, work } = setup()
  sliced.add('a', work('a', 7))
  clock.advance(0)
  sliced.add('a', work('x', 2))
  clock.advance(1_000)
  expect([done.length, done.includes('x0')]).toEqual([7, false])
  sliced.add('a', work('x', 2))
  clock.advance(1_000)
  expect(done.length).toBe(9)
})

test('what throws is reported and dropped; the rest goes on', () => {
  const { clock, sliced, done, errors, work } = setup()
  const boom = new Error('boom')
  function* broken(): Generator<void, void> {
    yield
    throw boom
  }
  sliced.add('broken', broken())
  sliced.add('a', work('a', 1))
  clock.advance(0)
  expect([errors, done]).toEqual([[boom], ['a0']])
})

test('nothing happens after a stop', () => {
  const { clock, sliced, done, work } = setup()
  sliced.add('a', work('a', 20))
  clock.advance(0)
  sliced.stop()
  clock.advance(1_000)
  expect([done.length, clock.timerCount]).toEqual([5, 0])
})
