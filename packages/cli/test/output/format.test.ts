import { expect, it } from 'vitest'
import { formatBytes, formatCount, formatSeconds, formatTimestamp, printable } from '../../src/output/format.ts'

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [9_994, '9.99 kB'],
  [9_996, '10.0 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [1_234_567_890, '1.23 GB'],
  [5e15, '5000 TB'],
  [-1, '?']
])('%i bytes is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

it('groups digits, and keeps times short', () => {
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  expect([5, 12_345, 123_456].map(formatSeconds)).toEqual(['0.01 s', '12.3 s', '123 s'])
  expect(formatTimestamp(0)).toBe('1970-01-01T00:00:00.000Z')
  expect([formatTimestamp(-1), formatTimestamp(9e15)]).toEqual(['-', '-'])
})

it('lets nothing through that a terminal would obey', () => {
  expect(printable('a\u001b[31m\nb\u009b')).toBe('a\\x1b[31m\\x0ab\\x9b')
})
