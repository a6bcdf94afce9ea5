import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isControl,
  isTransactional,
  RecordBatchBuilder,
  readBaseOffset,
  readBaseSequence,
  readBaseTimestamp,
  readLeaderEpoch,
  readMaxTimestamp,
  readProducerEpoch,
  readProducerId,
  readRecords
} from '../../src/records/index.ts'
import { anyRecords, batchOf, expected, NOW_MS, record, validate } from './batches.ts'

test('sizes are known before', () => {
  fc.assert(
    fc.property(anyRecords, records => {
      const builder = new RecordBatchBuilder()
      let sizeInBytes = 61
      for (const one of records) {
        sizeInBytes += builder.sizeOf(one)
        builder.append(one)
        expect(builder.sizeInBytes).toBe(sizeInBytes)
      }
      expect(builder.build()).toHaveLength(sizeInBytes)
      expect(builder.recordCount).toBe(records.length)
    })
  )
})

test('timestamp deltas go as far as timestamps', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 5 }), timestamps => {
      const records = timestamps.map(timestamp => record({ timestamp }))
      expect(readRecords(batchOf(records)).map(one => one.timestamp)).toEqual(timestamps)
    })
  )
})

test('base and maximum timestamp are the first and the largest', () => {
  const batch = batchOf([record({ timestamp: NOW_MS }), record({ timestamp: NOW_MS + 9 }), record({ timestamp: 3 })])
  expect([readBaseTimestamp(batch, 0), readMaxTimestamp(batch, 0)]).toEqual([NOW_MS, NOW_MS + 9])
})

test('options go into the header', () => {
  const options = {
    producerId: 2 ** 45,
    producerEpoch: 8,
    baseSequence: 2 ** 31 - 1,
    baseOffset: 2 ** 40,
    leaderEpoch: 6
  }
  const batch = batchOf([record()], { ...options, isTransactional: true, isControl: true })
  expect(readProducerId(batch, 0)).toBe(2 ** 45)
  expect(readProducerEpoch(batch, 0)).toBe(8)
  expect(readBaseSequence(batch, 0)).toBe(2 ** 31 - 1)
  expect(readBaseOffset(batch, 0)).toBe(2 ** 40)
  expect(readLeaderEpoch(batch, 0)).toBe(6)
  expect(isTransactional(batch, 0) && isControl(batch, 0)).toBe(true)
})

test('a builder can be used again', () => {
  const builder = new RecordBatchBuilder()
  const first = builder.append(record({ value: Buffer.alloc(50_000, 'a') })).build()
  const copy = Buffer.from(first)
  builder.reset()
  const second = builder.append(record({ timestamp: 7 })).build()
  expect(first).toEqual(copy)
  expect(second).toEqual(batchOf([record({ timestamp: 7 })]))
  expect(validate(second).maxTimestamp).toBe(7)
})

test('building leaves the builder as it is', () => {
  const builder = new RecordBatchBuilder().append(record())
  const first = builder.build({ codec: 'none' })
  const second = builder.append(record()).build()
  expect(readRecords(first)).toEqual(expected([record()]).map(one => ({ ...one, headers: [] })))
  expect(readRecords(second)).toHaveLength(2)
})

test('an empty batch is a bug', () => {
  expect(() => new RecordBatchBuilder().build()).toThrow('at least one record')
})
