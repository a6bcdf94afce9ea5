import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apis, DecodeError, decodeRequestHeader, OBJECTS_MAX, WireReader, WireWriter } from '../../src/index.ts'
import { arbitraryStruct } from '../support/arbitrary-message.ts'
import { type AnyTable, shapes } from '../support/tables.ts'

/** Hex that is spaced out by field. */
const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** A few valid messages of this shape, the same in every run. */
function samples(table: AnyTable, version: number, count: number): Buffer[] {
  return fc.sample(arbitraryStruct(table.fields, version), { numRuns: count, seed: 7 }).map(value => {
    const writer = new WireWriter()
    table.encode(writer, value, version)
    return Buffer.concat(writer.chunks())
  })
}

/** Decodes to the last byte; true when that worked. Anything but a DecodeError escapes. */
function accepts(table: AnyTable, version: number, bytes: Buffer): boolean {
  const reader = new WireReader(bytes)
  try {
    table.decode(reader, version)
    reader.finish()
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  } finally {
    expect(reader.objectsLeft).toBeGreaterThanOrEqual(OBJECTS_MAX - bytes.length)
  }
}

// Counts, lengths and varints that claim too much, as they would stand in either encoding.
const LIES = [
  '7fffffff',
  'fffffffe',
  'ffffffff',
  '80000000',
  '7fff',
  'fffe',
  'ffffffff07',
  'ffffffff0f',
  '8000',
  '808080808000',
  '41'
]
const lies = LIES.map(lie => Buffer.from(lie, 'hex'))

describe.each(shapes)('%s v%i', (_name, version, table) => {
  test('is refused when cut short at any byte, or followed by one', () => {
    for (const bytes of samples(table, version, 3)) {
      expect(accepts(table, version, bytes)).toBe(true)
      // Long messages consist of records and text, where every cut is like the next.
      const step = Math.max(1, Math.floor(bytes.length / 200))
      for (let end = 0; end < bytes.length; end += step)
        expect(accepts(table, version, bytes.subarray(0, end))).toBe(false)
      expect(accepts(table, version, Buffer.concat([bytes, Buffer.alloc(1)]))).toBe(false)
    }
  })

  test('survives lies about lengths and counts at any byte', () => {
    for (const bytes of samples(table, version, 2)) {
      const step = Math.max(1, Math.floor(bytes.length / 60))
      for (let at = 0; at < bytes.length; at += step) {
        for (const lie of lies) {
          const damaged = Buffer.from(bytes)
          lie.copy(damaged, at)
          accepts(table, version, damaged)
        }
      }
    }
  })

  test('survives noise', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.constantFrom(0, 1, 2, 3, 255), { maxLength: 200 }).map(bytes => Uint8Array.from(bytes))
    )
    fc.assert(
      fc.property(noise, bytes => {
        accepts(table, version, Buffer.from(bytes))
      }),
      { numRuns: 25 }
    )
  })
})

/** Milliseconds that refusing takes; it must be far below what walking the claim would take. */
function refusalMs(run: () => unknown): number {
  const start = performance.now()
  expect(run).toThrow(DecodeError)
  return performance.now() - start
}

function unsignedVarint(value: number): Buffer {
  const writer = new WireWriter()
  writer.unsignedVarint(value)
  return Buffer.concat(writer.chunks())
}

test('20 million tagged fields in a header are refused at the count (CVE-2026-111115)', () => {
  const fields = Buffer.alloc(40_000_000)
  const header = Buffer.from('0003000900000001ffff', 'hex')
  const frame = Buffer.concat([header, unsignedVarint(20_000_000), fields])
  expect(refusalMs(() => decodeRequestHeader(new WireReader(frame)))).toBeLessThan(50)
})

test('a count that the bytes allow is refused beyond the object budget (CVE-2026-111108)', () => {
  const count = OBJECTS_MAX + 1
  const frame = Buffer.alloc(4 + count * 2)
  frame.writeInt32BE(count)
  expect(refusalMs(() => apis.metadata.request.decode(new WireReader(frame), 1))).toBeLessThan(50)
  frame.writeInt32BE(OBJECTS_MAX)
  expect(apis.metadata.request.decode(new WireReader(frame), 1).topics).toHaveLength(OBJECTS_MAX)
})

test('nested arrays share one budget', () => {
  // 400 topics of 400 partitions each: every count is small, their sum is not.
  const topic = Buffer.concat([Buffer.from('0000', 'hex'), Buffer.from('00000190', 'hex'), Buffer.alloc(400 * 16)])
  const frame = Buffer.concat([
    fromHex('ffffffff 00000000 00000000 7fffffff 00 00000190'),
    ...Array.from({ length: 400 }, () => topic)
  ])
  expect(() => apis.fetch.request.decode(new WireReader(frame), 4)).toThrow(/budget/)
})

test('a string or a record set is not made room for before its bytes are there', () => {
  const before = process.memoryUsage().arrayBuffers
  const produce = Buffer.from('ffff 0001 00000000 00000001 0000 00000001 00000000 7fffffff', 'hex')
  for (let round = 0; round < 1000; round++) {
    expect(() => apis.produce.request.decode(new WireReader(produce), 3)).toThrow(DecodeError)
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20)
})

test('an offset or a time at the end of the 64-bit range is an answerable question', () => {
  const request = fromHex('ffffffff 00000001 0001 74 00000001 00000000 7fffffffffffffff')
  const decoded = apis.listOffsets.request.decode(new WireReader(request), 1)
  expect(decoded.topics[0]?.partitions[0]?.timestamp).toBe(Number.MAX_SAFE_INTEGER)
})
