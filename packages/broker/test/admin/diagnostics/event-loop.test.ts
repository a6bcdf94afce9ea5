import { ManualClock } from '@streambus/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { watchEventLoop } from '../../../src/admin/diagnostics/event-loop.ts'

test('measures how late ticks are, and leaves no timer', async () => {
  // Each step moves the clock at once, as a busy event loop does: the tick that was due in it is late by the rest.
  const steps = fc.array(fc.integer({ min: 10, max: 500 }), { minLength: 1, maxLength: 100 })
  await fc.assert(
    fc.asyncProperty(steps, async advances => {
      const clock = new SteppingClock()
      const over = new AbortController()
      const watching = watchEventLoop(clock, 60_000, over.signal)
      for (const ms of advances) clock.step(ms)
      over.abort()
      const { ticks, delayMs } = await watching
      const expected = advances.map(ms => ms - 10).sort((a, b) => a - b)
      expect(ticks).toBe(expected.length)
      expect([delayMs.min, delayMs.max]).toEqual([expected[0], expected.at(-1)])
      expect(expected).toContain(delayMs.p90)
      expect(expected.filter(ms => ms <= delayMs.p90).length).toBeGreaterThanOrEqual(0.9 * expected.length)
      expect(clock.timerCount).toBe(0)
    })
  )
})

test('ends at once when nobody waits for it any more', async () => {
  const clock = new ManualClock()
  const over = new AbortController()
  const watching = watchEventLoop(clock, 60_000, over.signal)
  clock.advance(30)
  over.abort()
  expect(await watching).toMatchObject({ ticks: 3, delayMs: { max: 0 } })
  expect(clock.timerCount).toBe(0)
  expect(await watchEventLoop(clock, 60_000, over.signal)).toMatchObject({ ticks: 0, delayMs: { mean: 0 } })
  expect(clock.timerCount).toBe(0)
})

/** Time jumps, and what has become due meanwhile runs once, late. */
class SteppingClock extends ManualClock {
  #skippedMs = 0

  override monotonicMs(): number {
    return super.monotonicMs() + this.#skippedMs
  }

  step(ms: number): void {
    this.#skippedMs += ms - 10
    this.advance(10)
  }
}
