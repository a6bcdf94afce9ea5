import fc from 'fast-check'
import { expect, test } from 'vitest'
import { historyFaults, NO_FAULTS } from '../src/history.ts'

const sent = ['a', 'b', 'c', 'd']

test('each fault is told apart', () => {
  expect(historyFaults({ sent, acknowledged: ['a', 'b'], read: ['a', 'c', 'b', 'c', 'x'] })).toEqual({
    lost: [],
    duplicated: ['c'],
    reordered: ['b'],
    unknown: ['x']
  })
  expect(historyFaults({ sent, acknowledged: ['a', 'd'], read: ['a'] })).toEqual({ ...NO_FAULTS, lost: ['d'] })
})

test('an unacknowledged record may be there or not', () => {
  expect(historyFaults({ sent, acknowledged: ['a', 'c'], read: ['a', 'c'] })).toEqual(NO_FAULTS)
  expect(historyFaults({ sent, acknowledged: ['a', 'c'], read: ['a', 'b', 'c', 'd'] })).toEqual(NO_FAULTS)
})

test('values that repeat are refused: nothing could be said about them', () => {
  expect(() => historyFaults({ sent: ['a', 'a'], acknowledged: [], read: [] })).toThrow('unique')
})

test('swapping, doubling or dropping any record of an intact history is seen', () => {
  const histories = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 50 })
  fc.assert(
    fc.property(histories, fc.nat(), (values, at) => {
      const index = at % (values.length - 1)
      const faults = (read: readonly string[]): number =>
        Object.values(historyFaults({ sent: values, acknowledged: values, read })).flat().length
      const swapped = [...values]
      swapped.splice(index, 2, values[index + 1] as string, values[index] as string)
      expect(faults(values)).toBe(0)
      expect(faults(swapped)).toBeGreaterThan(0)
      expect(faults(values.toSpliced(index, 1))).toBeGreaterThan(0)
      expect(faults([...values, values[index] as string])).toBeGreaterThan(0)
    })
  )
})
