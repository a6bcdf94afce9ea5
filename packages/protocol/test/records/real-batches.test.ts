import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeRequestHeader, produceApi, WireReader } from '../../src/index.ts'
import { type BatchRecord, readProducerId, readRecords, recompressBatch } from '../../src/records/index.ts'
import { batchOf, CODECS, NOW_MS, validate } from './batches.ts'

// Batches that clients made of the same forty records, named client-version-codec.hex. Java's come from its
// MemoryRecords, librdkafka's from a Produce request; its LZ4 batch holds only the last record.
const folder = resolve(import.meta.dirname, 'golden')
const files = readdirSync(folder).sort()

function read(path: string): Buffer {
  return Buffer.from(readFileSync(path, 'latin1').replaceAll(/\s/g, ''), 'hex')
}

const sent: BatchRecord[] = Array.from({ length: 40 }, (_, i) => ({
  offset: i,
  timestamp: NOW_MS + ((i * 37) % 40) * 1000,
  key: i % 5 === 0 ? null : Buffer.from(`key-${i}`),
  value: i % 7 === 0 ? null : Buffer.from(`value ${i} `.repeat(i * 20)),
  headers:
    i % 3 === 0
      ? [
          { key: 'trace', value: Buffer.from(`t${i}`) },
          { key: 'none', value: null }
        ]
      : []
}))

describe('batches of real clients', () => {
  test.each(files)('%s', file => {
    const batch = read(resolve(folder, file))
    const before = Buffer.from(batch)
    const summary = validate(batch)
    expect(batch).toEqual(before)
    expect(file).toContain(`-${summary.codec}.hex`)
    const expected = sent.slice(-summary.recordCount).map((record, offset) => ({ ...record, offset }))
    expect(readRecords(batch)).toEqual(expected)
  })

  test('every codec is there, snappy in both framings', () => {
    const codecs = files.map(file => file.slice(file.lastIndexOf('-') + 1, -4))
    expect(codecs.sort()).toEqual(['gzip', 'lz4', 'lz4', 'snappy', 'snappy', 'zstd'])
    const starts = ['java-4.3.1', 'librdkafka-2.0.2'].map(client => read(resolve(folder, `${client}-snappy.hex`)))
    expect(starts.map(batch => batch.subarray(62, 68).toString('latin1') === 'SNAPPY')).toEqual([true, false])
  })
})

test('what we build of the same records is byte for byte what Java builds', () => {
  const java = read(resolve(folder, 'java-4.3.1-zstd.hex'))
  const ours = batchOf(sent, { producerId: 4711, producerEpoch: 3, baseSequence: 17, leaderEpoch: 5 })
  expect(readProducerId(java, 0)).toBe(4711)
  const limit = 1024 * 1024
  expect(recompressBatch(java, 'none', limit)).toEqual(ours)
  for (const codec of CODECS) expect(readRecords(recompressBatch(java, codec, limit))).toEqual(sent)
})

test('the produce requests recorded for the frames hold valid batches', () => {
  const frames = resolve(import.meta.dirname, '../golden')
  const requests = readdirSync(frames).filter(file => file.startsWith('produce-') && file.includes('-request-'))
  expect(requests.length).toBeGreaterThan(3)
  for (const file of requests) {
    const version = Number(/-v(\d+)-/.exec(file)?.[1])
    const reader = new WireReader(read(resolve(frames, file)))
    decodeRequestHeader(reader)
    const records =
      produceApi.request.decode(reader, version).topicData[0]?.partitionData[0]?.records ?? Buffer.alloc(0)
    expect(validate(records, { nowMs: NOW_MS * 2 }).recordCount).toBe(readRecords(records).length)
  }
})
