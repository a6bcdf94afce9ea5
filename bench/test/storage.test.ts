import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Figures } from '../figures.ts'
import { BareTarget, LogTarget, type TargetOptions } from '../storage/append-target.ts'
import { BENCHES } from '../storage/benches.ts'
import { inDirectory } from '../storage/context.ts'
import { checkCleaned, writeKeyedLog } from '../storage/keyed-log.ts'
import { append, batchOf16, checkWhole, openLog } from '../storage/logs.ts'
import { runPreallocate } from '../storage/preallocate.ts'
import { TINY } from '../storage/sizes.ts'
import { SparseLog } from '../storage/sparse-log.ts'

/** Some figures of each bench, with their systems. */
const FIGURES: Readonly<Record<string, readonly string[]>> = {
  append: [
    'append ×1 synced|bare',
    'append ×3 synced|log',
    'append ×3 synced, to durable, p99|log',
    'append ×3 synced, syncs|bare',
    'append ×1 flush.ms=1|log',
    'append ×3 flush.messages=64|log',
    'append ×3 os, batches|log'
  ],
  compaction: [
    'compact 512 KiB with 50 keys|bare',
    'compact 512 KiB with 50 keys, beside produce|log',
    'produce 500 batches/s, to durable, beside compaction, p99|log'
  ],
  lookup: [
    'look-up by offset in 256 KiB, newest segment, p50|log',
    'look-up by offset in 1.5 MiB, anywhere, p99|log',
    'look-up by time in 1.5 MiB, first, p99|log'
  ],
  open: [
    'open 5 partitions, clean|bare',
    'open 5 partitions, unclean|log',
    'open 5 partitions, clean, descriptors each|log'
  ],
  recovery: [
    'recover 64 KiB above 256 KiB in active segment|bare',
    'recover 128 KiB above 1 MiB in active segment|log',
    'recover 128 KiB above 1 MiB in closed segments|log'
  ],
  read: ['read in cache 64 KiB|bare', 'read in cache 64 KiB|log', 'read at the tail, 16 KiB, p99|log']
}

/** Every bench at tiny size, so that it cannot rot. Nothing here is a timing: only that all of it moved. */
test.each([...BENCHES.keys()])('%s measures its figures', async name => {
  const figures: Figures = new Map()
  await BENCHES.get(name)?.({ sizes: TINY, figures, progress() {} })
  for (const { name: figure, system, samples } of figures.values()) {
    expect(samples, `${figure} of ${system}`).not.toHaveLength(0)
    // A handful of partitions may take no memory that can be seen.
    const least = figure.endsWith('each') ? Number.NEGATIVE_INFINITY : 0
    expect(
      samples.every(sample => sample > least),
      `${figure} of ${system}: ${samples.join(' ')}`
    ).toBe(true)
  }
  const seen = [...figures.values()].map(figure => `${figure.name}|${figure.system}`)
  expect(seen).toEqual(expect.arrayContaining([...(FIGURES[name] ?? ['this bench has no figures here'])]))
})

test('preallocate measures each kind of file', async () => {
  const figures = await runPreallocate({ repeats: 1, count: 10, bytes: 0 }, () => {})
  expect(figures.size).toBe(3 * 4 * 4)
})

/** A bench that cannot see what is missing measures nothing. */
describe('what is moved is checked', () => {
  const many = Number.MAX_SAFE_INTEGER
  const options = (directory: string): TargetOptions => ({
    directory,
    partitions: 2,
    batch: batchOf16(),
    flushMs: many,
    flushMessages: many
  })

  test.each([LogTarget, BareTarget])('a batch too many or too few in a %o', Target =>
    inDirectory('test', directory => {
      for (const [expected, isRight] of [
        [[1, 0], true],
        [[0, 1], false],
        [[2, 0], false]
      ] as const) {
        const target = new Target(options(directory))
        target.append(0)
        const finish = (): void => target.finish(expected)
        if (isRight) expect(finish).not.toThrow()
        else expect(finish).toThrow(/what was moved/)
        fs.rmSync(directory, { recursive: true })
        fs.mkdirSync(directory)
      }
    })
  )

  test('a changed byte in a log', () =>
    inDirectory('test', directory => {
      const log = openLog(`${directory}/log-0`)
      append(log, batchOf16())
      checkWhole(log, 1)
      const fd = fs.openSync(log.activeSegment.path, 'r+')
      fs.writeSync(fd, Buffer.from('changed'), 0, 7, 5_000)
      fs.closeSync(fd)
      expect(() => checkWhole(log, 1)).toThrow(/checksum/)
      log.closeUnclean()
    }))

  test('a log that should have been cleaned and was not', () =>
    inDirectory('test', directory => {
      const keyed = writeKeyedLog(`${directory}/log-0`, { logBytes: 2 ** 19, segmentBytes: 2 ** 17, keys: 20 })
      expect(() => checkCleaned(keyed)).toThrow(/is left of key/)
    }))

  test('a sparse log has records where they were placed, and nothing elsewhere', () =>
    inDirectory('test', directory => {
      const sparse = new SparseLog(`${directory}/log-0`, { logBytes: 2 ** 20, segmentBytes: 2 ** 19 })
      const placed = sparse.place(0, 0.5)
      sparse.close()
      const log = openLog(sparse.directory, { recoveryPoint: sparse.endOffset })
      const found = { offset: placed.baseOffset, timestamp: placed.timestampMs, leaderEpoch: 0 }
      expect(log.offsetForTimestamp(placed.timestampMs)).toEqual(found)
      expect(() => log.offsetForTimestamp(placed.timestampMs - 100)).toThrow(/not a record batch/)
      log.closeUnclean()
    }))
})
