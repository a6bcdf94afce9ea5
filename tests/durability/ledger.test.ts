import { SeededPrng } from '@streambus/testkit'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { Faults } from './faults.ts'
import { PartitionLedger, type PartitionRead, type ReadRecord } from './ledger.ts'
import { makeValue, readValue } from './values.ts'

// The checker itself must be able to fail: each kind of damage is planted once into a history that is fine.

const A = 1
const B = 2

/** Offsets from `logStartOffset` on, 'A0' is record 0 of producer A, '!' one whose bytes are wrong. */
function reading(text: string, logStartOffset = 0): PartitionRead {
  const records = text.split(' ').map((word, index): ReadRecord => {
    const offset = logStartOffset + index
    if (word === '!') return { offset, producer: -1, sequence: -1, isIntact: false }
    return { offset, producer: word.startsWith('A') ? A : B, sequence: Number(word.slice(1)), isIntact: true }
  })
  return { logStartOffset, endOffset: logStartOffset + records.length, records, sizeBytes: records.length * 100 }
}

let ledger: PartitionLedger

/** A sent 0 … 3 in two batches and has both acknowledged, B sent 0 … 2, of which 2 was not answered. */
beforeEach(() => {
  ledger = new PartitionLedger('t-0')
  ledger.join(A, 'idempotent')
  ledger.join(B, 'retrying')
  ledger.sent(A, 0, 2)
  ledger.acknowledged(A, 0, 2, 0)
  ledger.sent(B, 0, 2)
  ledger.acknowledged(B, 0, 2, 2)
  ledger.sent(A, 2, 2)
  ledger.acknowledged(A, 2, 2, 4)
  ledger.sent(B, 2, 1)
})

function verdict(read: PartitionRead): string[] {
  const faults = new Faults()
  ledger.check(read, faults)
  return faults.kinds
}

describe('what is fine', () => {
  test.each(['A0 A1 B0 B1 A2 A3', 'A0 A1 B0 B1 A2 A3 B2'])('%s', text => {
    expect(verdict(reading(text))).toEqual([])
  })

  test('a batch that was sent again is there twice', () => {
    ledger.sentAgain(B, 2, 1)
    expect(verdict(reading('A0 A1 B0 B1 A2 A3 B2 B2'))).toEqual([])
  })

  test('what was deleted is gone, also in the middle of a copy', () => {
    ledger.sent(B, 3, 2)
    ledger.sentAgain(B, 3, 2)
    ledger.acknowledged(B, 3, 2, 9)
    ledger.deletionRequested(8)
    expect(verdict(reading('B4 B3 B4', 8))).toEqual([])
  })
})

describe('what is not', () => {
  test.each([
    ['the last acknowledged record is missing', 'A0 A1 B0 B1 A2', ['lost']],
    ['all are missing', 'B2', ['lost', 'moved']],
    ['one in the middle is missing', 'A0 A1 B0 A2 A3', ['lost', 'moved']],
    ['an idempotent producer’s record is there twice', 'A0 A1 B0 B1 A2 A3 A3', ['duplicated']],
    ['a record that was sent once is there twice', 'A0 A1 B0 B1 A2 A3 B2 B2', ['duplicated']],
    ['two records changed places', 'A0 A1 B0 B1 A3 A2', ['gap', 'moved', 'reordered']],
    ['a record that nobody sent', 'A0 A1 B0 B1 A2 A3 A4', ['unknown']],
    ['bytes that nobody sent', 'A0 A1 B0 B1 A2 A3 !', ['damaged']],
    ['damaged bytes', 'A0 ! B0 B1 A2 A3', ['damaged', 'gap', 'lost', 'moved']]
  ])('%s', (_, text, kinds) => {
    expect(verdict(reading(text))).toEqual(kinds)
  })

  test('a record in between is missing that was sent and not answered', () => {
    ledger.sent(A, 4, 2)
    expect(verdict(reading('A0 A1 B0 B1 A2 A3 A5'))).toEqual(['gap'])
  })

  test('a copy behind what was sent later', () => {
    ledger.sentAgain(B, 0, 2)
    expect(verdict(reading('A0 A1 B0 B1 A2 A3 B2 B0'))).toEqual(['duplicated'])
  })

  test('what a reader was given is gone, although nobody was told that it is safe', () => {
    expect(verdict(reading('A0 A1 B0 B1 A2 A3 B2'))).toEqual([])
    expect(verdict(reading('A0 A1 B0 B1 A2 A3'))).toEqual(['lost'])
  })

  test('a log start that nobody asked for, and one that fell back', () => {
    expect(verdict(reading('B0 B1 A2 A3', 2))).toEqual(['log-start'])
    ledger.deletionRequested(4)
    ledger.deletionAcknowledged(4)
    expect(verdict(reading('B0 B1 A2 A3', 2))).toEqual(['log-start'])
  })

  test('a hole between offsets and an end that reading does not reach', () => {
    const whole = reading('A0 A1 B0 B1 A2 A3')
    const records = whole.records.map(record => (record.offset === 5 ? { ...record, offset: 6 } : record))
    expect(verdict({ ...whole, records, endOffset: 9 })).toEqual(['hole', 'lost'])
  })
})

test('any single record taken away, doubled or exchanged is noticed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 2, max: 40 }), (seed, count) => {
      const prng = new SeededPrng(seed)
      const long = new PartitionLedger('t-0')
      long.join(A, 'idempotent')
      long.sent(A, 0, count)
      long.acknowledged(A, 0, count, 0)
      const words = Array.from({ length: count }, (_, index) => `A${index}`)
      const at = prng.below(count)
      const other = (at + 1 + prng.below(count - 1)) % count
      const taken = words[at] as string
      const damage = prng.below(3)
      if (damage === 0) words.splice(at, 1)
      else if (damage === 1) words.splice(at, 0, taken)
      else {
        words[at] = words[other] as string
        words[other] = taken
      }
      const faults = new Faults()
      long.check(reading(words.join(' ')), faults)
      expect(faults.isEmpty).toBe(false)
    })
  )
})

test('a value is known by every one of its bytes', () => {
  fc.assert(
    fc.property(fc.nat(65_535), fc.nat(), fc.nat(), fc.nat(254), (producer, sequence, at, by) => {
      const value = makeValue({ producer, sequence })
      expect(readValue(value)).toEqual({ producer, sequence })
      const index = at % value.length
      value[index] = ((value[index] as number) + by + 1) & 0xff
      expect(readValue(value)).toBeNull()
    })
  )
})
