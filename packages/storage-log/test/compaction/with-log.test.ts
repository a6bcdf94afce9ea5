import { RecordBatchBuilder, validateBatch } from '@streambus/protocol/records'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { compactLog, lastRecordsOf } from '../../src/compaction/compact-log.ts'
import { recoverSwaps, swapIn } from '../../src/compaction/swap.ts'
import type { AppendResult, Log } from '../../src/index.ts'
import { append as appendBatch, CLIENT, newDisk, openLog, readAll, SMALL, TestClock } from '../helpers.ts'
import { CONFIG, DIRECTORY, decode, factsOf, type RecordSpec } from './log-files.ts'

function append(log: Log, producer: { id: number; sequence: number }, records: readonly RecordSpec[]): AppendResult {
  const builder = new RecordBatchBuilder()
  for (const { key, value, timestamp } of records) {
    builder.append({ key: Buffer.from(key ?? ''), value: value === null ? null : Buffer.from(value), timestamp })
  }
  const bytes = builder.build({ producerId: producer.id, producerEpoch: 0, baseSequence: producer.sequence })
  const summary = validateBatch(bytes, 0, bytes.length, {
    maxMessageBytes: 10_000,
    isCompacted: true,
    timestampType: 'CreateTime',
    nowMs: 1000,
    timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    apiVersion: 9,
    checkRecords: true,
    targetCodec: 'producer',
    decompressedBytesMax: 100_000
  })
  return log.append(bytes, 0, bytes.length, summary, CLIENT)
}

/** 120 records of producer 7 over ten keys and five that are deleted, after one batch of producer 8. */
function filled(disk: MemoryDisk): Log {
  const { log } = openLog(disk)
  append(log, { id: 8, sequence: 5 }, [{ key: 'k0', value: 'first', timestamp: 1 }])
  for (let i = 0; i < 120; i++) {
    const isTombstone = i >= 60 && i < 65
    append(log, { id: 7, sequence: i }, [
      { key: isTombstone ? `gone${i}` : `k${i % 10}`, value: isTombstone ? null : 'v'.repeat(20), timestamp: 100 + i }
    ])
  }
  return log
}

function clean(disk: MemoryDisk, log: Log, nowMs: number): void {
  const segments = factsOf(disk, log.logEndOffset)
  const upToOffset = segments.at(-1)?.baseOffset ?? 0
  const lastRecords = lastRecordsOf(log.activeProducers())
  log.closeClean()
  const result = compactLog(
    {
      directory: DIRECTORY,
      segments,
      firstDirtyOffset: 0,
      upToOffset,
      decidedOffset: log.logEndOffset,
      config: CONFIG,
      nowMs,
      keyMapBytes: 24_000,
      hashSeed: [1, 2, 3, 4],
      lastRecords
    },
    { disk, clock: { monotonicMs: () => 0 } }
  )
  expect(result.groups.length).toBeGreaterThan(1)
  for (const group of result.groups) expect(swapIn(disk, DIRECTORY, group)).toBe(true)
}

test('a compacted log opens with its indexes, and says the same as a walk over its batches', () => {
  const disk = newDisk()
  const old = filled(disk)
  const end = old.logEndOffset
  clean(disk, old, 1000)
  disk.crash()
  expect(recoverSwaps(disk, DIRECTORY)).toBe(0)
  const { log, rebuilt } = openLog(disk, { recoveryPoint: end })
  expect(log.logEndOffset).toBe(end)
  const records = decode(readAll(log)).flatMap(batch => batch.records)
  expect(records.length).toBeLessThan(60)
  for (const wanted of [0, 1, 50, 100, 163, 170, 219]) {
    const first = records.find(record => record.timestamp >= wanted)
    expect(log.offsetForTimestamp(wanted)).toMatchObject({ offset: first?.offset, timestamp: first?.timestamp })
  }
  for (let offset = 0; offset < end; offset++) {
    const next = decode(readAll(log, offset)).find(batch => batch.lastOffset >= offset)
    expect(next?.lastOffset).toBeGreaterThanOrEqual(offset)
  }
  // Indexes of sealed segments were believed.
  expect(rebuilt.filter(path => path !== log.activeSegment.path)).toEqual([])
})

test('its indexes are only caches: without them the answers are the same', () => {
  const disk = newDisk()
  const old = filled(disk)
  const end = old.logEndOffset
  clean(disk, old, 1000)
  const answers = (): unknown[] => {
    const { log } = openLog(disk, { recoveryPoint: end })
    const times = Array.from({ length: 260 }, (_, time) => log.offsetForTimestamp(time))
    const reads = Array.from({ length: end }, (_, offset) => {
      const read = log.read({ fromOffset: offset, untilOffset: end, bytesMax: 100, minOneBatch: true })
      return [read.nextOffset, read.bytes]
    })
    const rest = [log.offsetOfMaxTimestamp(), log.abortedTransactions(0, end), log.endOffsetForEpoch(0)]
    log.closeUnclean()
    return [...times, ...reads, ...rest]
  }
  const withIndexes = answers()
  for (const { name } of disk.list(DIRECTORY)) if (name.endsWith('index')) disk.unlink(`${DIRECTORY}/${name}`)
  expect(answers()).toEqual(withIndexes)
})

test('sequences survive, even when only the batches are left to tell of them', () => {
  const disk = newDisk()
  const old = filled(disk)
  const end = old.logEndOffset
  clean(disk, old, 1000)
  for (const { name } of disk.list(DIRECTORY)) if (name.endsWith('.snapshot')) disk.unlink(`${DIRECTORY}/${name}`)
  const { log } = openLog(disk, { recoveryPoint: end })
  const record = { key: 'k0', value: 'x', timestamp: 500 }
  expect(append(log, { id: 8, sequence: 5 }, [record])).toMatchObject({ kind: 'duplicate', lastOffset: 0 })
  expect(() => append(log, { id: 8, sequence: 7 }, [record])).toThrow('sequence')
  expect(append(log, { id: 8, sequence: 6 }, [record])).toMatchObject({ kind: 'appended', baseOffset: end })
  expect(append(log, { id: 7, sequence: 120 }, [record]).kind).toBe('appended')
})

test('a compacted segment that is the last one after a truncation is not taken for a damaged one', () => {
  const disk = newDisk()
  const clock = new TestClock()
  const config = { ...SMALL, segmentMs: 10 }
  const { log } = openLog(disk, { config, clock })
  for (const key of ['a', 'a', 'b']) appendBatch(log, { timestamps: [clock.nowMs], keys: [key] })
  clock.nowMs += 11
  log.maybeRoll(clock.nowMs)
  appendBatch(log, { timestamps: [clock.nowMs], keys: ['c'] })
  const highWatermark = log.durableEndOffset
  const bounds = { checkpointed: -1, lastStableOffset: highWatermark, highWatermark, nowMs: clock.nowMs }
  const { input, generation } = log.planRound(bounds)
  const round = { ...input(), keyMapBytes: 1 << 16, hashSeed: [1, 2, 3, 4] as const }
  for (const group of compactLog(round, { disk, clock }).groups) expect(log.swapIn(group, generation)).toBe(true)
  log.truncateTo(3)
  const before = readAll(log)
  disk.kill()
  const { log: again } = openLog(disk, { config, clock })
  expect([again.logEndOffset, readAll(again).equals(before)]).toEqual([3, true])
})
