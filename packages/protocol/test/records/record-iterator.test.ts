import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BatchRefused,
  CorruptCompressedData,
  DecompressedTooLarge,
  forEachRecord,
  MalformedRecords,
  readRecords,
  setMaxTimestampAndType
} from '../../src/records/index.ts'
import { anyRecords, batchAround, batchOf, CODECS, changed, expected, goodBatch, NOW_MS, record } from './batches.ts'

test('records come back as they went in, with every codec, at their offsets', () => {
  fc.assert(
    fc.property(anyRecords, fc.constantFrom(...CODECS), fc.maxSafeNat(), (records, codec, offset) => {
      const baseOffset = Math.min(offset, Number.MAX_SAFE_INTEGER - records.length)
      expect(readRecords(batchOf(records, { codec, baseOffset }))).toEqual(expected(records, baseOffset))
    })
  )
})

test('only the batch at the start is read', () => {
  const two = Buffer.concat([goodBatch({ baseOffset: 10 }), goodBatch({ baseOffset: 20 })])
  expect(readRecords(two).map(one => one.offset)).toEqual([10, 11, 12])
})

test('the visitor may stop', () => {
  const seen: number[] = []
  forEachRecord(goodBatch({ codec: 'lz4' }), {}, one => {
    seen.push(one.offset)
    return one.offset < 1
  })
  expect(seen).toEqual([0, 1])
})

test('one view stands for all records, a record taken from it stays', () => {
  const views = new Set<unknown>()
  const kept: unknown[] = []
  forEachRecord(goodBatch(), {}, one => {
    views.add(one)
    kept.push(one.toRecord())
  })
  expect(views.size).toBe(1)
  expect(kept).toEqual(readRecords(goodBatch()))
})

test('with LogAppendTime every record has the time of the batch', () => {
  const batch = goodBatch()
  setMaxTimestampAndType(batch, 0, NOW_MS + 99, 'LogAppendTime')
  expect(readRecords(batch).map(one => one.timestamp)).toEqual([NOW_MS + 99, NOW_MS + 99, NOW_MS + 99])
})

describe('compaction', () => {
  test('leaves gaps between offsets', () => {
    const batch = batchAround(Buffer.from('0c0000060101000c00000c010100', 'hex'), 2)
    expect(readRecords(batch).map(one => one.offset)).toEqual([3, 6])
  })

  test('may leave no record at all', () => {
    for (const codec of CODECS) {
      const batch = changed(goodBatch({ codec }).subarray(0, 61), copy => {
        copy.writeInt32BE(49, 8)
        copy.writeInt32BE(0, 57)
      })
      expect(readRecords(batch)).toEqual([])
    }
  })
})

describe('damage', () => {
  test('has a name', () => {
    expect(() => readRecords(batchAround(Buffer.from('0e000000010100', 'hex'), 1))).toThrow(MalformedRecords)
    expect(() => readRecords(changed(goodBatch(), copy => copy.writeInt16BE(6, 21)))).toThrow(CorruptCompressedData)
    expect(() => readRecords(changed(goodBatch(), copy => copy.writeInt16BE(4, 21)))).toThrow(CorruptCompressedData)
    const big = batchOf([record({ value: Buffer.alloc(1000) })], { codec: 'zstd' })
    expect(() => readRecords(big, { decompressedBytesMax: 1000 })).toThrow(DecompressedTooLarge)
  })

  test('never ends in anything but these errors', () => {
    const flips = fc.array(fc.record({ at: fc.nat(10_000), value: fc.nat(255) }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(flips, fc.constantFrom(...CODECS), (bytes, codec) => {
        const batch = goodBatch({ codec })
        // Not the length, magic and count: who reads a log has checked those.
        for (const { at, value } of bytes) batch[61 + (at % (batch.length - 61))] = value
        try {
          readRecords(batch)
        } catch (error) {
          expect(error).not.toBeInstanceOf(BatchRefused)
          const isNamed = [MalformedRecords, CorruptCompressedData, DecompressedTooLarge].some(
            name => error instanceof name
          )
          if (!isNamed) throw error
        }
      }),
      { numRuns: 3000 }
    )
  })
})
