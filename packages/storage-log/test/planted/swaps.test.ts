import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { type CompactionInput, compactLog } from '../../src/compaction/compact-log.ts'
import type { CleanedGroup } from '../../src/compaction/rewrite.ts'
import { recoverSwaps, swapIn } from '../../src/compaction/swap.ts'
import { DIRECTORY, LogFiles } from '../compaction/log-files.ts'
import { append, newDisk, openLog, settle } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

const CLOCK = { monotonicMs: () => 0 }

/** Segments 0, 2 and the active 4; a cleaned one that waits takes the place of the first two. */
function waiting(): { log: LogFiles; disk: MemoryDisk; group: CleanedGroup } {
  const disk = newDisk()
  const log = new LogFiles(disk)
  for (let i = 0; i < 4; i++) {
    log.append({ records: [{ key: i % 2 === 0 ? 'a' : 'b', value: `${i}`, timestamp: 1 }] })
    if (i % 2 === 1) log.roll()
  }
  const input = log.input({ firstDirtyOffset: 0, upToOffset: 4, nowMs: 100 })
  const { groups } = compactLog(input, { disk, clock: CLOCK })
  expect(groups.map(({ replaced }) => replaced)).toEqual([[0, 2]])
  return { log, disk, group: groups[0] as CleanedGroup }
}

/** Data files by base offset. */
function contents(disk: MemoryDisk): Record<number, string> {
  const names = disk.list(DIRECTORY).flatMap(({ name }) => (name.endsWith('.log') ? [name] : []))
  return Object.fromEntries(
    names.map(name => [Number.parseInt(name, 10), readWhole(disk, `${DIRECTORY}/${name}`).toString('hex')])
  )
}

/** What there is before and after a swap that nothing disturbs. */
function pictures(): { old: Record<number, string>; new: Record<number, string> } {
  const { disk, group } = waiting()
  const old = contents(disk)
  swapIn(disk, DIRECTORY, group)
  return { old, new: contents(disk) }
}

function expectOldOrNew(disk: MemoryDisk): void {
  recoverSwaps(disk, DIRECTORY)
  expect(Object.values(pictures())).toContainEqual(contents(disk))
}

/** The process ends in the middle of the removals; both, what is gone and what is left, is for good. */
function killedBeforeOldIsGone(): MemoryDisk {
  const { disk, group } = waiting()
  disk.failNext('unlink', { code: 'EIO', path: '00000000000000000002.log' })
  expect(() => swapIn(disk, DIRECTORY, group)).toThrow(/EIO/)
  disk.kill()
  return disk
}

test('planted: a swap without a manifest', () => {
  expectOldOrNew(killedBeforeOldIsGone())
})

test('planted: the manifest of a swap goes before the old segments', () => {
  expectOldOrNew(killedBeforeOldIsGone())
})

test('planted: a swap whose manifest is not synced before the renames', () => {
  for (let index = 0; index < 6; index++) {
    const { disk, group } = waiting()
    disk.failNext('syncDirectory', { code: 'EIO' })
    expect(() => swapIn(disk, DIRECTORY, group)).toThrow(/EIO/)
    disk.crash({ choice: { kind: 'without', index } })
    expectOldOrNew(disk)
  }
})

test('planted: the manifest of an old swap comes back after a power cut', () => {
  const { disk, group } = waiting()
  expect(swapIn(disk, DIRECTORY, group)).toBe(true)
  disk.crash()
  expect(disk.list(DIRECTORY).filter(({ name }) => name.endsWith('.swap'))).toEqual([])
})

test('planted: a swap of cleaned bytes that were not synced', () => {
  const { disk, group } = waiting()
  swapIn(disk, DIRECTORY, group)
  disk.crash()
  expectOldOrNew(disk)
})

test('planted: a round that read before a truncation is swapped in after it', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 30; i++) append(log, { valueBytes: 300 })
  log.requestSync()
  await settle()
  const { logEndOffset: end } = log
  const bounds = { checkpointed: -1, lastStableOffset: end, highWatermark: end, nowMs: 10_000 }
  const round = log.planRound(bounds)
  const input: CompactionInput = { ...round.input(), keyMapBytes: 24_000, hashSeed: [1, 2, 3, 4] }
  const { groups } = compactLog(input, { disk, clock: CLOCK })
  expect(groups.length).toBeGreaterThan(0)
  log.truncateTo(end - 1)
  expect(groups.map(group => log.swapIn(group, round.generation))).toEqual(groups.map(() => false))
})
