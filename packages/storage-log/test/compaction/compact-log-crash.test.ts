import type { Disk } from '@streambus/base'
import { describe, expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { compactLog } from '../../src/compaction/compact-log.ts'
import { recoverSwaps, swapIn } from '../../src/compaction/swap.ts'
import { newDisk } from '../helpers.ts'
import { DIRECTORY, LogFiles } from './log-files.ts'
import { CLOCK, expectedTable, offsets, put, round, sorted, table } from './round.ts'

/** Throws at the nth change of the disk, as a process that dies there would end. */
function dyingAt(disk: Disk, nth: number): { disk: Disk; count: () => number } {
  const changes = new Set(['open', 'write', 'truncate', 'syncNow', 'rename', 'unlink', 'syncDirectory'])
  let count = 0
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, property) {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        return (...values: unknown[]) => {
          if (changes.has(String(property)) && count++ === nth) throw new Error('died')
          const result: unknown = Reflect.apply(value, target, values)
          return property === 'open' ? wrap(result as object) : result
        }
      }
    })
  return { disk: wrap(disk), count: () => count }
}

describe('a crash at any step of a round or its swaps', () => {
  function dirtyLog(disk: MemoryDisk): LogFiles {
    const log = new LogFiles(disk)
    for (let i = 0; i < 24; i++) {
      const value = i % 7 === 3 ? null : 'v'.repeat(700)
      log.append({ records: [put(`k${i % 5}`, value), put(`own${i}`, 'v')], codec: i % 2 === 0 ? 'none' : 'gzip' })
      if (i % 2 === 1) log.roll()
    }
    return log
  }

  test.each(['crash', 'kill'] as const)('(%s) leaves a log that says the same', end => {
    let isThrough = false
    for (let nth = 0; !isThrough; nth++) {
      const disk = newDisk()
      const log = dirtyLog(disk)
      const dying = dyingAt(disk, nth)
      try {
        const input = log.input({ nowMs: 1, firstDirtyOffset: 0, upToOffset: log.activeBase })
        for (const group of compactLog(input, { disk: dying.disk, clock: CLOCK }).groups) {
          swapIn(dying.disk, DIRECTORY, group)
        }
        isThrough = true
        expect(dying.count()).toBeGreaterThan(50)
      } catch (error) {
        expect(String(error)).toContain('died')
      }
      disk[end]()
      recoverSwaps(disk, DIRECTORY)
      expect(sorted(table(log, log.batches()))).toEqual(sorted(expectedTable(log)))
      expect(disk.list(DIRECTORY).filter(entry => /cleaned|swap/.test(entry.name))).toEqual([])
      const rest = round(log, { nowMs: 1, firstDirtyOffset: 0 })
      expect(rest.endOffset).toBe(log.activeBase)
      expect(offsets(log)).toHaveLength(24 + 5)
    }
  })
})
