import { DiskError } from '@streambus/base'
import { nodeClock, nodeDisk } from '@streambus/base/node'
import { RecordBatchBuilder, readRecords, walkBatches } from '@streambus/protocol/records'
import { LOG_CONFIG_DEFAULTS, type Log } from '@streambus/storage-log'
import { SeededPrng, tempDir } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { LogCleaner, type LogCleanerOptions } from '../../src/compaction/cleaner.ts'
import type { CleanerProbe } from '../../src/compaction/cleaner-probe.ts'
import { inlineRunner } from '../../src/compaction/inline-runner.ts'
import { CompactionFailed, type CompactionRunner } from '../../src/compaction/runner.ts'
import { WorkerRunner } from '../../src/compaction/worker-runner.ts'
import { TOPIC_DEFAULTS } from '../bare-broker.ts'
import { type DataPlane, openDataPlane } from '../data-plane.ts'

const COMPACTED = {
  ...TOPIC_DEFAULTS,
  isCompacted: true,
  retentionDeletes: false,
  log: { ...LOG_CONFIG_DEFAULTS, segmentBytes: 2000, retentionMs: -1 }
}
const BACKOFF_MS = 15_000

function keyed(key: string, value: string | null): Buffer {
  const record = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value), headers: [] }
  return new RecordBatchBuilder().append({ ...record, timestamp: 1_700_000_000_000 }).build()
}

async function openCompacted(): Promise<DataPlane> {
  const plane = await openDataPlane({ settings: COMPACTED })
  await plane.createTopic('orders')
  return plane
}

function fill(plane: DataPlane, rounds = 40): void {
  const partition = plane.partitions.find('orders', 0)
  for (let i = 0; i < rounds; i++) {
    for (const key of ['a', 'b', 'c']) partition?.appendFromClient(keyed(key, `${key}${i} ${'.'.repeat(60)}`), 11)
  }
  partition?.log.requestSync()
}

function contents(log: Log): string[] {
  const found: string[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const read = log.read({ fromOffset: offset, untilOffset: log.logEndOffset, bytesMax: 10_000, minOneBatch: true })
    if (read.buffer === null) break
    const { buffer } = read
    walkBatches(buffer, (at, size) => {
      for (const { key, value } of readRecords(buffer.subarray(at, at + size)))
        found.push(`${String(key)}=${String(value)}`)
    })
    offset = read.nextOffset
    read.release()
  }
  return found
}

/** What a reader of the whole log knows in the end. */
function latest(log: Log): Map<string, string> {
  return new Map(contents(log).map(each => each.split('=') as [string, string]))
}

interface Seen {
  readonly compacted: string[]
  readonly failed: [string, boolean][]
  readonly fatal: DiskError[]
  uncleanable: number
}

function cleanerOf(plane: DataPlane, options: Partial<LogCleanerOptions> = {}) {
  const seen: Seen = { compacted: [], failed: [], fatal: [], uncleanable: 0 }
  const probe: CleanerProbe = {
    compacted: ({ topic, index }) => seen.compacted.push(`${topic}-${index}`),
    failed: (_partition, error, isFinal) => seen.failed.push([error.message, isFinal]),
    uncleanable: count => void (seen.uncleanable = count),
    looked: () => {},
    started: () => {},
    ended: () => {}
  }
  const cleaner = new LogCleaner({
    clock: plane.clock,
    prng: new SeededPrng(1),
    partitions: plane.partitions,
    directories: [plane.directory],
    runner: inlineRunner(plane.disk, plane.clock),
    isStalled: () => false,
    isFull: () => false,
    ageNowMs: () => plane.clock.wallMs(),
    settings: () => ({
      backoffMs: BACKOFF_MS,
      dedupeBufferBytes: 1 << 20,
      ioBufferBytes: 1 << 16,
      bytesPerSecond: Number.POSITIVE_INFINITY
    }),
    probe,
    onFatal: error => seen.fatal.push(error),
    ...options
  })
  const pass = async (): Promise<void> => {
    plane.clock.advance(BACKOFF_MS)
    await plane.settle()
  }
  return { cleaner, seen, pass }
}

