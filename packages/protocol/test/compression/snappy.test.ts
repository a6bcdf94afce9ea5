import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptCompressedData, DecompressedTooLarge } from '../../src/compression/compression-error.ts'
import {
  nativeSnappy,
  type SnappyBlocks,
  scriptSnappy,
  snappyCompress,
  snappyDecompress
} from '../../src/compression/snappy.ts'
import { anyInput, largeInput } from './inputs.ts'

const LIMIT = 8 * 1024 * 1024
const native = nativeSnappy()
const script = scriptSnappy()
const XERIAL = Buffer.from('82534e41505059000000000100000001', 'hex')

function outcome(run: () => Buffer): string {
  try {
    return run().toString('hex')
  } catch (error) {
    if (error instanceof DecompressedTooLarge) return 'too large'
    if (error instanceof CorruptCompressedData) return 'corrupt'
    throw error
  }
}

describe('the native package and the scripts', () => {
  const pairs: readonly (readonly [string, SnappyBlocks, SnappyBlocks])[] = [
    ['native → script', native, script],
    ['script → native', script, native],
    ['script → script', script, script]
  ]

  test.each(pairs)('read each other: %s', (_name, writer, reader) => {
    fc.assert(
      fc.property(anyInput, input => {
        expect(snappyDecompress(snappyCompress(input, writer), LIMIT, reader).equals(input)).toBe(true)
        expect(snappyDecompress(writer.compress(input), LIMIT, reader).equals(input)).toBe(true)
      })
    )
    const large = largeInput(300_000)
    expect(snappyDecompress(writer.compress(large), LIMIT, reader).equals(large)).toBe(true)
  })

  test('come to the same result over damaged blocks', () => {
    const flips = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 3 })
    const packed = native.compress(largeInput(1500))
    fc.assert(
      fc.property(flips, bytes => {
        const damaged = Buffer.from(packed)
        for (const { at, value } of bytes) damaged[at % damaged.length] = value
        const [one, other] = [native, script].map(blocks => outcome(() => snappyDecompress(damaged, LIMIT, blocks)))
        expect(one).toBe(other)
      }),
      { numRuns: 4000 }
    )
  })
})

describe('framing', () => {
  test('ours is snappy-java’s: header, then blocks of 32 KiB with their lengths', () => {
    const packed = snappyCompress(largeInput(70_000))
    expect(packed.subarray(0, 16)).toEqual(XERIAL)
    let at = 16
    const sizes: number[] = []
    while (at < packed.length) {
      const length = packed.readInt32BE(at)
      sizes.push(native.decompress(packed.subarray(at + 4, at + 4 + length)).length)
      at += 4 + length
    }
    expect(sizes).toEqual([32_768, 32_768, 70_000 - 65_536])
  })

  test('blocks larger than ours are read', () => {
    const block = native.compress(largeInput(200_000))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    expect(snappyDecompress(Buffer.concat([XERIAL, length, block]), LIMIT).equals(largeInput(200_000))).toBe(true)
  })

  test.each(['00000000', 'ffffffff', '7fffffff', '000000'])('block length %s is corrupt', length => {
    const bytes = Buffer.concat([XERIAL, Buffer.from(length, 'hex')])
    expect(() => snappyDecompress(bytes, LIMIT)).toThrow(CorruptCompressedData)
  })

  test('a block that is snappyjs’s is read, too', () => {
    const snappyjs = createRequire(import.meta.url)('snappyjs') as { compress(bytes: Buffer): Buffer }
    expect(snappyDecompress(snappyjs.compress(largeInput(5000)), LIMIT).equals(largeInput(5000))).toBe(true)
  })
})

describe('declared lengths', () => {
  test('are refused before anything is allocated for them', () => {
    for (const length of ['ffffffff0f', 'ffffff7f', '80808001']) {
      const block = Buffer.concat([Buffer.from(length, 'hex'), Buffer.alloc(20)])
      expect(() => snappyDecompress(block, 2 ** 40)).toThrow('cannot hold')
    }
    expect(() => snappyDecompress(Buffer.from('808080808001', 'hex'), LIMIT)).toThrow('no length')
    expect(() => snappyDecompress(Buffer.alloc(0), LIMIT)).toThrow('no length')
  })

  test('the densest block there is, is read', () => {
    // One literal, then copies of 64 from one back.
    const copies = Buffer.from('fe0100'.repeat(1000), 'hex')
    const total = 64_001
    const varint = Buffer.from([(total & 0x7f) | 0x80, ((total >>> 7) & 0x7f) | 0x80, total >>> 14])
    const block = Buffer.concat([varint, Buffer.from('0061', 'hex'), copies])
    for (const blocks of [native, script]) {
      expect(snappyDecompress(block, LIMIT, blocks).equals(Buffer.alloc(total, 'a'))).toBe(true)
    }
  })

  test.each([
    ['more output', '020061fe0100'],
    ['less output', '050061'],
    ['a literal beyond the block', '050861'],
    ['a long literal without its length', '05f4'],
    ['a literal of 2^32 bytes', '05fcffffffff61'],
    ['a copy without its offset', '05006101'],
    ['an offset of 0', '0500610100'],
    ['an offset before the start', '0500610102']
  ])('%s is corrupt', (_name, hex) => {
    for (const blocks of [native, script]) {
      expect(() => snappyDecompress(Buffer.from(hex, 'hex'), LIMIT, blocks)).toThrow(CorruptCompressedData)
    }
  })
})
