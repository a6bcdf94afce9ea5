import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptCompressedData, DecompressedTooLarge } from '../../src/compression/compression-error.ts'
import { lz4Compress, lz4Decompress } from '../../src/compression/lz4.ts'
import { type Lz4Blocks, nativeLz4, scriptLz4 } from '../../src/compression/lz4-block.ts'
import { xxhash32 } from '../../src/compression/xxhash32.ts'
import { anyInput, largeInput } from './inputs.ts'

const LIMIT = 8 * 1024 * 1024
const native = nativeLz4()
const script = scriptLz4()

function outcome(run: () => Buffer): string {
  try {
    return run().toString('hex')
  } catch (error) {
    if (error instanceof DecompressedTooLarge) return 'too large'
    if (error instanceof CorruptCompressedData) return 'corrupt'
    throw error
  }
}

describe('the native package and our own block codec', () => {
  const pairs: readonly (readonly [string, Lz4Blocks, Lz4Blocks])[] = [
    ['native → own', native, script],
    ['own → native', script, native],
    ['own → own', script, script]
  ]

  test.each(pairs)('read each other: %s', (_name, writer, reader) => {
    fc.assert(
      fc.property(anyInput, input => {
        expect(lz4Decompress(lz4Compress(input, writer), LIMIT, reader).equals(input)).toBe(true)
      })
    )
    const large = largeInput(300_000)
    expect(lz4Decompress(lz4Compress(large, writer), LIMIT, reader).equals(large)).toBe(true)
  })

  test('compress about as well as each other', () => {
    const large = largeInput(300_000)
    expect(lz4Compress(large, script).length / lz4Compress(large, native).length).toBeLessThan(1.15)
  })

  test('come to the same result over damaged frames', () => {
    const flips = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 3 })
    const packed = lz4Compress(largeInput(1500), native)
    fc.assert(
      fc.property(flips, bytes => {
        const damaged = Buffer.from(packed)
        for (const { at, value } of bytes) damaged[7 + (at % (damaged.length - 7))] = value
        const [one, other] = [native, script].map(blocks => outcome(() => lz4Decompress(damaged, LIMIT, blocks)))
        expect(one).toBe(other)
      }),
      { numRuns: 4000 }
    )
  })
})

describe('frames', () => {
  const header = (flags: number, sizes: number, rest = ''): Buffer => {
    const descriptor = Buffer.concat([Buffer.from([flags, sizes]), Buffer.from(rest, 'hex')])
    const checksum = (xxhash32(descriptor, 0, descriptor.length) >>> 8) & 0xff
    return Buffer.concat([Buffer.from('04224d18', 'hex'), descriptor, Buffer.from([checksum])])
  }
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  const stored = (text: string): Buffer => Buffer.concat([uint32(0x80000000 + text.length), Buffer.from(text)])
  const end = uint32(0)
  const read = (...parts: Buffer[]): string => lz4Decompress(Buffer.concat(parts), LIMIT).toString()

  test('Java reads the header that we write', () => {
    expect(lz4Compress(Buffer.alloc(0)).subarray(0, 7)).toEqual(header(0x60, 0x40))
  })

  test('stored blocks, content size, checksums', () => {
    const hash = (text: string): Buffer => uint32(xxhash32(Buffer.from(text), 0, text.length))
    expect(read(header(0x60, 0x40), stored('abc'), stored('de'), end)).toBe('abcde')
    expect(read(header(0x68, 0x40, '0500000000000000'), stored('abcde'), end)).toBe('abcde')
    expect(read(header(0x64, 0x40), stored('abc'), end, hash('abc'))).toBe('abc')
    expect(read(header(0x70, 0x40), stored('abc'), hash('abc'), end)).toBe('abc')
  })

  test.each([
    ['a wrong content checksum', [header(0x64, 0x40), stored('abc'), end, uint32(1)]],
    ['a wrong block checksum', [header(0x70, 0x40), stored('abc'), uint32(1), end]],
    ['a wrong content size', [header(0x68, 0x40, '0600000000000000'), stored('abcde'), end]],
    ['a wrong header checksum', [Buffer.from('04224d18604000', 'hex'), end]],
    ['a dictionary', [header(0x61, 0x40, '01000000'), stored('abc'), end]],
    ['a reserved flag', [header(0x62, 0x40), end]],
    ['another version', [header(0xa0, 0x40), end]],
    ['no block size', [header(0x60, 0x30), end]],
    ['a reserved size bit', [header(0x60, 0x41), end]],
    ['a block above the block size', [header(0x60, 0x40), uint32(0x80010001), Buffer.alloc(0x10001), end]],
    ['a block beyond the end', [header(0x60, 0x40), uint32(9), Buffer.from('abc')]],
    ['the frame format before this one', [Buffer.from('02214c18', 'hex'), end]],
    ['an empty compressed block', [header(0x60, 0x40), uint32(0x80000000), uint32(1), Buffer.alloc(1, 0xff), end]]
  ])('%s is corrupt', (_name, parts) => {
    expect(() => read(...parts)).toThrow(CorruptCompressedData)
  })

  test('skippable frames are skipped', () => {
    const skippable = Buffer.concat([Buffer.from('5a2a4d18', 'hex'), uint32(3), Buffer.from('xyz')])
    expect(read(skippable, header(0x60, 0x40), stored('abc'), end, skippable)).toBe('abc')
    expect(() => read(Buffer.from('5a2a4d18ffffffff', 'hex'))).toThrow(CorruptCompressedData)
  })

  test('a declared content size beyond the limit is refused before anything is decompressed', () => {
    const frame = Buffer.concat([header(0x68, 0x40, 'ffffffffffffffff'), stored('abc'), end])
    expect(() => lz4Decompress(frame, LIMIT)).toThrow(DecompressedTooLarge)
  })

  describe('dependent blocks reach back into earlier ones', () => {
    // Four literals, then a match of six from four back.
    const first = Buffer.from('42616263640400506162636465', 'hex')
    const frame = (second: string): Buffer => {
      const block = Buffer.from(second, 'hex')
      return Buffer.concat([header(0x40, 0x40), uint32(first.length), first, uint32(block.length), block, end])
    }

    test('but not before the frame', () => {
      expect(lz4Decompress(frame('020f00107a'), LIMIT).toString()).toBe('abcdabcdababcdeabcdabz')
      expect(() => lz4Decompress(frame('021000107a'), LIMIT)).toThrow(CorruptCompressedData)
      const twice = Buffer.concat([frame('107a'), frame('021000107a')])
      expect(() => lz4Decompress(twice, LIMIT)).toThrow(CorruptCompressedData)
    })

    test('and have the same limit', () => {
      expect(lz4Decompress(frame('020f00107a'), 22)).toHaveLength(22)
      expect(() => lz4Decompress(frame('020f00107a'), 21)).toThrow(DecompressedTooLarge)
      expect(() => lz4Decompress(frame('020f00107a'), 15)).toThrow(DecompressedTooLarge)
    })
  })
})

test('xxHash32 gives the published values', () => {
  const hash = (text: string): number => xxhash32(Buffer.from(text), 0, text.length)
  expect(hash('')).toBe(0x02cc5d05)
  expect(hash('a')).toBe(0x550d7456)
  expect(hash('abc')).toBe(0x32d153ff)
  expect(hash('Nobody inspects the spammish repetition')).toBe(0xe2293b2f)
})