test('a dirty log is compacted after the backoff, and again only when it is dirty again', async () => {
  const plane = await openCompacted()
  fill(plane)
  await plane.settle()
  const log = plane.partitions.find('orders', 0)?.log as Log
  const [before, bytes] = [latest(log), log.sizeBytes]
  const { cleaner, seen, pass } = cleanerOf(plane)
  cleaner.start()
  await pass()
  expect(seen).toMatchObject({ compacted: ['orders-0'], failed: [] })
  expect(latest(log)).toEqual(before)
  expect(log.sizeBytes).toBeLessThan(bytes / 2)
  expect(plane.directory.firstDirtyOffsetOf('orders', 0)).toBe(log.activeSegment.baseOffset)
  await pass()
  expect(seen.compacted.length).toBe(1)
  fill(plane)
  await plane.settle()
  await pass()
  expect(seen.compacted.length).toBe(2)
  await cleaner.stop()
})

test('on a full disk no round begins, and once there is room one does', async () => {
  const plane = await openCompacted()
  fill(plane)
  await plane.settle()
  let isFull = true
  const { cleaner, seen, pass } = cleanerOf(plane, { isFull: () => isFull })
  cleaner.start()
  await pass()
  expect(seen.compacted).toEqual([])
  isFull = false
  await pass()
  expect(seen.compacted).toEqual(['orders-0'])
  await cleaner.stop()
})

test('a deleted key is gone for readers, and its tombstone after delete.retention.ms', async () => {
  const plane = await openCompacted()
  fill(plane, 10)
  plane.partitions.find('orders', 0)?.appendFromClient(keyed('a', null), 11)
  const partition = plane.partitions.find('orders', 0)
  for (let i = 0; i < 60; i++) partition?.appendFromClient(keyed('b', `later ${i} ${'.'.repeat(60)}`), 11)
  partition?.log.requestSync()
  await plane.settle()
  const { cleaner, pass } = cleanerOf(plane)
  cleaner.start()
  await pass()
  const log = partition?.log as Log
  expect(contents(log).filter(each => each.startsWith('a='))).toEqual(['a=null'])
  plane.clock.advance(25 * 3_600_000)
  for (let i = 0; i < 60; i++) partition?.appendFromClient(keyed('b', `last ${i} ${'.'.repeat(60)}`), 11)
  partition?.log.requestSync()
  await plane.settle()
  await pass()
  expect(contents(log).filter(each => each.startsWith('a='))).toEqual([])
  await cleaner.stop()
})

test('a log that was cut while a round ran keeps nothing of the round', async () => {
  const plane = await openCompacted()
  fill(plane)
  await plane.settle()
  const log = plane.partitions.find('orders', 0)?.log as Log
  const inner = inlineRunner(plane.disk, plane.clock)
  const runner: CompactionRunner = {
    async run(job) {
      const groups: Parameters<typeof job.onGroup>[0][] = []
      const result = await inner.run({ ...job, onGroup: group => void groups.push(group) })
      log.truncateTo(60)
      for (const group of groups) job.onGroup(group)
      return result
    },
    stop() {}
  }
  const { cleaner, seen, pass } = cleanerOf(plane, { runner })
  const before = contents(log).slice(0, 60)
  cleaner.start()
  await pass()
  expect(contents(log)).toEqual(before)
  expect([seen.compacted, plane.directory.firstDirtyOffsetOf('orders', 0)]).toEqual([[], -1])
  expect(plane.disk.list(log.directory).filter(({ name }) => name.includes('cleaned'))).toEqual([])
  await cleaner.stop()
})

