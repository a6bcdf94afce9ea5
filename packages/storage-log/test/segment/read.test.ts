import { BufferPool } from '@streambus/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OffsetOutOfRange } from '../../src/index.ts'
import { makeBatch } from '../batches.ts'
import { append, CLIENT, newDisk, openLog, readAll, repeat, SMALL } from '../helpers.ts'

interface Stored {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly bytes: Buffer
}

interface Bounds {
  readonly until: number
  readonly bytesMax: number
  readonly minOneBatch: boolean
}

/** A log over several segments, and what it should hold. */
function filled(counts: readonly number[]): { stored: Stored[]; opened: ReturnType<typeof openLog> } {
  const opened = openLog(newDisk())
  const stored: Stored[] = []
  counts.forEach((count, tag) => {
    const { bytes, summary } = makeBatch({
      timestamps: repeat(tag, count),
      valueBytes: 20 + (tag % 40),
      tag
    })
    const { baseOffset, lastOffset } = opened.log.append(bytes, 0, bytes.length, summary, CLIENT)
    stored.push({ baseOffset, lastOffset, bytes })
  })
  return { stored, opened }
}

/** The rule, straight from the protocol: whole batches from the containing one, one segment at most. */
function expected(stored: readonly Stored[], fromOffset: number, rule: Bounds): Buffer {
  const parts: Buffer[] = []
  let bytes = 0
  for (const batch of stored) {
    if (batch.lastOffset < fromOffset) continue
    const fits = bytes + batch.bytes.length <= rule.bytesMax || (rule.minOneBatch && bytes === 0)
    if (batch.lastOffset >= rule.until || !fits) break
    parts.push(batch.bytes)
    bytes += batch.bytes.length
  }
  return Buffer.concat(parts)
}

test('any bounds give the batches that the rule gives, up to the end of a segment', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 60 })
  const bounds = fc.record({
    from: fc.nat(200),
    until: fc.nat(240),
    bytesMax: fc.integer({ min: 0, max: 3000 }),
    minOneBatch: fc.boolean()
  })
  fc.assert(
    fc.property(counts, fc.array(bounds, { minLength: 1, maxLength: 20 }), (sizes, reads) => {
      const { stored, opened } = filled(sizes)
      const { log } = opened
      for (const { from, until, bytesMax, minOneBatch } of reads) {
        const fromOffset = from % (log.logEndOffset + 1)
        const read = log.read({ fromOffset, untilOffset: until, bytesMax, minOneBatch })
        const whole = expected(stored, fromOffset, { until, bytesMax, minOneBatch })
        const got = read.buffer ?? Buffer.alloc(0)
        expect(whole.subarray(0, got.length).equals(got)).toBe(true)
        expect(got.length > 0).toBe(whole.length > 0 && fromOffset < Math.min(until, log.logEndOffset))
        if (got.length < whole.length && got.length > 0) {
          // Only the end of a segment may cut an answer short.
          expect(stored.find(batch => batch.baseOffset === read.nextOffset)).toBeDefined()
        }
        read.release()
      }
    }),
    { numRuns: 200 }
  )
})

test('reads give back what was appended, byte for byte, whatever the read size', () => {
  const { stored, opened } = filled(repeat(3, 80))
  const all = Buffer.concat(stored.map(batch => batch.bytes))
  expect(opened.log.segmentCount).toBeGreaterThan(3)
  for (const bytesMax of [1, 61, 300, 1999, 100_000]) expect(readAll(opened.log, 0, bytesMax).equals(all)).toBe(true)
})

test('the batch in the file is the batch sent, except for base offset and leader epoch', () => {
  const { log } = openLog(newDisk())
  append(log)
  const { bytes, summary } = makeBatch({ timestamps: [5, 6], tag: 3 })
  const sent = Buffer.from(bytes)
  log.append(bytes, 0, bytes.length, summary, { leaderEpoch: 7, origin: 'client' })
  const stored = readAll(log, 1)
  expect([stored.readBigInt64BE(0), stored.readInt32BE(12)]).toEqual([1n, 7])
  expect(stored.subarray(8, 12).equals(sent.subarray(8, 12))).toBe(true)
  expect(stored.subarray(16).equals(sent.subarray(16))).toBe(true)
})

test('a batch inside a larger buffer is appended from there', () => {
  const { log } = openLog(newDisk())
  const { bytes, summary } = makeBatch({ timestamps: [5] })
  const frame = Buffer.concat([Buffer.alloc(13, 0xaa), bytes, Buffer.alloc(9, 0xbb)])
  log.append(frame, 13, 13 + bytes.length, summary, CLIENT)
  expect(readAll(log).length).toBe(bytes.length)
  expect(frame.subarray(0, 13).equals(Buffer.alloc(13, 0xaa))).toBe(true)
})

test('offsets outside the log are refused by name; the end of the log is just empty', () => {
  const { log } = openLog(newDisk())
  append(log)
  const read = (fromOffset: number) => log.read({ fromOffset, untilOffset: 9, bytesMax: 99, minOneBatch: true })
  expect(read(1).buffer).toBeNull()
  expect(() => read(2)).toThrow(OffsetOutOfRange)
  log.deleteRecordsBefore(1)
  expect(() => read(0)).toThrow(OffsetOutOfRange)
})

test('a consumer that reads on needs one read of the file per call', () => {
  const disk = newDisk()
  const { log } = openLog(disk, { config: { ...SMALL, segmentBytes: 1_000_000 } })
  for (let i = 0; i < 100; i++) append(log)
  let offset = 0
  while (offset < 100) {
    const before = disk.counts.read
    const read = log.read({ fromOffset: offset, untilOffset: 100, bytesMax: 500, minOneBatch: true })
    expect(disk.counts.read - before).toBe(1)
    offset = read.nextOffset
  }
})

test('buffers come from the pool and go back once', () => {
  const buffers = new BufferPool(1 << 22)
  const { log } = openLog(newDisk(), { buffers })
  append(log, { valueBytes: 500 })
  append(log, { valueBytes: 500 })
  const tooSmall = log.read({ fromOffset: 0, untilOffset: 2, bytesMax: 10, minOneBatch: false })
  expect([tooSmall.buffer, buffers.takenBytes]).toEqual([null, 0])
  const read = log.read({ fromOffset: 0, untilOffset: 2, bytesMax: 10, minOneBatch: true })
  expect(read.nextOffset).toBe(1)
  expect(buffers.takenBytes).toBe(65_536)
  read.release()
  read.release()
  expect(buffers.takenBytes).toBe(0)
})
