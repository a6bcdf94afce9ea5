import { readWhole } from '@streambus/base'
import { readAttributes } from '@streambus/protocol/records'
import { describe, expect, test } from 'vitest'
import { compactLog, lastRecordsOf } from '../../src/compaction/compact-log.ts'
import { swapIn } from '../../src/compaction/swap.ts'
import { logFileName } from '../../src/file-names.ts'
import { OffsetIndex } from '../../src/lookup/offset-index.ts'
import { decodeTransactionIndex } from '../../src/lookup/transaction-index.ts'
import { newDisk } from '../helpers.ts'
import { type Batch, DIRECTORY, decode, LogFiles, segmentBases } from './log-files.ts'
import { CLOCK, offsets, put, round } from './round.ts'

describe('a round', () => {
  test('keeps the last value of every key, at its offset, and drops what has no key', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1'), put('b', '1'), put(null, 'x')] })
    log.append({ records: [put('a', '2')], codec: 'zstd' })
    log.roll()
    log.append({ records: [put('b', '2')] })
    const result = round(log, { nowMs: 10, firstDirtyOffset: 0 })
    expect(result).toMatchObject({ outcome: 'done', endOffset: 4 })
    expect(result.stats).toMatchObject({ recordsRead: 4, recordsKept: 2, keylessDropped: 1, keys: 2, isMapFull: false })
    // b at 1 stays: the newer one is in the active segment, which is none of the round's business.
    expect(offsets(log)).toEqual([1, 3, 4])
  })

  test('copies an untouched batch byte by byte, and leaves a segment alone that would not change', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1')], codec: 'gzip' })
    log.append({ records: [put('b', '1'), put('c', '1')] })
    log.roll()
    log.append({ records: [put('a', '2')] })
    log.roll()
    const before = log.batches()
    round(log, { nowMs: 10, firstDirtyOffset: 0 })
    const after = log.batches()
    expect(after.map(batch => batch.baseOffset)).toEqual([1, 3])
    expect(after[0]?.bytes.equals((before[1] as Batch).bytes)).toBe(true)
    const unchanged = round(log, { nowMs: 10, firstDirtyOffset: 0 })
    expect(unchanged.groups).toEqual([])
  })

  test('merges neighbours as far as they fit, and removes what is behind them', () => {
    const log = new LogFiles(newDisk())
    for (let i = 0; i < 6; i++) {
      log.append({ records: [put(`k${i}`, 'v'.repeat(1500))] })
      log.roll()
    }
    round(log, { nowMs: 10, firstDirtyOffset: 0 })
    expect(segmentBases(log.disk)).toEqual([0, 2, 4, 6])
    expect(offsets(log)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('writes indexes that lead to the batches, sealed so that nobody has to walk the segment', () => {
    const log = new LogFiles(newDisk())
    for (let i = 0; i < 40; i++) log.append({ records: [put(`k${i % 30}`, 'v', 100 + i)] })
    log.roll()
    round(log, { nowMs: 10, firstDirtyOffset: 0 })
    const bytes = readWhole(log.disk, `${DIRECTORY}/${logFileName(0, 'log')}`)
    const index = new OffsetIndex()
    index.decode(readWhole(log.disk, `${DIRECTORY}/${logFileName(0, 'index')}`), bytes.length)
    expect(index.count).toBeGreaterThan(5)
    for (let i = 0; i < index.count; i++) {
      expect(decode(bytes.subarray(index.position(i)))[0]?.lastOffset).toBe(index.relativeOffset(i))
    }
    const seal = decodeTransactionIndex(readWhole(log.disk, `${DIRECTORY}/${logFileName(0, 'txnindex')}`))?.seal
    expect(seal).toEqual({ endOffset: 40, maxTimestampMs: 139, maxTimestampOffset: 39, logBytes: bytes.length })
  })

  test('does nothing when stopped, and leaves nothing', () => {
    const log = new LogFiles(newDisk())
    for (let i = 0; i < 20; i++) {
      log.append({ records: [put('k', 'v'.repeat(1500))] })
      log.roll()
    }
    const before = log.disk.list(DIRECTORY)
    let chunks = 0
    for (let until = 0; ; until++) {
      chunks = 0
      const hooks = { throttle() {}, shouldStop: () => chunks++ >= until }
      const input = log.input({ nowMs: 1, firstDirtyOffset: 0, upToOffset: 20 })
      const { outcome, endOffset } = compactLog(input, { disk: log.disk, clock: CLOCK, hooks })
      if (outcome === 'done') break
      expect(endOffset).toBe(0)
      expect(log.disk.list(DIRECTORY)).toEqual(before)
    }
    expect(chunks).toBeGreaterThan(40)
  })

  test('tells the throttle of every byte it reads and writes', () => {
    const log = new LogFiles(newDisk())
    for (let i = 0; i < 10; i++) log.append({ records: [put(`k${i % 3}`, 'v'.repeat(200))] })
    log.roll()
    let bytes = 0
    const hooks = { throttle: (count: number) => void (bytes += count), shouldStop: () => false }
    const input = log.input({ nowMs: 1, firstDirtyOffset: 0, upToOffset: 10 })
    const { stats } = compactLog(input, { disk: log.disk, clock: CLOCK, hooks })
    expect(stats.bytesWritten).toBeGreaterThan(600)
    expect(bytes).toBeGreaterThanOrEqual(stats.mapBytesRead + stats.bytesRead + stats.bytesWritten)
  })

  test('ends at the last whole batch that fitted into the key map; the next one goes on there', () => {
    const log = new LogFiles(newDisk())
    for (let i = 0; i < 10; i++) log.append({ records: [put(`k${i % 5}`, `${i}`), put(`k${i % 5}x`, `${i}`)] })
    log.roll()
    const first = round(log, { nowMs: 1, firstDirtyOffset: 0, keyMapBytes: 24 * 6 })
    expect(first).toMatchObject({ endOffset: 4, stats: { isMapFull: true, keys: 5 } })
    let dirty = first.endOffset
    for (let i = 0; i < 20 && dirty < 20; i++) {
      dirty = round(log, { nowMs: 1, firstDirtyOffset: dirty, keyMapBytes: 24 * 6 }).endOffset
    }
    expect(dirty).toBe(20)
    expect(offsets(log)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  })

  test('says so when one batch alone does not fit', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1'), put('b', '1')] })
    log.roll()
    expect(() => round(log, { nowMs: 1, firstDirtyOffset: 0, keyMapBytes: 48 })).toThrow('Raise log.cleaner')
  })

  test('never rewrites a damaged batch', () => {
    for (const at of [30, 70]) {
      const log = new LogFiles(newDisk())
      log.append({ records: [put('a', '1'), put('a', '2')] })
      log.roll()
      const file = log.disk.open(`${DIRECTORY}/${logFileName(0, 'log')}`)
      const byte = Buffer.alloc(1)
      const input = log.input({ nowMs: 1, firstDirtyOffset: 0, upToOffset: 2 })
      file.read(byte, at)
      file.write([Buffer.from([(byte[0] as number) ^ 1])], at)
      expect(() => compactLog(input, { disk: log.disk, clock: CLOCK })).toThrow('is corrupt')
      expect(log.disk.list(DIRECTORY)).toHaveLength(2)
    }
  })

  test('keeps the header of a batch with LogAppendTime, and its records', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1', 5), put('b', '1', 9)], logAppendTimeMs: 77, codec: 'lz4' })
    log.append({ records: [put('b', null, 8)], logAppendTimeMs: 78 })
    log.roll()
    round(log, { nowMs: 1000, firstDirtyOffset: 0 })
    const records = log.batches().flatMap(batch => batch.records)
    expect(records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [0, 77],
      [2, 78]
    ])
    expect(log.batches().map(batch => batch.maxTimestamp)).toEqual([77, 78])
  })

  test('keeps the last batch as a header, so that the end can be read from the batches', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1')] })
    log.append({ records: [put(null, '1'), put(null, '2')] })
    log.roll()
    round(log, { nowMs: 1, firstDirtyOffset: 0 })
    expect(log.batches().at(-1)).toMatchObject({ baseOffset: 1, lastOffset: 2, records: [] })
  })

  test('goes on behind a gap at the end of a segment that was cleaned before', () => {
    const log = new LogFiles(newDisk())
    for (const key of ['a', 'b']) {
      log.append({ records: [put(key, 'x'.repeat(3000))] })
      log.append({ records: [put(null, '1')] })
      log.roll()
    }
    round(log, { nowMs: 1, firstDirtyOffset: 0 })
    expect(segmentBases(log.disk)).toEqual([0, 2, 4])
    const input = log.input({ nowMs: 1, firstDirtyOffset: 1, upToOffset: 2 })
    expect(compactLog(input, { disk: log.disk, clock: CLOCK }).endOffset).toBe(2)
  })

  test('a batch larger than the buffers goes through', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', 'x'.repeat(3000)), put('b', 'y'.repeat(3000))] })
    log.append({ records: [put('a', 'z')] })
    log.roll()
    round(log, { nowMs: 1, firstDirtyOffset: 0, ioBytes: 61 })
    expect(offsets(log)).toEqual([1, 2])
  })
})

