import { expect, test } from 'vitest'
import { type CompactionInput, compactLog } from '../../src/compaction/compact-log.ts'
import { type PlanInput, planCompaction, type SegmentFacts } from '../../src/compaction/plan.ts'
import { swapIn } from '../../src/compaction/swap.ts'
import { CONFIG, DIRECTORY, LogFiles, type RecordSpec } from '../compaction/log-files.ts'
import { newDisk } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

/** Segments 0, 10, 20 and the active 30. */
const SEGMENTS: readonly SegmentFacts[] = [0, 10, 20, 30].map(baseOffset => ({
  baseOffset,
  endOffset: baseOffset + 10,
  sizeBytes: 1000,
  indexBytes: 100,
  firstTimestampMs: 0,
  maxTimestampMs: 0,
  lastModifiedMs: 0
}))

function plannedTo(bounds: Partial<PlanInput>): number {
  const everything = { lastStableOffset: 40, highWatermark: 40, durableEndOffset: 40 }
  const rest = { segments: SEGMENTS, firstDirtyOffset: 0, nowMs: 1000, config: CONFIG }
  return planCompaction({ ...rest, ...everything, ...bounds }).upToOffset
}

test('planted: compaction past the last stable offset', () => {
  expect([plannedTo({}), plannedTo({ lastStableOffset: 15 })]).toEqual([30, 10])
})

test('planted: compaction past the high watermark', () => {
  expect([plannedTo({}), plannedTo({ highWatermark: 15 })]).toEqual([30, 10])
})

test('planted: compaction past the durable end', () => {
  expect([plannedTo({}), plannedTo({ durableEndOffset: 15 })]).toEqual([30, 10])
})

function put(key: string, value: string | null): RecordSpec {
  return { key, value, timestamp: 1 }
}

/** Cleans everything but the active segment; what is left, by offset. */
function cleaned(log: LogFiles, options: Partial<CompactionInput> & { nowMs: number }): number[] {
  const input = log.input({ firstDirtyOffset: 0, upToOffset: log.activeBase, ...options })
  for (const group of compactLog(input, { disk: log.disk, clock: { monotonicMs: () => 0 } }).groups)
    swapIn(log.disk, DIRECTORY, group)
  return log.batches().flatMap(batch => batch.records.map(record => record.offset))
}

/** a, then a newer a in a transaction that is aborted. */
function withAborted(): LogFiles {
  const log = new LogFiles(newDisk())
  log.append({ records: [put('a', 'kept')] })
  log.append({ producerId: 7, isTransactional: true, records: [put('a', 'aborted')] })
  log.roll()
  log.marker(7, false, 3)
  log.roll()
  return log
}

test('planted: compaction believes a marker that can still be taken back', () => {
  expect(cleaned(withAborted(), { nowMs: 100, decidedOffset: 2 })).toEqual([0, 1, 2])
})

test('planted: compaction takes aborted records for committed ones', () => {
  expect(cleaned(withAborted(), { nowMs: 100 })).toEqual([0, 2])
})

test('planted: compaction of a transaction that nobody has decided', () => {
  const log = new LogFiles(newDisk())
  log.append({ records: [put('a', '1')] })
  log.append({ records: [put('a', '2')] })
  log.roll()
  log.append({ producerId: 7, isTransactional: true, records: [put('a', '3')] })
  log.roll()
  expect(cleaned(log, { nowMs: 100 })).toEqual([1, 2])
})

test('planted: a tombstone is dropped before its time', () => {
  const log = new LogFiles(newDisk())
  log.append({ records: [put('a', '1'), put('a', null), put('b', '1')] })
  log.roll()
  expect(cleaned(log, { nowMs: 100 })).toEqual([1, 2])
  expect(cleaned(log, { nowMs: 100 + CONFIG.deleteRetentionMs - 1 })).toEqual([1, 2])
  expect(cleaned(log, { nowMs: 100 + CONFIG.deleteRetentionMs })).toEqual([2])
})
