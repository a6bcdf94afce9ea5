import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HashSeed, KeyHash } from '../../src/compaction/key-hash.ts'
import { KeyMap } from '../../src/compaction/key-map.ts'

const SEED: HashSeed = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c]

function hex(hash: KeyHash, length: number, seedOfBytes = 0): string {
  const bytes = Buffer.from(Array.from({ length: length + seedOfBytes }, (_, i) => Math.max(0, i - seedOfBytes)))
  hash.update(bytes, seedOfBytes, bytes.length)
  const out = Buffer.alloc(16)
  hash.words.forEach((word, i) => void out.writeUInt32LE(word, i * 4))
  return out.toString('hex')
}

describe('the key hash', () => {
  test('is SipHash-2-4-128: vectors of its authors, recomputed with OpenSSL', () => {
    const hash = new KeyHash(SEED)
    expect(hex(hash, 0)).toBe('a3817f04ba25a8e66df67214c7550293')
    expect(hex(hash, 1)).toBe('da87c1d86b99af44347659119b22fc45')
    expect(hex(hash, 8)).toBe('3b62a9ba6258f5610f83e264f31497b4')
    expect(hex(hash, 15)).toBe('5493e99933b0a8117e08ec0f97cfc3d9')
  })

  test('looks at its range only', () => {
    expect(hex(new KeyHash(SEED), 15, 3)).toBe('5493e99933b0a8117e08ec0f97cfc3d9')
  })

  test('depends on the seed', () => {
    expect(hex(new KeyHash([1, 2, 3, 4]), 8)).not.toBe('3b62a9ba6258f5610f83e264f31497b4')
  })
})

describe('the key map', () => {
  test('says what a map of strings says, until it refuses at its capacity', () => {
    const operation = fc.record({ key: fc.string({ maxLength: 2 }), isPut: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.array(operation, { maxLength: 200 }), (slots, operations) => {
        const map = new KeyMap(slots * 24, SEED)
        const model = new Map<string, number>()
        expect(map.capacity).toBe(Math.floor(slots * 0.9))
        operations.forEach(({ key, isPut }, offset) => {
          const bytes = Buffer.from(key)
          if (isPut) {
            const fits = model.has(key) || model.size < map.capacity
            expect(map.put(bytes, 0, bytes.length, offset)).toBe(fits)
            if (fits) model.set(key, offset)
          }
          expect(map.get(bytes, 0, bytes.length)).toBe(model.get(key) ?? -1)
          expect(map.size).toBe(model.size)
        })
      })
    )
  })

  test('holds offset 0 and offsets beyond 32 bits', () => {
    const map = new KeyMap(240, SEED)
    const key = Buffer.from('k')
    map.put(key, 0, 1, 0)
    expect(map.get(key, 0, 1)).toBe(0)
    map.put(key, 0, 1, 2 ** 52)
    expect(map.get(key, 0, 1)).toBe(2 ** 52)
  })

  test('refuses memory for less than one key, and says how much it needs', () => {
    expect(() => new KeyMap(47, SEED)).toThrow('at least 48 bytes')
  })
})
