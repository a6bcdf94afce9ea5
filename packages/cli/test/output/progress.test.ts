import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { Progress } from '../../src/output/progress.ts'
import { Sink } from '../../src/sink.ts'

it('prints how far and how fast, twice a second, and stops', () => {
  let nowMs = 0
  let due: (() => void) | null = null
  const clock = {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    after(delayMs: number, run: () => void) {
      due = () => {
        nowMs += delayMs
        run()
      }
      return {
        cancel: () => {
          due = null
        }
      }
    }
  }
  const fire = (): void => due?.()
  const stream = new PassThrough()
  const amount = { records: 0, bytes: 0 }
  const progress = new Progress({ clock, sink: new Sink(stream), isShown: true, amount: () => amount })
  Object.assign(amount, { records: 1000, bytes: 50_000 })
  fire()
  Object.assign(amount, { records: 1500, bytes: 75_000 })
  fire()
  expect(String(stream.read())).toBe(
    '1,000 records, 50.0 kB, 2,000 records/s, 100 kB/s\n1,500 records, 75.0 kB, 1,000 records/s, 50.0 kB/s\n'
  )
  expect(progress.summary()).toBe('1,500 records, 75.0 kB in 1.00 s (1,500 records/s, 75.0 kB/s)')
  progress.stop()
  expect(due).toBe(null)
})