test.each([
  { error: new DiskError({ code: 'ENOSPC', operation: 'write', path: '/x' }), failed: 2, isFinal: false, fatal: 0 },
  { error: new DiskError({ code: 'EIO', operation: 'read', path: '/x' }), failed: 1, isFinal: true, fatal: 0 },
  { error: new DiskError({ code: 'EIO', operation: 'fdatasync', path: '/x' }), failed: 0, isFinal: false, fatal: 2 },
  { error: new CompactionFailed('out of memory'), failed: 1, isFinal: true, fatal: 0 }
])('$error.message: tried again, given up or fatal', async ({ error, failed, isFinal, fatal }) => {
  const plane = await openCompacted()
  fill(plane)
  await plane.settle()
  const { cleaner, seen, pass } = cleanerOf(plane, { runner: { run: () => Promise.reject(error), stop() {} } })
  cleaner.start()
  await pass()
  await pass()
  expect(seen.failed).toEqual(Array.from({ length: failed }, () => [error.message, isFinal]))
  expect([seen.fatal.length, seen.uncleanable]).toEqual([fatal, isFinal ? 1 : 0])
  await cleaner.stop()
})

test('what a deleted topic was cleaned up to is forgotten with it', async () => {
  const plane = await openCompacted()
  fill(plane)
  await plane.settle()
  const { cleaner, pass } = cleanerOf(plane)
  cleaner.start()
  await pass()
  const deleted = plane.controller.deleteTopic(String(plane.controller.image.topicByName('orders')?.id))
  await plane.settle()
  await deleted
  expect(plane.directory.firstDirtyOffsetOf('orders', 0)).toBe(-1)
  await cleaner.stop()
})

test('the thread does what the event loop would do, reports errors as what they are, and stops when told', async () => {
  const directory = tempDir('cleaner')
  const plane = await openCompacted()
  fill(plane)
  await plane.settle()
  const partition = plane.partitions.find('orders', 0)
  const round = partition?.log.planRound({
    checkpointed: -1,
    lastStableOffset: partition.highWatermark,
    highWatermark: partition.highWatermark,
    nowMs: 1_700_000_000_000
  })
  const copy = (name: string): void => {
    const from = plane.disk.open(`${partition?.log.directory}/${name}`, { readOnly: true })
    const bytes = Buffer.alloc(from.sizeBytes())
    from.read(bytes, 0)
    const to = nodeDisk.open(`${directory.path}/${name}`, { create: true })
    to.write([bytes], 0)
    to.close()
  }
  for (const { name, isDirectory } of plane.disk.list(String(partition?.log.directory))) if (!isDirectory) copy(name)
  const input = {
    ...(round as NonNullable<typeof round>).input(),
    directory: directory.path,
    keyMapBytes: 1 << 20,
    hashSeed: [1, 2, 3, 4] as const
  }
  const bytesPerSecond = Number.POSITIVE_INFINITY
  const groups = { thread: [] as unknown[], loop: [] as unknown[] }
  const runner = new WorkerRunner()
  const inThread = await runner.run({ input, bytesPerSecond, onGroup: group => groups.thread.push(group) })
  const inLoop = await inlineRunner(nodeDisk, nodeClock).run({
    input,
    bytesPerSecond,
    onGroup: group => groups.loop.push(group)
  })
  expect(groups.thread.length).toBeGreaterThan(0)
  expect(groups.thread).toEqual(groups.loop)
  expect([inThread.outcome, inThread.endOffset]).toEqual([inLoop.outcome, inLoop.endOffset])
  const missing = runner.run({ input: { ...input, directory: '/nowhere' }, bytesPerSecond, onGroup() {} })
  await expect(missing).rejects.toMatchObject({ name: 'DiskError', code: 'ENOENT' })
  // One byte a second would take an hour.
  const slow = runner.run({ input, bytesPerSecond: 1, onGroup() {} })
  runner.stop()
  expect((await slow).outcome).toBe('stopped')
  directory.remove()
})
