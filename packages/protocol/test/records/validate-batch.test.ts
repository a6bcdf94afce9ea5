import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { computeCrc, readCrc, readMaxTimestamp, readRecords, readTimestampType } from '../../src/records/index.ts'
import {
  anyRecords,
  batchOf,
  CODECS,
  changed,
  expected,
  goodBatch,
  NOW_MS,
  record,
  refusalOf,
  validate
} from './batches.ts'

describe('a batch that is right', () => {
  test('is summed up', () => {
    const batch = goodBatch({
      producerId: 2 ** 40,
      producerEpoch: 3,
      baseSequence: 8,
      isTransactional: true,
      codec: 'lz4'
    })
    expect(validate(batch)).toEqual({
      sizeBytes: batch.length,
      recordCount: 3,
      lastOffsetDelta: 2,
      baseTimestamp: NOW_MS,
      maxTimestamp: NOW_MS + 5,
      producerId: 2 ** 40,
      producerEpoch: 3,
      baseSequence: 8,
      isTransactional: true,
      codec: 'lz4',
      logAppendTimeMs: -1
    })
  })

  test('is accepted with every codec, stays as it was, and gives its records back', () => {
    fc.assert(
      fc.property(anyRecords, fc.constantFrom(...CODECS), (records, codec) => {
        const batch = batchOf(records, { codec })
        const before = Buffer.from(batch)
        const summary = validate(batch)
        expect(batch).toEqual(before)
        expect(summary.recordCount).toBe(records.length)
        expect(summary.maxTimestamp).toBe(Math.max(...records.map(one => one.timestamp)))
        expect(readRecords(batch)).toEqual(expected(records))
      })
    )
  })

  test('is found inside a larger buffer, which stays untouched around it', () => {
    const around = Buffer.concat([Buffer.alloc(50, 1), goodBatch(), Buffer.alloc(50, 2)])
    const summary = validate(around.subarray(50, -50), { timestampType: 'LogAppendTime' })
    expect(summary.recordCount).toBe(3)
    expect(around.subarray(0, 50)).toEqual(Buffer.alloc(50, 1))
    expect(around.subarray(-50)).toEqual(Buffer.alloc(50, 2))
  })
})

describe('the header is corrected in place', () => {
  test('the maximum timestamp becomes the real one', () => {
    for (const codec of CODECS) {
      const wrong = changed(goodBatch({ codec }), copy => copy.writeBigInt64BE(BigInt(NOW_MS + 77), 35))
      expect(validate(wrong).maxTimestamp).toBe(NOW_MS + 5)
      expect(wrong).toEqual(goodBatch({ codec }))
    }
  })

  test('records without timestamps have no maximum', () => {
    const batch = batchOf([record({ timestamp: -1 }), record({ timestamp: -1 })])
    expect(validate(batch).maxTimestamp).toBe(-1)
  })

  test('LogAppendTime: type bit, maximum timestamp and CRC; the records stay', () => {
    for (const codec of CODECS) {
      const batch = goodBatch({ codec })
      const summary = validate(batch, { timestampType: 'LogAppendTime', nowMs: NOW_MS + 1000 })
      expect(summary.logAppendTimeMs).toBe(NOW_MS + 1000)
      expect(summary.maxTimestamp).toBe(NOW_MS + 1000)
      expect(readTimestampType(batch, 0)).toBe('LogAppendTime')
      expect(readMaxTimestamp(batch, 0)).toBe(NOW_MS + 1000)
      expect(readCrc(batch, 0)).toBe(computeCrc(batch, 0, batch.length))
      expect(batch.subarray(61)).toEqual(goodBatch({ codec }).subarray(61))
      expect(readRecords(batch).map(one => one.timestamp)).toEqual(Array(3).fill(NOW_MS + 1000))
    }
  })

  test('not of a batch that is about to be compressed by another codec', () => {
    const batch = goodBatch()
    const summary = validate(batch, { timestampType: 'LogAppendTime', targetCodec: 'zstd' })
    expect(summary.logAppendTimeMs).toBe(NOW_MS)
    expect(batch).toEqual(goodBatch())
    validate(batch, { timestampType: 'LogAppendTime', targetCodec: 'none' })
    expect(readTimestampType(batch, 0)).toBe('LogAppendTime')
  })
})

