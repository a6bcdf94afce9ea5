import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { countRecords, walkBatches } from '../../src/records/index.ts'
import { batchOf, goodBatch, record } from './batches.ts'

const batches = [goodBatch(), batchOf([record()], { codec: 'zstd' }), batchOf([record(), record()])]
const all = Buffer.concat(batches)

test('whole batches are walked and counted wherever the buffer is cut', () => {
  for (let cut = 0; cut <= all.length; cut++) {
    const seen: [number, number][] = []
    const end = walkBatches(all.subarray(0, cut), (at, sizeBytes) => {
      seen.push([at, sizeBytes])
    })
    let at = 0
    const whole: [number, number][] = []
    for (const batch of batches) {
      if (at + batch.length > cut) break
      whole.push([at, batch.length])
      at += batch.length
    }
    expect(seen).toEqual(whole)
    expect(end).toBe(at)
    expect(countRecords(all.subarray(0, cut))).toBe([0, 3, 4, 6][whole.length])
  }
})

test('the visitor may stop', () => {
  const seen: number[] = []
  const end = walkBatches(all, at => {
    seen.push(at)
    return false
  })
  expect(seen).toEqual([0])
  expect(end).toBe(batches[0]?.length)
})

test('any bytes end the walk, none make it spin', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const buffer = Buffer.from(bytes)
      const end = walkBatches(buffer, () => true)
      expect(end).toBeLessThanOrEqual(buffer.length)
      expect(Number.isInteger(countRecords(buffer))).toBe(true)
    })
  )
})
