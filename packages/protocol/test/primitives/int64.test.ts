import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecodeError, EncodeError } from '../../src/primitives/codec-error.ts'
import { readClampedInt64, readInt64, writeInt64 } from '../../src/primitives/int64.ts'

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const edges = [
  0n,
  1n,
  -1n,
  SAFE,
  -SAFE,
  SAFE + 1n,
  -SAFE - 1n,
  SAFE + 2n,
  -SAFE - 2n,
  2n ** 32n,
  -(2n ** 32n),
  2n ** 32n - 1n
]
const anyInt64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -SAFE - 3n, max: SAFE + 3n }),
  fc.constantFrom(...edges, 2n ** 63n - 1n, -(2n ** 63n))
)

test('reads what BigInt reads and refuses what a number cannot hold', () => {
  const bytes = Buffer.alloc(11)
  fc.assert(
    fc.property(anyInt64, fc.integer({ min: 0, max: 3 }), (value, offset) => {
      bytes.writeBigInt64BE(value, offset)
      expect(readClampedInt64(bytes, offset)).toBe(Number(value < -SAFE ? -SAFE : value > SAFE ? SAFE : value))
      if (value >= -SAFE && value <= SAFE) expect(readInt64(bytes, offset)).toBe(Number(value))
      else expect(() => readInt64(bytes, offset)).toThrow(DecodeError)
    }),
    { numRuns: 5000 }
  )
})

test('writes what BigInt writes', () => {
  const bytes = Buffer.alloc(8)
  fc.assert(
    fc.property(
      fc.oneof(fc.maxSafeInteger(), fc.constantFrom(...edges.map(Number).filter(Number.isSafeInteger))),
      value => {
        writeInt64(bytes, 0, value)
        expect(bytes.readBigInt64BE(0)).toBe(BigInt(value))
      }
    ),
    { numRuns: 5000 }
  )
})

test.each([2 ** 53, -(2 ** 53), 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to write %d', value => {
  expect(() => writeInt64(Buffer.alloc(8), 0, value)).toThrow(EncodeError)
})
