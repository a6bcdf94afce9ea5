import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecodeError } from '../../src/primitives/codec-error.ts'
import { unsignedVarintSize, varintSize, varlongSize } from '../../src/primitives/varint.ts'
import { WireReader } from '../../src/primitives/wire-reader.ts'
import { WireWriter } from '../../src/primitives/wire-writer.ts'

/** The dumb twin: seven bits at a time, in BigInt. */
function slowVarint(unsigned: bigint): Buffer {
  const bytes: number[] = []
  let rest = unsigned
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

function zigZag(value: number, bits: bigint): bigint {
  return BigInt.asUintN(Number(bits), (BigInt(value) << 1n) ^ (BigInt(value) >> (bits - 1n)))
}

function written(write: (writer: WireWriter) => void): Buffer {
  const writer = new WireWriter(2)
  write(writer)
  return Buffer.concat(writer.chunks())
}

const anyInt32 = fc.oneof(fc.integer(), fc.integer({ min: -200, max: 200 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1))
const anyInt53 = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)
)

test('unsigned varints are what BigInt makes of them', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.nat(300), fc.constant(2 ** 31 - 1)), value => {
      const bytes = slowVarint(BigInt(value))
      expect(written(writer => writer.unsignedVarint(value))).toEqual(bytes)
      expect(new WireReader(bytes).unsignedVarint()).toBe(value)
      expect(unsignedVarintSize(value)).toBe(bytes.length)
    }),
    { numRuns: 3000 }
  )
})

test('varints are what BigInt makes of them', () => {
  fc.assert(
    fc.property(anyInt32, value => {
      const bytes = slowVarint(zigZag(value, 32n))
      expect(written(writer => writer.varint(value))).toEqual(bytes)
      expect(new WireReader(bytes).varint()).toBe(value)
      expect(varintSize(value)).toBe(bytes.length)
    }),
    { numRuns: 3000 }
  )
})

test('varlongs are what BigInt makes of them', () => {
  fc.assert(
    fc.property(anyInt53, value => {
      const bytes = slowVarint(zigZag(value, 64n))
      expect(written(writer => writer.varlong(value))).toEqual(bytes)
      expect(new WireReader(bytes).varlong()).toBe(value)
      expect(varlongSize(value)).toBe(bytes.length)
    }),
    { numRuns: 3000 }
  )
})

test('varlongs beyond 53 bits are refused', () => {
  const max = BigInt(Number.MAX_SAFE_INTEGER)
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
      const reader = new WireReader(slowVarint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))))
      if (value >= -max && value <= max) expect(reader.varlong()).toBe(Number(value))
      else expect(() => reader.varlong()).toThrow(DecodeError)
    }),
    { numRuns: 3000 }
  )
})

const bad = {
  unsignedVarint: ['8000', '808000', 'ff00', '8080808008', 'ffffffff0f', '808080808001', '80', ''],
  varint: ['8000', 'ffffffff1f', 'ffffffffff01', '80'],
  varlong: [
    '8000',
    '80808080808080808002',
    'ffffffffffffffffff02',
    'ffffffffffffffffffff01',
    'ffffffffffffffffff01',
    '80'
  ]
} as const

test.each(Object.entries(bad).flatMap(([kind, list]) => list.map(hex => [kind as keyof typeof bad, hex] as const)))(
  '%s %s is refused',
  (kind, hex) => {
    expect(() => new WireReader(Buffer.from(hex, 'hex'))[kind]()).toThrow(DecodeError)
  }
)
