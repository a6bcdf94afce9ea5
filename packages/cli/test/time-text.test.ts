import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDateTime, parseDuration } from '../src/time-text.ts'
import { UsageError } from '../src/usage-error.ts'

describe('a time', () => {
  const NOON = Date.UTC(2026, 10, 1, 12)
  it.each([
    ['2026-11-01T12:00', NOON],
    ['2026-11-01T12:00:00.000', NOON],
    ['2026-11-01T12:00:00Z', NOON],
    ['2026-11-01T12:00:00.250Z', NOON + 250],
    ['2026-11-01T13:30+01:30', NOON],
    ['2026-11-01T13:30:00.000+0130', NOON],
    ['2026-11-01T11:00-01', NOON],
    ['2026-11-01', NOON - 12 * 3_600_000],
    ['1970-01-01T00:00Z', 0]
  ])('%s is UTC unless it says otherwise', (text, expected) => {
    expect(parseDateTime(text, '--to-datetime')).toBe(expected)
  })

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-11-01T25:00',
    '2026-11-01 12:00',
    '1969-12-31',
    '1700000000000'
  ])('%j is refused', text => {
    expect(() => parseDateTime(text, '--to-datetime')).toThrow(UsageError)
  })

  it('is what toISOString printed', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        date => {
          expect(parseDateTime(date.toISOString(), 'x')).toBe(date.getTime())
        }
      )
    )
  })
})

describe('a duration', () => {
  it.each([
    ['90m', 5_400_000],
    ['2h30m', 9_000_000],
    ['7d', 604_800_000],
    ['1w', 604_800_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['PT1H', 3_600_000],
    ['P1DT2H', 93_600_000],
    ['pt0.25s', 250],
    ['P2W', 1_209_600_000]
  ])('%s', (text, expected) => {
    expect(parseDuration(text, '--by-duration')).toBe(expected)
  })

  it.each(['', '90', '-5m', '0s', 'P', 'PT', 'P1DT', 'P1Y', 'P1M', '1h 30m', 'm', '9999999999999w'])(
    '%j is refused',
    text => {
      expect(() => parseDuration(text, '--by-duration')).toThrow(`--by-duration is '${text}'; a duration such as`)
    }
  )
})
