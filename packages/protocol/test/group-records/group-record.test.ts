import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from '../../src/group-records/index.ts'

// What Kafka 4.3.1 wrote for a classic group, a KIP-848 group and its deletion: key and value in hex, − for null.
const file = readFileSync(resolve(import.meta.dirname, 'kafka-4.3.1.txt'), 'utf8')
const stored = file
  .trim()
  .split('\n')
  .map(line => {
    const [key = '', value = ''] = line.split(' ')
    return { key: Buffer.from(key, 'hex'), value: value === '-' ? null : Buffer.from(value, 'hex') }
  })

test("Kafka's records decode, and encode to the same bytes but for offsets, which are written so that tools can read them", () => {
  const kinds = new Map<string, number>()
  for (const { key, value } of stored) {
    const record = decodeGroupRecord(key, value) as GroupRecord
    kinds.set(record.kind, (kinds.get(record.kind) ?? 0) + 1)
    const again = encodeGroupRecord(record)
    expect(again.key.equals(key)).toBe(true)
    if (record.kind === 'offset') expect(again.value?.readInt16BE(0) ?? null).toBe(value === null ? null : 3)
    // Its hash uses all 64 bits.
    else if (record.kind === 'consumer-group') expect(again.value?.length).toBe(value?.length)
    else expect(again.value?.toString('hex')).toBe(value?.toString('hex'))
  }
  expect([...kinds.keys()].sort()).toEqual(
    [
      'classic-group',
      'consumer-group',
      'consumer-member',
      'current-assignment',
      'offset',
      'target-assignment',
      'target-member'
    ].sort()
  )
})

test('offsets are version 3: key 1, group, topic, partition; offset, leader epoch, metadata, commit time', () => {
  const value = { offset: 5, leaderEpoch: 2, metadata: 'm', commitTimestamp: 7 }
  const record = { kind: 'offset', groupId: 'g', topic: 't', partition: 3, value } as GroupRecord
  const { key, value: bytes } = encodeGroupRecord(record)
  expect(key.toString('hex')).toBe('00010001670001740000'.concat('0003'))
  expect(bytes?.toString('hex')).toBe('0003000000000000000500000002'.concat('00016d', '0000000000000007'))
})

test('whatever an offset is, it comes back', () => {
  const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const time = fc.maxSafeInteger()
  const value = fc.record({ offset: time, leaderEpoch: int, metadata: fc.string(), commitTimestamp: time })
  const key = fc.record({ groupId: fc.string(), topic: fc.string(), partition: int })
  fc.assert(
    fc.property(key, fc.option(value), (names, offset) => {
      const record = { kind: 'offset', ...names, value: offset } as GroupRecord
      const { key: keyBytes, value: valueBytes } = encodeGroupRecord(record)
      expect(decodeGroupRecord(keyBytes, valueBytes)).toMatchObject(record)
    })
  )
})

test('a kind that is not known is left alone; what is not as its key says is refused', () => {
  expect(decodeGroupRecord(Buffer.from('00630000', 'hex'), null)).toBeNull()
  expect(() => decodeGroupRecord(Buffer.from('000200', 'hex'), null)).toThrow(/GroupKey/)
  expect(() => decodeGroupRecord(Buffer.from('0002000167', 'hex'), Buffer.from('0009', 'hex'))).toThrow(RangeError)
})
