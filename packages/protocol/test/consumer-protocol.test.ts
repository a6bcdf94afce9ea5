import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription
} from '../src/consumer-protocol.ts'
import {
  type ApiSchema,
  DecodeError,
  decodeRequestHeader,
  joinGroupApi,
  syncGroupApi,
  WireReader
} from '../src/index.ts'
import { definitionsMissing, readDefinition } from './support/kafka-definitions.ts'
import { parseVersions } from './support/row-values.ts'
import { rowsOfDefinition, rowsOfTable } from './support/rows.ts'

const version = fc.integer({ min: 0, max: 3 })
const int32 = fc.oneof(fc.nat(100), fc.constantFrom(-1, 2 ** 31 - 1, -(2 ** 31)))
const userData = fc.option(fc.uint8Array().map(bytes => Buffer.from(bytes)))
const partitions = fc.array(fc.record({ topic: fc.string(), partitions: fc.array(int32) }), { maxLength: 4 })
const subscription = fc.record({
  version,
  topics: fc.array(fc.string(), { maxLength: 4 }),
  userData,
  ownedPartitions: partitions,
  generationId: int32,
  rackId: fc.option(fc.string())
})
const assignment = fc.record({ version, partitions, userData })

/** The version at the start is not what the rest was written in. */
function declaring(declared: number, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeInt16BE(declared)
  return changed
}

function hex(...parts: string[]): Buffer {
  return Buffer.from(parts.join(''), 'hex')
}

