import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as header from '../../src/records/index.ts'
import { changed, goodBatch, NOW_MS } from './batches.ts'

const anyHeader = fc.uint8Array({ minLength: 61, maxLength: 61 }).map(bytes => Buffer.from(bytes))

test('every field is read from where the format has it', () => {
  const batch = goodBatch({
    producerId: 2 ** 40,
    producerEpoch: 7,
    baseSequence: 100,
    baseOffset: 2 ** 50,
    leaderEpoch: 9
  })
  expect(header.readBaseOffset(batch, 0)).toBe(2 ** 50)
  expect(header.readSizeInBytes(batch, 0)).toBe(batch.length)
  expect(header.readLength(batch, 0)).toBe(batch.length - 12)
  expect(header.readLeaderEpoch(batch, 0)).toBe(9)
  expect(header.readMagic(batch, 0)).toBe(2)
  expect(header.readCrc(batch, 0)).toBe(header.computeCrc(batch, 0, batch.length))
  expect(header.readAttributes(batch, 0)).toBe(0)
  expect(header.readLastOffsetDelta(batch, 0)).toBe(2)
  expect(header.readLastOffset(batch, 0)).toBe(2 ** 50 + 2)
  expect(header.readBaseTimestamp(batch, 0)).toBe(NOW_MS)
  expect(header.readMaxTimestamp(batch, 0)).toBe(NOW_MS + 5)
  expect(header.readProducerId(batch, 0)).toBe(2 ** 40)
  expect(header.readProducerEpoch(batch, 0)).toBe(7)
  expect(header.readBaseSequence(batch, 0)).toBe(100)
  expect(header.readLastSequence(batch, 0)).toBe(102)
  expect(header.readNextSequence(batch, 0)).toBe(103)
  expect(header.readRecordCount(batch, 0)).toBe(3)
  expect(header.readTimestampType(batch, 0)).toBe('CreateTime')
  expect(header.readCodec(batch, 0)).toBe('none')
})

test('a batch inside a larger buffer is read at its position', () => {
  const batch = goodBatch({ codec: 'zstd', isTransactional: true, isControl: true })
  const buffer = Buffer.concat([Buffer.alloc(33, 0xff), batch])
  expect(header.readSizeInBytes(buffer, 33)).toBe(batch.length)
  expect(header.readCodec(buffer, 33)).toBe('zstd')
  expect(header.isTransactional(buffer, 33)).toBe(true)
  expect(header.isControl(buffer, 33)).toBe(true)
  expect(header.isControl(goodBatch(), 0)).toBe(false)
})

test('sequences wrap from 2^31 − 1 to 0', () => {
  const batch = goodBatch({ baseSequence: 2 ** 31 - 3 })
  expect(header.readLastSequence(batch, 0)).toBe(2 ** 31 - 1)
  expect(header.readNextSequence(batch, 0)).toBe(0)
  expect(header.readLastSequence(goodBatch({ baseSequence: 2 ** 31 - 1 }), 0)).toBe(1)
})

test('offset and leader epoch are stamped without touching what the CRC covers', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(2 ** 31 - 1), (offset, epoch) => {
      const batch = goodBatch()
      header.stampOffsetAndEpoch(batch, 0, offset, epoch)
      expect(batch.readBigInt64BE(0)).toBe(BigInt(offset))
      expect(header.readLeaderEpoch(batch, 0)).toBe(epoch)
      expect(header.readCrc(batch, 0)).toBe(header.computeCrc(batch, 0, batch.length))
      expect(batch.subarray(16)).toEqual(goodBatch().subarray(16))
    })
  )
})

test('maximum timestamp and type are under the CRC', () => {
  const batch = goodBatch()
  header.setMaxTimestampAndType(batch, 0, -1, 'LogAppendTime')
  expect(header.readTimestampType(batch, 0)).toBe('LogAppendTime')
  expect(header.readMaxTimestamp(batch, 0)).toBe(-1)
  expect(header.readCrc(batch, 0)).not.toBe(header.computeCrc(batch, 0, batch.length))
  header.recomputeCrc(batch, 0, batch.length)
  expect(header.readCrc(batch, 0)).toBe(header.computeCrc(batch, 0, batch.length))
  header.setMaxTimestampAndType(batch, 0, NOW_MS + 5, 'CreateTime')
  header.recomputeCrc(batch, 0, batch.length)
  expect(batch).toEqual(goodBatch())
})

test('64-bit fields of hostile headers are rounded, never NaN, and nothing throws', () => {
  fc.assert(
    fc.property(anyHeader, bytes => {
      expect(header.readBaseOffset(bytes, 0)).toBe(Number(bytes.readBigInt64BE(0)))
      expect(header.readMaxTimestamp(bytes, 0)).toBe(Number(bytes.readBigInt64BE(35)))
      expect(header.readProducerId(bytes, 0)).toBe(Number(bytes.readBigInt64BE(43)))
      expect(header.readBaseTimestamp(bytes, 0)).toBe(Number(bytes.readBigInt64BE(27)))
      expect(Number.isFinite(header.readLastOffset(bytes, 0) + header.readNextSequence(bytes, 0))).toBe(true)
      expect(['none', 'gzip', 'snappy', 'lz4', 'zstd', undefined]).toContain(header.readCodec(bytes, 0))
    })
  )
})

test('codec numbers 5 to 7 have no name', () => {
  for (const id of [5, 6, 7]) {
    const batch = changed(goodBatch(), copy => copy.writeInt16BE(id, 21))
    expect(header.readCodec(batch, 0)).toBeUndefined()
  }
})
