import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeClock, offsetMs } from '../../src/doctor/judge-clock.ts'
import { admin, DEAD_ADMIN, gathered, HEALTHY } from './facts.ts'

const T0 = Date.parse('2026-01-01T00:00:00Z')

/** A broker whose clock is ahead by so much, asked at T0 + 500 ms, answering at once. */
function ahead(ms: number) {
  const timestamp = new Date(Math.floor((T0 + 500 + ms) / 1000) * 1000).toISOString()
  return { ...HEALTHY, timestamp, sentMs: T0 + 500, receivedMs: T0 + 500 }
}

describe('the clock', () => {
  it.each([
    [0, 'ok'],
    [900, 'ok'],
    [-900, 'ok'],
    [5_000, 'warning'],
    [-5_000, 'warning'],
    [70_000, 'failed'],
    [-70_000, 'failed']
  ])('that is ahead by %d ms is %s', (ms, state) => {
    expect(judgeClock(gathered({ admin: admin('', '', ahead(ms)) }))).toMatchObject([{ state }])
  })

  it('is said to be ahead or behind', () => {
    expect(judgeClock(gathered({ admin: admin('', '', ahead(5_000)) }))[0]?.found).toContain('ahead of')
    expect(judgeClock(gathered({ admin: admin('', '', ahead(-5_000)) }))[0]?.found).toContain('behind')
  })

  it('is skipped without an admin port or a timestamp', () => {
    expect(judgeClock(gathered())).toMatchObject([{ state: 'skipped' }])
    expect(judgeClock(gathered({ admin: DEAD_ADMIN }))).toMatchObject([{ state: 'skipped' }])
    expect(judgeClock(gathered({ admin: admin('', '', { ...HEALTHY, timestamp: 'noon' }) }))).toMatchObject([
      { state: 'skipped' }
    ])
  })

  it('never blames what the request took, nor the seconds that are cut off', () => {
    const ms = fc.integer({ min: 0, max: 20_000 })
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), ms, ms, (offset, there, back) => {
        const sentMs = T0 + 123
        const answeredMs = sentMs + there
        const timestamp = new Date(Math.floor((answeredMs + offset) / 1000) * 1000).toISOString()
        const found = offsetMs({ ...HEALTHY, timestamp, sentMs, receivedMs: answeredMs + back }) ?? Number.NaN
        // At most the true offset, and less by no more than the round trip and the resolution.
        expect(Math.abs(found)).toBeLessThanOrEqual(Math.abs(offset))
        expect(Math.abs(offset) - Math.abs(found)).toBeLessThanOrEqual(there + back + 1000)
        if (found !== 0) expect(Math.sign(found)).toBe(Math.sign(offset))
      })
    )
  })

  it.each([
    ['streambus_retention_clock_behind_seconds 700', /jumped ahead by 700 s/],
    ['streambus_retention_clock_steps_total{direction="forward"} 2', /stepped 2 times/],
    ['streambus_invalid_records_total{reason="timestamp"} 4', /4 batches/]
  ])('%s is a warning', (text, found) => {
    expect(judgeClock(gathered({ admin: admin(text) }))).toMatchObject([
      { state: 'ok' },
      { state: 'warning', found: expect.stringMatching(found) }
    ])
    expect(judgeClock(gathered({ admin: admin(text.replace(/\d+$/, '0')) }))).toHaveLength(1)
  })
})
