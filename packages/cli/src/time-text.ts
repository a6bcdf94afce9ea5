import { UsageError } from './usage-error.ts'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000
}
const DURATION_EXPECTED = 'a duration such as 90m, 2h30m, 7d or PT1H (ISO 8601), of 1 ms or more, is expected'
const TIME_EXPECTED =
  'a time of 1970 or later such as 2026-11-01, 2026-11-01T12:00, 2026-11-01T12:00:00.000Z or 2026-11-01T12:00:00+01:00 (UTC unless it says otherwise) is expected'

const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/

/**
 * Milliseconds since 1970 from ISO 8601. A time without zone is UTC, as Kafka's tools read it. Throws UsageError, also
 * for days that no calendar has.
 */
export function parseDateTime(text: string, option: string): number {
  const [, date = '', time = '00:00', zone = 'Z'] = DATE_TIME.exec(text) ?? []
  const offset =
    zone === 'Z' ? zone : zone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`)
  const timestampMs = Date.parse(`${date}T${time}${offset}`)
  // Some days that do not exist, such as February 30th, are taken for the next that does.
  const isDay = !Number.isNaN(timestampMs) && new Date(`${date}T00:00Z`).toISOString().startsWith(date)
  if (isDay && timestampMs >= 0) return timestampMs
  throw new UsageError(`${option} is '${text}'; ${TIME_EXPECTED}`)
}

const SHORT = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/
const ISO = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i

/** Milliseconds from `90m`, `2h30m`, `7d` or ISO 8601 without years and months (`P1DT2H`). Throws UsageError. */
export function parseDuration(text: string, option: string): number {
  const durationMs = Math.round(SHORT.test(text) ? shortMs(text) : isoMs(text))
  if (Number.isSafeInteger(durationMs) && durationMs >= 1) return durationMs
  throw new UsageError(`${option} is '${text}'; ${DURATION_EXPECTED}`)
}

function shortMs(text: string): number {
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)
  return [...parts].reduce((total, [, amount, unit = '']) => total + Number(amount) * (UNITS[unit] ?? Number.NaN), 0)
}

function isoMs(text: string): number {
  const found = ISO.exec(text)
  if (found === null) return Number.NaN
  const units = ['w', 'd', 'h', 'm', 's']
  return units.reduce((total, unit, index) => total + Number(found[index + 1] ?? 0) * (UNITS[unit] ?? Number.NaN), 0)
}
