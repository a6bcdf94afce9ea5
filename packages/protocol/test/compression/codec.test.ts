import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CODEC_NAMES,
  CorruptCompressedData,
  codecId,
  codecName,
  compress,
  DecompressedTooLarge,
  decompress
} from '../../src/records/index.ts'
import { anyInput, largeInput } from './inputs.ts'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
/** Of this thread only; garbage counts, too. */
function bufferBytes(): number {
  const { arrayBuffers, external } = process.memoryUsage()
  return arrayBuffers + external
}

const LIMIT = 8 * 1024 * 1024

test('numbers are those of the batch attributes', () => {
  expect(CODEC_NAMES.map(codecId)).toEqual([0, 1, 2, 3, 4])
  expect([0, 1, 2, 3, 4, 5, 7].map(codecName)).toEqual([...CODEC_NAMES, undefined, undefined])
})

test('none is the bytes themselves', () => {
  const bytes = Buffer.from('as they are')
  expect(compress('none', bytes)).toBe(bytes)
  expect(decompress('none', bytes, 0)).toBe(bytes)
})

describe.each(CODECS)('%s', codec => {
  test('gives back what it got', () => {
    fc.assert(
      fc.property(anyInput, input => {
        expect(decompress(codec, compress(codec, input), LIMIT).equals(input)).toBe(true)
      })
    )
  })

  test('over several blocks, and nothing at all', () => {
    for (const size of [0, 1, 32 * 1024, 64 * 1024, 64 * 1024 + 1, 1_000_000]) {
      const input = largeInput(size)
      const packed = compress(codec, input)
      expect(decompress(codec, packed, size).equals(input)).toBe(true)
      if (size > 1000) expect(packed.length).toBeLessThan(size * 0.6)
    }
  })

  test('several streams after each other are one', () => {
    const parts = ['one', 'two', 'three'].map(text => compress(codec, Buffer.from(text)))
    expect(decompress(codec, Buffer.concat(parts), LIMIT).toString()).toBe('onetwothree')
    expect(() => decompress(codec, Buffer.concat(parts), 10)).toThrow(DecompressedTooLarge)
    expect(decompress(codec, Buffer.concat(parts), 11)).toHaveLength(11)
  })

  test('the limit is exact', () => {
    const packed = compress(codec, largeInput(200_000))
    expect(decompress(codec, packed, 200_000)).toHaveLength(200_000)
    expect(() => decompress(codec, packed, 199_999)).toThrow(DecompressedTooLarge)
    expect(() => decompress(codec, packed, 1)).toThrow(DecompressedTooLarge)
    expect(() => decompress(codec, packed, 0)).toThrow(DecompressedTooLarge)
  })

  test('a bomb of 64 MiB ends at the limit, before it is in memory', () => {
    const bomb = compress(codec, Buffer.alloc(64 * 1024 * 1024))
    const before = bufferBytes()
    expect(() => decompress(codec, bomb, 1024 * 1024)).toThrow(DecompressedTooLarge)
    expect(bufferBytes() - before).toBeLessThan(16 * 1024 * 1024)
  })

  test('every cut is corrupt', () => {
    const packed = compress(codec, largeInput(3000))
    for (let length = 0; length < packed.length; length++) {
      // snappy-java has no end mark, so its bare header is an empty stream.
      if (codec === 'snappy' && length === 16) continue
      expect(() => decompress(codec, packed.subarray(0, length), LIMIT)).toThrow(CorruptCompressedData)
    }
  })

  test('garbage is corrupt, alone and behind a stream', () => {
    const packed = compress(codec, largeInput(3000))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), garbage => {
        expect(() => decompress(codec, Buffer.concat([packed, garbage]), LIMIT)).toThrow(CorruptCompressedData)
      })
    )
    expect(() => decompress(codec, Buffer.from('not compressed at all'), LIMIT)).toThrow(CorruptCompressedData)
    expect(() => decompress(codec, Buffer.concat([packed, Buffer.alloc(9)]), LIMIT)).toThrow(CorruptCompressedData)
  })

  test('damage ends in a result or in a named error, within the limit', () => {
    const flips = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 4 })
    const packed = compress(codec, largeInput(4000))
    fc.assert(
      fc.property(flips, bytes => {
        const damaged = Buffer.from(packed)
        // Mostly the front, where the lengths are.
        for (const { at, value } of bytes) damaged[at % (at % 2 === 0 ? 24 : damaged.length)] = value
        try {
          expect(decompress(codec, damaged, 8000).length).toBeLessThanOrEqual(8000)
        } catch (error) {
          const isNamed = error instanceof CorruptCompressedData || error instanceof DecompressedTooLarge
          if (!isNamed) throw error
        }
      }),
      { numRuns: 3000 }
    )
  })
})

test('thousands of tiny zstd frames are refused, because each costs a decoder', () => {
  const frames = Array.from({ length: 10_000 }, () => compress('zstd', Buffer.from('x')))
  expect(() => decompress('zstd', Buffer.concat(frames), LIMIT)).toThrow('more than 64 frames')
})
