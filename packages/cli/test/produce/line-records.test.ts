import { expect, it } from 'vitest'
import { lineRecords, unescape } from '../../src/produce/line-records.ts'

function read(text: string, separator: string | null): (string | null)[][] {
  const records: (string | null)[][] = []
  const rules = { key: Buffer.from('k'), separator: separator === null ? null : unescape(separator) }
  const lines = lineRecords(rules, (key, value) => records.push([key?.toString() ?? null, value.toString()]))
  lines.push(Buffer.from(text))
  lines.end()
  return records
}

it('cuts a line at the first separator only', () => {
  expect(read('a\tb\tc\n\tx\ny\t\n', '\\t')).toEqual([
    ['a', 'b\tc'],
    ['', 'x'],
    ['y', '']
  ])
  expect(read('a::b\n', '::')).toEqual([['a', 'b']])
})

it('uses the fixed key when there is no separator', () => {
  expect(read('a\tb\n', null)).toEqual([['k', 'a\tb']])
})

it('names the line that has no key', () => {
  expect(() => read('a:b\nc\n', ':')).toThrow('line 2 has no key')
})

it.each([
  ['\\t', '\t'],
  ['\\x1f', '\x1f'],
  ['\\\\t', '\\t'],
  ['|', '|'],
  ['\\q', '\\q']
])('reads %j', (text, meaning) => {
  expect(unescape(text).toString()).toBe(meaning)
})