describe('as clients write it', () => {
  // Frames without their length bytes.
  function request<T>(file: string, api: ApiSchema<T, unknown>): T {
    const text = readFileSync(resolve(import.meta.dirname, 'golden', `${file}.hex`), 'latin1')
    const reader = new WireReader(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
    return api.request.decode(reader, decodeRequestHeader(reader).apiVersion)
  }

  test('a subscription of the Java client, in version 3', () => {
    const { protocols } = request('join-group-v9-request-java-4.3.1', joinGroupApi)
    const [range, sticky] = protocols.map(({ metadata }) => metadata)
    const common = { version: 3, topics: ['golden'], ownedPartitions: [], generationId: -1, rackId: null }
    expect(decodeSubscription(range as Buffer)).toEqual({ ...common, userData: null })
    // The generation that the sticky assignor remembers.
    expect(decodeSubscription(sticky as Buffer)).toEqual({ ...common, userData: hex('ffffffff') })
    for (const { metadata } of protocols) expect(encodeSubscription(decodeSubscription(metadata))).toEqual(metadata)
  })

  test('a subscription of KafkaJS, in version 0', () => {
    const metadata = request('join-group-v5-request-kafkajs-2.2.4', joinGroupApi).protocols[0]?.metadata as Buffer
    const found = decodeSubscription(metadata)
    expect(found).toMatchObject({ version: 0, topics: ['golden'], userData: Buffer.alloc(0) })
    expect(encodeSubscription(found)).toEqual(metadata)
  })

  test.each(['sync-group-v5-request-java-4.3.1', 'sync-group-v3-request-kcat-1.7.1'])('the assignment in %s', file => {
    const bytes = request(file, syncGroupApi).assignments[0]?.assignment as Buffer
    const found = decodeAssignment(bytes)
    expect(found.partitions).toEqual([{ topic: 'golden', partitions: [0, 1] }])
    expect(encodeAssignment(found)).toEqual(bytes)
  })
})

test.skipIf(definitionsMissing !== null).each([consumerProtocolSubscription, consumerProtocolAssignment])(
  '$name is what Kafka defines, field by field',
  table => {
    const definition = readDefinition(table.name)
    expect(table.versions).toEqual(parseVersions(definition.validVersions))
    expect(table.flexibleFrom).toBe(Number.POSITIVE_INFINITY)
    expect(rowsOfTable(table.fields, table.versions)).toEqual(rowsOfDefinition(definition, table.versions))
  }
)

describe('whatever was written comes back', () => {
  test('a subscription, without what its version lacks', () => {
    fc.assert(
      fc.property(subscription, given => {
        expect(decodeSubscription(encodeSubscription(given))).toEqual({
          ...given,
          ownedPartitions: given.version >= 1 ? given.ownedPartitions : [],
          generationId: given.version >= 2 ? given.generationId : -1,
          rackId: given.version >= 3 ? given.rackId : null
        })
      })
    )
  })

  test('an assignment', () => {
    fc.assert(
      fc.property(assignment, given => {
        expect(decodeAssignment(encodeAssignment(given))).toEqual(given)
      })
    )
  })

  test('the topics alone, from the prefix that all versions share', () => {
    fc.assert(
      fc.property(subscription, given => {
        const found = decodeSubscription(encodeSubscription(given), 0)
        expect(found).toMatchObject({ version: 0, topics: given.topics, userData: given.userData, generationId: -1 })
      })
    )
  })

  test('with nothing but what is needed, in the newest version', () => {
    const given = { version: 3, topics: ['t'], userData: null, ownedPartitions: [], generationId: -1, rackId: null }
    expect(decodeSubscription(encodeSubscription({ topics: ['t'] }))).toEqual(given)
    expect(decodeAssignment(encodeAssignment({ partitions: [] }))).toEqual({
      version: 3,
      partitions: [],
      userData: null
    })
  })
})

describe('a version above the newest is the newest with more behind it', () => {
  const more = fc.uint8Array().map(bytes => Buffer.from(bytes))
  const newer = fc.integer({ min: 4, max: 0x7fff })

  test('when read', () => {
    fc.assert(
      fc.property(subscription, newer, more, (given, declared, tail) => {
        const bytes = encodeSubscription({ ...given, version: 3 })
        expect(decodeSubscription(Buffer.concat([declaring(declared, bytes), tail]))).toEqual({ ...given, version: 3 })
      })
    )
    fc.assert(
      fc.property(assignment, newer, more, (given, declared, tail) => {
        const bytes = encodeAssignment({ ...given, version: 3 })
        expect(decodeAssignment(Buffer.concat([declaring(declared, bytes), tail]))).toEqual({ ...given, version: 3 })
      })
    )
  })

  test('when written', () => {
    expect(encodeSubscription({ version: 9, topics: ['t'] })).toEqual(encodeSubscription({ version: 3, topics: ['t'] }))
    expect(encodeAssignment({ version: 9, partitions: [] })).toEqual(encodeAssignment({ version: 3, partitions: [] }))
  })
})

describe('what is no such thing is refused with a DecodeError and nothing else', () => {
  test('cut off anywhere', () => {
    fc.assert(
      fc.property(subscription, given => {
        const bytes = encodeSubscription(given)
        for (let end = 0; end < bytes.length; end++) {
          expect(() => decodeSubscription(bytes.subarray(0, end))).toThrow(DecodeError)
        }
      }),
      { numRuns: 30 }
    )
    fc.assert(
      fc.property(assignment, given => {
        const bytes = encodeAssignment(given)
        for (let end = 0; end < bytes.length; end++) {
          expect(() => decodeAssignment(bytes.subarray(0, end))).toThrow(DecodeError)
        }
      }),
      { numRuns: 30 }
    )
  })

  test('any bytes', () => {
    const bytes = fc.tuple(fc.integer({ min: -1, max: 4 }), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(bytes, ([declared, rest]) => {
        const data = declaring(declared, Buffer.concat([Buffer.alloc(2), rest]))
        for (const decode of [decodeSubscription, decodeAssignment]) {
          try {
            decode(data)
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        }
      })
    )
  })

  test.each([
    ['a negative version', 'ffff00000000ffffffff', /version -1 is negative/],
    ['a count that its bytes cannot hold', '00007fffffffffffffff', /array count 2147483647 needs at least/],
    ['a count below −1', '0000fffffffeffffffff', /array count -2 is negative/],
    ['a list that is null', '0000ffffffffffffffff', /array is null/]
  ])('%s', (_what, text, reason) => {
    expect(() => decodeSubscription(hex(text))).toThrow(reason)
    expect(() => decodeAssignment(hex(text))).toThrow(reason)
  })

  test('counts that are each legal but too many together', () => {
    const partitions = Array.from({ length: 60_000 }, (_, index) => index)
    const bytes = encodeAssignment({ partitions: ['a', 'b'].map(topic => ({ topic, partitions })) })
    expect(() => decodeAssignment(bytes)).toThrow(/budget/)
  })

  test('an assignment that is empty', () => {
    expect(() => decodeAssignment(Buffer.alloc(0))).toThrow(DecodeError)
  })
})

test('a version below 0 cannot be written', () => {
  expect(() => encodeSubscription({ version: -1, topics: [] })).toThrow(RangeError)
})