describe('tombstones', () => {
  test('stay until delete.retention.ms after the round that cleaned up to them, then go', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1', 5), put('a', null, 7), put('b', '1', 6)], codec: 'snappy' })
    log.roll()
    round(log, { nowMs: 100, firstDirtyOffset: 0 })
    const [batch] = log.batches()
    expect(batch).toMatchObject({ baseOffset: 0, lastOffset: 2, horizonMs: 1100, maxTimestamp: 7 })
    expect(batch?.records.map(record => [record.offset, record.timestamp])).toEqual([
      [1, 7],
      [2, 6]
    ])
    round(log, { nowMs: 1099, firstDirtyOffset: 0 })
    expect(log.batches()[0]?.horizonMs).toBe(1100)
    expect(offsets(log)).toEqual([1, 2])
    const last = round(log, { nowMs: 1100, firstDirtyOffset: 0 })
    expect(last.stats.tombstonesDropped).toBe(1)
    expect(offsets(log)).toEqual([2])
    expect(log.batches()[0]?.records[0]?.timestamp).toBe(6)
  })

  test('beyond the end of the key map keep their time', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1'), put('b', '1')] })
    log.append({ records: [put(null, 'x'), put('b', null), put('c', '1')] })
    log.roll()
    expect(round(log, { nowMs: 100, firstDirtyOffset: 0, keyMapBytes: 72 }).endOffset).toBe(2)
    expect(log.batches()[1]?.horizonMs).toBe(-1)
    expect(offsets(log)).toEqual([0, 2, 3, 4])
  })
})

