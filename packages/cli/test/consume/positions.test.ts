import { expect, it } from 'vitest'
import { parseStart, startOffset } from '../../src/consume/positions.ts'
import { UsageError } from '../../src/usage-error.ts'

const LOG = { first: 10, end: 30 }

it.each([
  ['beginning', 10],
  ['earliest', 10],
  ['end', 30],
  ['latest', 30],
  ['15', 15],
  ['-5', 25],
  ['-0', 30],
  ['-500', 10]
])('--offset %s begins at %i', (text, offset) => {
  expect(startOffset(parseStart(text, undefined) as Parameters<typeof startOffset>[0], LOG)).toBe(offset)
})

it.each([
  ['2026-11-01T00:00:00Z', Date.UTC(2026, 10, 1)],
  ['2026-11-01T01:00:00+01:00', Date.UTC(2026, 10, 1)],
  ['1700000000000', 1_700_000_000_000]
])('--timestamp %s is %i ms, and wins over --offset', (text, timestampMs) => {
  expect(parseStart('end', text)).toEqual({ kind: 'time', timestampMs })
})

it.each([
  ['x', undefined],
  ['1.5', undefined],
  ['99999999999999999999', undefined],
  ['0', 'yesterday'],
  ['0', '2026-99-99'],
  ['0', '-1']
])('refuses --offset %s --timestamp %s', (offset, timestamp) => {
  expect(() => parseStart(offset, timestamp)).toThrow(UsageError)
})
