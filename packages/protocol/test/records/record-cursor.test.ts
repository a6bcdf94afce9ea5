import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedRecords, RecordCursor } from '../../src/records/record-cursor.ts'

/** The dumb twin: zig-zag and seven bits at a time, in BigInt. */
function slowVarint(value: bigint, bits: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(Number(bits), (value << 1n) ^ (value >> (bits - 1n)))
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}

function cursorOver(bytes: Buffer, tail = Buffer.alloc(0)): RecordCursor {
  return new RecordCursor(Buffer.concat([bytes, tail]), 0, bytes.length)
}

const small = fc.integer({ min: -20_000, max: 20_000 }).map(BigInt)
const int32 = fc.oneof(small, fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n), fc.constantFrom(-(2n ** 31n), 2n ** 31n - 1n))
const int64 = fc.oneof(
  int32,
  fc.bigInt(-(2n ** 53n), 2n ** 53n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n)
)
const tail = fc.uint8Array({ maxLength: 3 }).map(bytes => Buffer.from(bytes))

describe('numbers are what BigInt makes of them', () => {
  test('varint', () => {
    fc.assert(
      fc.property(int32, tail, (value, after) => {
        const cursor = cursorOver(slowVarint(value, 32n), after)
        expect(cursor.varint()).toBe(Number(value))
        expect(cursor.at).toBe(cursor.end)
      }),
      { numRuns: 3000 }
    )
  })

  test('varlong: exact within ±(2^53 − 1), rounded outside', () => {
    fc.assert(
      fc.property(int64, tail, (value, after) => {
        const cursor = cursorOver(slowVarint(value, 64n), after)
        expect(cursor.varlong() + 0).toBe(Number(value))
        expect(cursor.at).toBe(cursor.end)
      }),
      { numRuns: 3000 }
    )
  })
})

describe('what does not end in time', () => {
  test('is refused where the bytes end, whatever follows them in the buffer', () => {
    fc.assert(
      fc.property(int64, fc.nat(9), (value, cut) => {
        const bytes = slowVarint(value, 64n)
        const cursor = new RecordCursor(Buffer.concat([bytes, Buffer.alloc(9)]), 0, Math.min(cut, bytes.length - 1))
        expect(() => cursor.varlong()).toThrow(MalformedRecords)
        const again = new RecordCursor(Buffer.concat([bytes, Buffer.alloc(9)]), 0, Math.min(cut, bytes.length - 1))
        expect(() => again.varint()).toThrow(MalformedRecords)
      })
    )
  })

  test('is refused when it has more bits than the number', () => {
    expect(() => cursorOver(Buffer.from('8080808010', 'hex')).varint()).toThrow('more than 32 bits')
    expect(() => cursorOver(Buffer.from('808080808000', 'hex')).varint()).toThrow('more than 32 bits')
    expect(cursorOver(Buffer.from('ffffffff0f', 'hex')).varint()).toBe(-(2 ** 31))
    expect(() => cursorOver(Buffer.from('80808080808080808002', 'hex')).varlong()).toThrow('more than 64 bits')
    expect(() => cursorOver(Buffer.from('8080808080808080808000', 'hex')).varlong()).toThrow('more than 64 bits')
    expect(cursorOver(Buffer.from('ffffffffffffffffff01', 'hex')).varlong()).toBe(-(2 ** 63))
  })

  test('padding is read as Kafka reads it', () => {
    expect(cursorOver(Buffer.from('828000', 'hex')).varint()).toBe(1)
    expect(cursorOver(Buffer.from('828000', 'hex')).varlong()).toBe(1)
  })
})
