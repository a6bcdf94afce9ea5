import { ManualClock } from '@streambus/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RetentionClock } from '../../src/partition/retention-clock.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const LIMITS = { jumpMs: 10 * MINUTE_MS, patienceMs: HOUR_MS }
/** A step may be believed so much later than its patience says. */
const LATE_MS = HOUR_MS / 64 + 2 * MINUTE_MS

function setup(options: { lastTrustedMs?: number; limits?: Partial<typeof LIMITS>; clock?: ManualClock } = {}) {
  const clock = options.clock ?? new ManualClock()
  const events: string[] = []
  const steps: number[][] = []
  let behindMs = Number.NaN
  const retention = new RetentionClock({
    clock,
    limits: () => ({ ...LIMITS, ...options.limits }),
    lastTrustedMs: options.lastTrustedMs ?? null,
    probe: {
      stepped(direction, wallMs, expectedMs) {
        events.push(direction)
        steps.push([wallMs, expectedMs])
      },
      believed: () => void events.push('believed'),
      behind: ms => void (behindMs = ms)
    }
  })
  /** Reads once a minute, as housekeeping does more often. */
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= MINUTE_MS) {
      clock.advance(Math.min(left, MINUTE_MS))
      retention.nowMs()
    }
  }
  return { clock, retention, events, steps, pass, behind: () => behindMs }
}

describe('a step of the wall clock', () => {
  test('forward is believed when it has lasted, and reported once with both times', () => {
    const { clock, retention, events, steps, pass, behind } = setup()
    pass(5 * MINUTE_MS)
    const before = clock.wallMs()
    clock.jumpWall(365 * DAY_MS)
    expect(retention.nowMs()).toBe(before)
    pass(HOUR_MS - MINUTE_MS)
    expect(retention.nowMs()).toBe(before + HOUR_MS - MINUTE_MS)
    expect([events, steps, behind()]).toEqual([['forward'], [[before + 365 * DAY_MS, before]], 365 * DAY_MS])
    pass(LATE_MS)
    expect(retention.nowMs()).toBe(clock.wallMs())
    expect([events, behind()]).toEqual([['forward', 'believed'], 0])
  })

  test('forward that is taken back never was', () => {
    const { clock, retention, events, pass } = setup()
    const start = clock.wallMs()
    clock.jumpWall(DAY_MS)
    pass(HOUR_MS - 2 * MINUTE_MS)
    clock.jumpWall(-DAY_MS)
    pass(MINUTE_MS)
    clock.jumpWall(DAY_MS)
    pass(10 * MINUTE_MS)
    expect(retention.nowMs()).toBe(start + HOUR_MS + 9 * MINUTE_MS)
    expect(events).toEqual(['forward', 'believed', 'forward'])
  })

  test('backward is believed at once, and the way back up takes its hour', () => {
    const { clock, retention, events, steps, pass } = setup()
    pass(MINUTE_MS)
    const before = clock.wallMs()
    clock.jumpWall(-DAY_MS)
    expect(retention.nowMs()).toBe(before - DAY_MS)
    expect(steps).toEqual([[before - DAY_MS, before]])
    clock.jumpWall(DAY_MS)
    expect(retention.nowMs()).toBe(before - DAY_MS)
    pass(HOUR_MS + LATE_MS)
    expect(retention.nowMs()).toBe(clock.wallMs())
    expect(events).toEqual(['backward', 'forward', 'believed'])
  })

  test('of less than the limit is followed, but many of them are one large one', () => {
    const { clock, retention, events, pass } = setup()
    clock.jumpWall(9 * MINUTE_MS)
    expect(retention.nowMs()).toBe(clock.wallMs())
    pass(MINUTE_MS)
    clock.jumpWall(9 * MINUTE_MS)
    expect(retention.nowMs()).toBe(clock.wallMs() - 18 * MINUTE_MS)
    expect(events).toEqual(['forward'])
  })

  test('is always believed with a patience of 0', () => {
    const { clock, retention } = setup({ limits: { patienceMs: 0 } })
    clock.jumpWall(DAY_MS)
    expect(retention.nowMs()).toBe(clock.wallMs())
  })

  test('lasts from its first reading on, however long nobody looked', () => {
    const { clock, retention } = setup()
    retention.nowMs()
    clock.advance(3 * HOUR_MS)
    clock.jumpWall(DAY_MS)
    expect(retention.nowMs()).toBe(clock.wallMs() - DAY_MS)
  })
})

describe('at a start', () => {
  test('a machine that was off for a month is believed after an hour', () => {
    const clock = new ManualClock()
    const off = clock.wallMs() - 30 * DAY_MS
    const { retention, events, steps, pass } = setup({ clock, lastTrustedMs: off })
    expect(retention.nowMs()).toBe(off)
    expect([events, steps]).toEqual([['forward'], [[clock.wallMs(), off]]])
    pass(30 * MINUTE_MS)
    expect(retention.nowMs()).toBe(off + 30 * MINUTE_MS)
    pass(30 * MINUTE_MS + LATE_MS)
    expect(retention.nowMs()).toBe(clock.wallMs())
  })

  test('a short stop and an unknown last time are believed at once, an earlier clock too', () => {
    const clock = new ManualClock()
    for (const lastTrustedMs of [clock.wallMs() - 9 * MINUTE_MS, clock.wallMs() + 1, undefined]) {
      const { retention, events } = setup({ clock, ...(lastTrustedMs === undefined ? {} : { lastTrustedMs }) })
      expect([retention.nowMs(), events]).toEqual([clock.wallMs(), []])
    }
    const { retention, events } = setup({ clock, lastTrustedMs: clock.wallMs() + DAY_MS })
    expect([retention.nowMs(), events]).toEqual([clock.wallMs(), ['backward']])
  })
})

test('for any course of the wall clock: never ahead of it, never ahead of what has lasted, and never late for ever', () => {
  const step = fc.record({
    jumpMs: fc.constantFrom(0, 0, 0, -DAY_MS, DAY_MS, 9 * MINUTE_MS, -9 * MINUTE_MS, 11 * MINUTE_MS),
    passMs: fc.integer({ min: 1, max: 40 }).map(minutes => minutes * MINUTE_MS)
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), steps => {
      const { clock, retention } = setup()
      const seen: { atMs: number; offsetMs: number }[] = []
      const look = (): void => {
        const [atMs, wallMs, nowMs] = [clock.monotonicMs(), clock.wallMs(), retention.nowMs()]
        seen.push({ atMs, offsetMs: wallMs - atMs })
        expect(nowMs).toBeLessThanOrEqual(wallMs)
        // The slowest that the wall clock was since `sinceMs`, taking the last reading before it as still true then.
        const slowestSince = (sinceMs: number): number => {
          const first = seen.findLastIndex(each => each.atMs <= sinceMs)
          return Math.min(...seen.slice(Math.max(0, first)).map(({ offsetMs }) => offsetMs))
        }
        expect(nowMs - atMs).toBeLessThanOrEqual(slowestSince(atMs - HOUR_MS) + LIMITS.jumpMs)
        expect(nowMs - atMs).toBeGreaterThanOrEqual(slowestSince(atMs - HOUR_MS - LATE_MS))
      }
      look()
      for (const { jumpMs, passMs } of steps) {
        clock.jumpWall(jumpMs)
        look()
        for (let left = passMs; left > 0; left -= MINUTE_MS) {
          clock.advance(MINUTE_MS)
          look()
        }
      }
    }),
    { numRuns: 60 }
  )
})
