import { ManualClock } from '@streambus/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Timers } from '../../../src/coordinator/runtime/timers.ts'

const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key: fc.nat(3), delayMs: fc.nat(100) }),
  fc.record({ do: fc.constant('cancel' as const), key: fc.nat(3) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat(60) })
)

test('each timer fires once, when its last delay is over, unless it was cancelled', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const clock = new ManualClock()
      const timers = new Timers(clock)
      const due = new Map<number, number>()
      const fired: string[] = []
      const wanted: string[] = []
      for (const each of steps) {
        if (each.do === 'set') {
          const dueMs = clock.monotonicMs() + each.delayMs
          due.set(each.key, dueMs)
          timers.set(String(each.key), each.delayMs, () => fired.push(`${each.key}@${clock.monotonicMs()}`))
        } else if (each.do === 'cancel') {
          due.delete(each.key)
          timers.cancel(String(each.key))
        } else {
          clock.advance(each.ms)
          for (const [key, dueMs] of due) {
            if (dueMs > clock.monotonicMs()) continue
            due.delete(key)
            wanted.push(`${key}@${dueMs}`)
          }
          expect(fired.toSorted()).toEqual(wanted.toSorted())
        }
        expect(timers.count).toBe(due.size)
      }
      timers.cancelAll()
      clock.advance(1_000)
      expect(fired.toSorted()).toEqual(wanted.toSorted())
      expect(clock.timerCount).toBe(0)
    })
  )
})

test('a timer that is put off again and again asks the clock once per delay, not once per call', () => {
  const clock = new ManualClock()
  let asked = 0
  const counting = {
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => clock.wallMs(),
    after(delayMs: number, run: () => void) {
      asked++
      return clock.after(delayMs, run)
    }
  }
  const timers = new Timers(counting)
  for (let i = 0; i < 1_000; i++) {
    timers.set('session', 10_000, () => {})
    clock.advance(100)
  }
  expect(asked).toBeLessThan(15)
})
