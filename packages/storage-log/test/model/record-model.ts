import { HEADER_BYTES, readRecords, walkBatches } from '@streambus/protocol/records'
import { expect } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { compactLog, LOG_CONFIG_DEFAULTS, type Log, type LogConfig } from '../../src/index.ts'
import { openLog, readAll, type TestClock } from '../helpers.ts'

export const CONFIG: LogConfig = {
  ...LOG_CONFIG_DEFAULTS,
  segmentBytes: 900,
  segmentMs: 50_000,
  indexIntervalBytes: 150,
  retentionMs: 400_000,
  deleteRetentionMs: 60_000
}

export interface ModelRecord {
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly timestamp: number
}

/** What the log should hold, as a list of records and nothing clever. */
export interface Model {
  records: ModelRecord[]
  start: number
  end: number
  durable: number
  /** When a compaction round has first come past a tombstone. */
  readonly cleanedAtMs: Map<number, number>
}

export interface Real {
  readonly disk: MemoryDisk
  readonly clock: TestClock
  log: Log
  firstDirtyOffset: number
}

export function open(disk: MemoryDisk, clock: TestClock, options: { cleanStart: boolean; recoveryPoint: number }): Log {
  return openLog(disk, { config: CONFIG, clock, ...options }).log
}

/** Every record that a reader of the whole log gets. */
export function recordsOf(log: Log, fromOffset = log.logStartOffset, bytesMax = 700): ModelRecord[] {
  return decode(readAll(log, fromOffset, bytesMax)).filter(({ offset }) => offset >= log.logStartOffset)
}

export function decode(bytes: Buffer): ModelRecord[] {
  const records: ModelRecord[] = []
  walkBatches(bytes, (at, size) => {
    if (size === HEADER_BYTES) return
    for (const { offset, key, value, timestamp } of readRecords(bytes.subarray(at, at + size))) {
      records.push({ offset, key: String(key), value: value?.toString() ?? null, timestamp })
    }
  })
  return records
}

export function same(model: Model, { log }: Real): void {
  expect([log.logStartOffset, log.logEndOffset]).toEqual([model.start, model.end])
  expect(recordsOf(log)).toEqual(model.records)
  expect(log.durableEndOffset).toBeGreaterThanOrEqual(Math.min(model.durable, model.end))
  for (const timestamp of [0, model.records[0]?.timestamp ?? 1, (model.records.at(-1)?.timestamp ?? 1) + 1]) {
    const first = model.records.find(record => record.timestamp >= timestamp)
    expect(log.offsetForTimestamp(timestamp)?.offset).toBe(first?.offset)
  }
}

export function startAt(model: Model, offset: number): void {
  model.start = offset
  model.records = model.records.filter(record => record.offset >= offset)
}

export function endAt(model: Model, offset: number): void {
  model.end = offset
  model.durable = Math.min(model.durable, offset)
  model.records = model.records.filter(record => record.offset < offset)
}

/**
 * One round over all that is durable. Nothing moves or is new; the last value of each key stays; what was not cleaned
 * stays whole; a tombstone goes only when it was replaced, or `delete.retention.ms` after a round came past it.
 */
export function compact(model: Model, real: Real): void {
  const { log, disk, clock } = real
  const highWatermark = log.durableEndOffset
  const bounds = { checkpointed: real.firstDirtyOffset, lastStableOffset: highWatermark, highWatermark }
  const round = log.planRound({ ...bounds, nowMs: clock.nowMs })
  if (round.plan.upToOffset <= round.plan.firstDirtyOffset) return
  expect(round.plan.upToOffset).toBeLessThanOrEqual(highWatermark)
  const input = { ...round.input(), keyMapBytes: 1 << 16, hashSeed: [1, 2, 3, 4] as const }
  const { groups, endOffset } = compactLog(input, { disk, clock })
  const before = recordsOf(log)
  for (const group of groups) expect(log.swapIn(group, round.generation)).toBe(true)
  const after = recordsOf(log)
  const kept = new Set(after.map(({ offset }) => offset))
  expect(after).toEqual(before.filter(({ offset }) => kept.has(offset)))
  for (const record of before)
    if (!kept.has(record.offset)) expectDroppable(model, record, { before, endOffset, clock })
  for (const { offset, value } of after) {
    const isNewlyCleaned = value === null && offset < endOffset && !model.cleanedAtMs.has(offset)
    if (isNewlyCleaned) model.cleanedAtMs.set(offset, clock.nowMs)
  }
  model.records = after
  real.firstDirtyOffset = endOffset
}

function expectDroppable(
  model: Model,
  record: ModelRecord,
  round: { before: readonly ModelRecord[]; endOffset: number; clock: TestClock }
): void {
  expect(record.offset).toBeLessThan(round.endOffset)
  const isReplaced = round.before.some(
    ({ key, offset }) => key === record.key && offset > record.offset && offset < round.endOffset
  )
  if (isReplaced) return
  expect(record.value).toBe(null)
  const cleanedAtMs = model.cleanedAtMs.get(record.offset) ?? Number.POSITIVE_INFINITY
  expect(round.clock.nowMs - cleanedAtMs).toBeGreaterThanOrEqual(CONFIG.deleteRetentionMs)
}
