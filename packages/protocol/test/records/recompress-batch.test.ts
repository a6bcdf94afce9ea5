import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { recompressBatch } from '../../src/records/index.ts'
import { anyRecords, batchOf, CODECS, changed, goodBatch, refusalOf, validate } from './batches.ts'

const LIMIT = 1024 * 1024
const options = { producerId: 5, producerEpoch: 1, baseSequence: 77, isTransactional: true }

test('is the batch that the producer would have sent with that codec', () => {
  fc.assert(
    fc.property(anyRecords, fc.constantFrom(...CODECS), fc.constantFrom(...CODECS), (records, from, to) => {
      const batch = batchOf(records, { ...options, codec: from })
      const before = Buffer.from(batch)
      const result = recompressBatch(batch, to, LIMIT)
      expect(result).toEqual(batchOf(records, { ...options, codec: to }))
      expect(batch).toEqual(before)
      expect(validate(result).codec).toBe(to)
    })
  )
})

test('a batch of that codec is not touched', () => {
  const batch = goodBatch({ codec: 'gzip' })
  expect(recompressBatch(batch, 'gzip', LIMIT)).toBe(batch)
})

test('bad and too large records are refused', () => {
  const corrupt = changed(goodBatch({ codec: 'zstd' }), copy => copy.fill(0, 61))
  expect(() => recompressBatch(corrupt, 'lz4', LIMIT)).toThrow(refusalOf(corrupt))
  const large = goodBatch({ codec: 'zstd' })
  expect(() => recompressBatch(large, 'lz4', 10)).toThrow(refusalOf(large, { decompressedBytesMax: 10 }))
})
