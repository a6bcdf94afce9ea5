import fc from 'fast-check'
import { expect, test } from 'vitest'
import { didYouMean, editDistance } from '../../src/config/suggest.ts'

test.each([
  ['log.retention.m', ' (did you mean log.retention.ms?)'],
  ['log.rentention.ms', ' (did you mean log.retention.ms?)'],
  ['num.partition', ' (did you mean num.partitions?)'],
  ['zebra', ''],
  ['', '']
])('%s', (unknown, suggestion) => {
  expect(didYouMean(unknown, ['log.retention.ms', 'log.retention.bytes', 'num.partitions'])).toBe(suggestion)
})

test('the distance is that of the textbook, up to its limit', () => {
  const textbook = (a: string, b: string): number => {
    if (a === '' || b === '') return a.length + b.length
    if (a[0] === b[0]) return textbook(a.slice(1), b.slice(1))
    return 1 + Math.min(textbook(a.slice(1), b), textbook(a, b.slice(1)), textbook(a.slice(1), b.slice(1)))
  }
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 5 })
  fc.assert(
    fc.property(word, word, fc.integer({ min: 1, max: 8 }), (a, b, limit) => {
      expect(editDistance(a, b, limit)).toBe(Math.min(textbook(a, b), limit))
    })
  )
})