describe('transactions', () => {
  test('aborted records go and replace nothing; markers follow once their data is gone and their time is over', () => {
    const log = new LogFiles(newDisk())
    const txn = { producerId: 7, isTransactional: true }
    log.append({ records: [put('a', 'kept')] })
    log.append({ ...txn, records: [put('a', 'aborted'), put('z', 'aborted')], baseSequence: 0 })
    log.marker(7, false, 3)
    log.append({ ...txn, records: [put('b', 'committed')], baseSequence: 2 })
    log.marker(7, true, 4)
    log.append({ ...txn, records: [put('b', 'newer')], baseSequence: 3 })
    log.marker(7, true, 5)
    log.roll()
    round(log, { nowMs: 100, firstDirtyOffset: 0 })
    expect(offsets(log)).toEqual([0, 3, 5, 6, 7])
    // Only now there is nothing left of the first two transactions: the time of their markers begins.
    const second = round(log, { nowMs: 200, firstDirtyOffset: 8 - 1 })
    expect(second.stats.markersDropped).toBe(0)
    expect(log.batches().map(batch => [batch.baseOffset, batch.horizonMs])).toEqual([
      [0, -1],
      [3, 1200],
      [5, 1200],
      [6, -1],
      [7, -1]
    ])
    round(log, { nowMs: 1200, firstDirtyOffset: 7 })
    expect(offsets(log)).toEqual([0, 6, 7])
  })

  test('nothing from an undecided transaction on, even when the caller says more', () => {
    const log = new LogFiles(newDisk())
    log.append({ records: [put('a', '1')] })
    log.append({ records: [put('a', '2')] })
    log.roll()
    log.append({ producerId: 7, isTransactional: true, records: [put('a', '3')] })
    log.roll()
    log.marker(7, false, 3)
    log.roll()
    // The marker is in the log, but above what is certain.
    const input = { nowMs: 1, firstDirtyOffset: 0, upToOffset: 3 }
    const wary = compactLog(log.input({ ...input, decidedOffset: 3 }), { disk: log.disk, clock: CLOCK })
    expect(wary.endOffset).toBe(2)
    for (const group of wary.groups) swapIn(log.disk, DIRECTORY, group)
    expect(offsets(log)).toEqual([1, 2, 3])
    const sure = compactLog(log.input(input), { disk: log.disk, clock: CLOCK })
    for (const group of sure.groups) swapIn(log.disk, DIRECTORY, group)
    expect(sure.endOffset).toBe(3)
    expect(offsets(log)).toEqual([1, 3])
  })
})

describe('producers', () => {
  test("an active producer's last batch stays as a header, an expired one's goes", () => {
    const log = new LogFiles(newDisk())
    log.append({ producerId: 7, baseSequence: 0, records: [put('a', '1'), put('b', '1')] })
    log.append({ producerId: 8, baseSequence: 40, records: [put('a', '2'), put('b', '2')], codec: 'gzip' })
    log.append({ records: [put('a', '3'), put('b', '3')] })
    log.append({ records: [put('c', '3')] })
    log.roll()
    round(log, { nowMs: 1, firstDirtyOffset: 0 })
    expect(log.batches().map(batch => [batch.producerId, batch.baseSequence, batch.lastSequence])).toEqual([
      [7, 0, 1],
      [8, 40, 41],
      [-1, -1, 0],
      [-1, -1, -1]
    ])
    expect(log.batches()[0]).toMatchObject({ baseOffset: 0, lastOffset: 1, records: [], maxTimestamp: 1 })
    expect(readAttributes(log.batches()[1]?.bytes as Buffer, 0)).toBe(0)
    log.producers.delete(7)
    round(log, { nowMs: 1, firstDirtyOffset: 0 })
    expect(log.batches().map(batch => batch.producerId)).toEqual([8, -1, -1])
  })

  test('what the log knows of them is taken as Kafka takes it', () => {
    const entry = { producerId: 1, epoch: 2, batchCount: 2, lastOffsetOf: (batch: number) => batch * 10 }
    expect(lastRecordsOf([entry, { ...entry, batchCount: 0 }])).toEqual([
      { producerId: 1, producerEpoch: 2, lastDataOffset: 10 },
      { producerId: 1, producerEpoch: 2, lastDataOffset: -1 }
    ])
  })
})
