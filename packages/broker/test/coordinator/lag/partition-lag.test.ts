import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lagOf } from '../../../src/coordinator/lag/partition-lag.ts'

test('the lag is the number of offsets that are left, and of those below the start nothing can be read', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(40), fc.nat(40), (committedOffset, start, length) => {
      const endOffset = start + length
      const offsets = Array.from({ length: endOffset }, (_, offset) => offset)
      const left = offsets.filter(offset => offset >= committedOffset)
      expect(lagOf({ committedOffset, logStartOffset: start, endOffset })).toEqual({
        records: left.length,
        lostRecords: left.filter(offset => offset < start).length,
        isAboveEnd: committedOffset > endOffset
      })
    })
  )
})

test('a group that has committed nothing has no lag', () => {
  expect(lagOf({ committedOffset: -1, logStartOffset: 0, endOffset: 10 })).toBeNull()
})
