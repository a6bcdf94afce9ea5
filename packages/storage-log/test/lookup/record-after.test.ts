import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findUnread, type Unread, type UnreadSearch } from '../../src/index.ts'
import { makeMarker } from '../batches.ts'
import { append, newDisk, openLog, settle } from '../helpers.ts'
import { LOG_CONFIGS, LOG_STEPS, LogRun } from './log-run.ts'

const READERS = 3

function searchOf({ world }: LogRun, fromOffset: number): UnreadSearch {
  const { highWatermark: untilOffset, lastStableOffset } = world
  return { fromOffset, untilOffset, lastStableOffset }
}

test('the oldest unread record is the one that a search of everything finds, with and without what was known', () => {
  const reads = fc.record({ reader: fc.nat(READERS - 1), to: fc.nat(10_000) })
  const steps = fc.array(fc.tuple(LOG_STEPS, fc.option(reads)), { minLength: 1, maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(LOG_CONFIGS, steps, fc.constantFrom(1, 3, 10_000), (config, all, batchesMax) => {
      const run = new LogRun(config)
      const known: (Unread | null)[] = Array.from({ length: READERS }, () => null)
      const offsets = known.map(() => 0)
      for (const [step, read] of all) {
        run.take(step)
        if (step.do === 'restart') known.fill(null)
        if (read !== null) offsets[read.reader] = read.to % (run.world.highWatermark + 1)
        offsets.forEach((offset, i) => {
          const wanted = run.oldestUnread(offset)
          const search = searchOf(run, offset)
          expect(findUnread(run.world.log, search).record).toEqual(wanted)
          // In parts, as many as it takes.
          for (let calls = 0; calls < 200; calls++) {
            known[i] = findUnread(run.world.log, { ...search, batchesMax }, known[i] ?? null)
            if (known[i]?.record !== null || known[i]?.nextOffset === search.untilOffset) break
          }
          expect(known[i]?.record).toEqual(wanted)
        })
      }
    }),
    { numRuns: 300 }
  )
})

async function withTransactions() {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log, { timestamps: [1] })
  append(log, { timestamps: [2, 3], producerId: 7, isTransactional: true })
  const marker = makeMarker(7, 0, 0, 'abort')
  log.append(marker.bytes, 0, marker.bytes.length, marker.summary, { leaderEpoch: 0, origin: 'coordinator' })
  log.requestSync()
  await settle()
  return { disk, log }
}

test('a marker at the end is not unread, nor is what it has aborted, once it is below the watermark', async () => {
  const { log } = await withTransactions()
  const at = (untilOffset: number, lastStableOffset: number) =>
    findUnread(log, { fromOffset: 1, untilOffset, lastStableOffset })
  expect(at(4, 4)).toMatchObject({ record: null, nextOffset: 4 })
  expect(at(3, 1)).toMatchObject({ record: { offset: 1, timestamp: 2 }, isDecided: false })
})

test('what is known costs no read', async () => {
  const { disk, log } = await withTransactions()
  const known = findUnread(log, { fromOffset: 0, untilOffset: 4, lastStableOffset: 4 })
  const idle = findUnread(log, { fromOffset: 1, untilOffset: 4, lastStableOffset: 4 })
  append(log, { timestamps: [9] })
  const before = disk.counts.read
  expect(findUnread(log, { fromOffset: 0, untilOffset: 5, lastStableOffset: 5 }, known)).toBe(known)
  expect(findUnread(log, { fromOffset: 2, untilOffset: 4, lastStableOffset: 4 }, idle)).toBe(idle)
  expect(disk.counts.read).toBe(before)
})

test('a search of many markers is taken up where it ended', async () => {
  const { log } = await withTransactions()
  append(log, { timestamps: [9] })
  const search = { fromOffset: 1, untilOffset: 5, lastStableOffset: 5, batchesMax: 2 }
  const first = findUnread(log, search)
  expect(first).toMatchObject({ record: null, nextOffset: 4 })
  expect(findUnread(log, search, first)).toMatchObject({ fromOffset: 1, record: { offset: 4, timestamp: 9 } })
})