describe('record timestamps', () => {
  const rules = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 100 }

  test.each([
    ['the oldest allowed', -1000, true],
    ['too old', -1001, false],
    ['the newest allowed', 100, true],
    ['too new', 101, false]
  ])('%s', (_name, deltaMs, isAllowed) => {
    const batch = batchOf([record(), record({ timestamp: NOW_MS + deltaMs }), record()])
    if (isAllowed) {
      expect(validate(batch, rules).recordCount).toBe(3)
      return
    }
    const refusal = refusalOf(batch, rules)
    expect(refusal.error.name).toBe('INVALID_TIMESTAMP')
    expect(refusal.recordErrors.map(one => one.index)).toEqual([1])
    expect(refusal.message).toContain(`${NOW_MS - 1000} … ${NOW_MS + 100}`)
  })

  test('none at all (−1) is allowed, other negative ones are not', () => {
    expect(validate(batchOf([record({ timestamp: -1 })]), rules).maxTimestamp).toBe(-1)
    expect(refusalOf(batchOf([record(), record({ timestamp: -2 })])).error.name).toBe('INVALID_TIMESTAMP')
    expect(refusalOf(batchOf([record({ timestamp: -2 })])).error.name).toBe('INVALID_TIMESTAMP')
  })

  test('do not matter when the broker sets them', () => {
    const batch = batchOf([record(), record({ timestamp: NOW_MS * 100 })])
    expect(validate(batch, { ...rules, timestampType: 'LogAppendTime' }).maxTimestamp).toBe(NOW_MS)
  })

  test('are judged by the header when records are not looked at', () => {
    const batch = batchOf([record({ timestamp: NOW_MS + 101 })])
    expect(refusalOf(batch, { ...rules, checkRecords: false }).error.name).toBe('INVALID_TIMESTAMP')
    expect(validate(batch, { checkRecords: false }).maxTimestamp).toBe(NOW_MS + 101)
    expect(validate(batchOf([record({ timestamp: -1 })]), { ...rules, checkRecords: false }).maxTimestamp).toBe(-1)
  })
})

describe('compacted topics', () => {
  test('need keys, and every record without one is named', () => {
    for (const codec of CODECS) {
      const keys = ['a', null, '', null]
      const batch = batchOf(
        keys.map(key => record({ key: key === null ? null : Buffer.from(key) })),
        { codec }
      )
      const refusal = refusalOf(batch, { isCompacted: true })
      expect(refusal.error.name).toBe('INVALID_RECORD')
      expect(refusal.recordErrors.map(one => one.index)).toEqual([1, 3])
      expect(validate(batch).recordCount).toBe(4)
    }
  })

  test('list a hundred records at most', () => {
    const refusal = refusalOf(batchOf(Array.from({ length: 5000 }, () => record({ key: null }))), { isCompacted: true })
    expect(refusal.recordErrors).toHaveLength(100)
    expect(refusal.message).toContain('5000 record(s)')
  })

  test('a wrong timestamp outweighs a missing key', () => {
    const batch = batchOf([record({ key: null }), record({ timestamp: NOW_MS * 2 })])
    const refusal = refusalOf(batch, { isCompacted: true })
    expect(refusal.error.name).toBe('INVALID_TIMESTAMP')
    expect(refusal.recordErrors.map(one => one.index)).toEqual([0, 1])
  })
})

test('zstd needs Produce version 7', () => {
  expect(refusalOf(goodBatch({ codec: 'zstd' }), { apiVersion: 6 }).error.name).toBe('UNSUPPORTED_COMPRESSION_TYPE')
  for (const codec of CODECS) {
    const apiVersion = codec === 'zstd' ? 7 : 3
    expect(validate(goodBatch({ codec }), { apiVersion }).codec).toBe(codec)
  }
})
