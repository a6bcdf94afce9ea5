import { expect } from 'vitest'
import { type CompactionInput, type CompactionResult, compactLog } from '../../src/compaction/compact-log.ts'
import { planCompaction } from '../../src/compaction/plan.ts'
import { swapIn } from '../../src/compaction/swap.ts'
import { type Batch, CONFIG, DIRECTORY, type LogFiles, type RecordSpec } from './log-files.ts'

/** Rounds that take no time. */
export const CLOCK = { monotonicMs: () => 0 }

export function put(key: string | null, value: string | null, timestamp = 1): RecordSpec {
  return { key, value, timestamp }
}

/** One round as the broker runs it, with the swap. */
export function round(
  log: LogFiles,
  options: Partial<CompactionInput> & { nowMs: number; firstDirtyOffset: number }
): CompactionResult {
  const plan = planCompaction({
    segments: log.facts(),
    firstDirtyOffset: options.firstDirtyOffset,
    lastStableOffset: log.lastStableOffset,
    highWatermark: log.logEndOffset,
    durableEndOffset: log.logEndOffset,
    nowMs: options.nowMs,
    config: CONFIG
  })
  // Both have to get to a worker thread and back.
  const input = structuredClone(log.input({ upToOffset: plan.upToOffset, ...options }))
  const result = structuredClone(compactLog(input, { disk: log.disk, clock: CLOCK }))
  for (const group of result.groups) expect(swapIn(log.disk, DIRECTORY, group)).toBe(true)
  expect(log.disk.list(DIRECTORY).filter(entry => /cleaned|swap/.test(entry.name))).toEqual([])
  return result
}

/** What a read_committed consumer ends up with: aborted records are those that the history says were aborted. */
export function table(log: LogFiles, batches: readonly Batch[]): Map<string, string> {
  const aborted = new Set(log.history.filter(each => each.outcome !== 'committed').map(each => each.offset))
  const result = new Map<string, string>()
  for (const batch of batches) {
    if (batch.isControl) continue
    for (const record of batch.records) {
      const key = record.key?.toString()
      if (key === undefined || aborted.has(record.offset)) continue
      if (record.value === null) result.delete(key)
      else result.set(key, record.value.toString())
    }
  }
  return result
}

export function expectedTable(log: LogFiles): Map<string, string> {
  const result = new Map<string, string>()
  for (const { key, value, outcome } of log.history) {
    if (key === null || outcome !== 'committed') continue
    if (value === null) result.delete(key)
    else result.set(key, value)
  }
  return result
}

export function sorted(map: Map<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

export function offsets(log: LogFiles): number[] {
  return log.batches().flatMap(batch => batch.records.map(record => record.offset))
}
