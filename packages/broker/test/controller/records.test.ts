import { SeededPrng } from '@streambus/testkit'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { expect, test } from 'vitest'
import { placeReplicas } from '../../src/controller/placement.ts'
import { type MetadataRecord, RecordCodec, UnknownMetadataRecord } from '../../src/controller/records.ts'
import { randomUuid } from '../../src/controller/uuid.ts'

const text = fc.string()
const number = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })
const nodes = fc.array(fc.nat(), { maxLength: 4 })
const record: fc.Arbitrary<MetadataRecord> = fc.oneof(
  fc.record({ type: fc.constant('cluster' as const), clusterId: text }),
  fc.record({
    type: fc.constant('broker' as const),
    nodeId: number,
    host: text,
    port: number,
    rack: fc.option(text, { nil: null }),
    isClean: fc.boolean()
  }),
  fc.record({ type: fc.constant('topic' as const), name: text, id: text }),
  fc.record({
    type: fc.constant('partition' as const),
    topicId: text,
    index: number,
    leader: number,
    leaderEpoch: number,
    partitionEpoch: number,
    replicas: nodes,
    isr: nodes
  }),
  fc.record({ type: fc.constant('topic-removed' as const), topicId: text }),
  fc.record({
    type: fc.constant('config' as const),
    resource: fc.constantFrom('topic' as const, 'broker' as const),
    name: text,
    key: text,
    value: fc.option(text, { nil: null })
  }),
  fc.record({ type: fc.constant('producer-ids' as const), next: number })
)

test('every record survives the log', () => {
  fc.assert(
    fc.property(record, original => {
      const codec = new RecordCodec()
      expect(codec.decode(codec.encode(original))).toEqual(original)
    })
  )
})

test.each([
  ['another version', { v: 1, type: 'topic' }, 'metadata record topic v1: this program knows v0'],
  ['another type', { v: 0, type: 'acl' }, 'metadata record acl v0: this program knows v0'],
  ['a type that every object has', { v: 0, type: 'constructor' }, 'metadata record constructor v0'],
  ['no type', { v: 0 }, 'is not a map with a version and a type'],
  ['no map', 5, 'is not a map with a version and a type'],
  ['nothing', null, 'is not a map with a version and a type']
])('%s is refused, not guessed', (_, value, message) => {
  const bytes = new Packr({ useRecords: false }).pack(value)
  expect(() => new RecordCodec().decode(bytes)).toThrow(UnknownMetadataRecord)
  expect(() => new RecordCodec().decode(bytes)).toThrow(message)
})

test('ids are never zero, never begin with a dash, and do not repeat', () => {
  const prng = new SeededPrng(1)
  const ids = Array.from({ length: 5_000 }, () => randomUuid(prng))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
  // 0xf8 begins an id with '-', zeros are the zero id: both are drawn again.
  const draws = [new Uint8Array(16), new Uint8Array(16).fill(0xf8), new Uint8Array(16).fill(1)]
  const bytes = (): Uint8Array => draws.shift() ?? new Uint8Array(16).fill(2)
  expect(randomUuid({ u32: () => 0, bytes })).toBe(Buffer.alloc(16, 1).toString('base64url'))
})

test('every partition gets different brokers, and leaders are spread evenly', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 6 }),
      fc.nat(20),
      fc.nat(30),
      fc.nat(5),
      (brokerIds, firstIndex, count, extra) => {
        const replicationFactor = 1 + (extra % brokerIds.length)
        const placed = placeReplicas({ brokerIds, firstIndex, count, replicationFactor })
        expect(placed).toHaveLength(count)
        const leaders = new Map(brokerIds.map(id => [id, 0]))
        for (const replicas of placed) {
          expect(new Set(replicas).size).toBe(replicationFactor)
          const [leader] = replicas as [number]
          leaders.set(leader, (leaders.get(leader) ?? 0) + 1)
        }
        expect(Math.max(...leaders.values()) - Math.min(...leaders.values())).toBeLessThanOrEqual(1)
      }
    )
  )
})
