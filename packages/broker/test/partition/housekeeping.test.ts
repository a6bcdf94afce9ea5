import { type Clock, DiskError, readWhole } from '@streambus/base'
import { produceApi } from '@streambus/protocol'
import { LOG_CONFIG_DEFAULTS, withChecksumLine } from '@streambus/storage-log'
import { expect, onTestFinished, test } from 'vitest'
import { Housekeeping } from '../../src/partition/housekeeping.ts'
import { RetentionClock } from '../../src/partition/retention-clock.ts'
import { readTrustedTime } from '../../src/partition/trusted-time-file.ts'
import { batchOf, type DataPlane, type DataPlaneOptions, openDataPlane } from '../data-plane.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

async function setup(options: DataPlaneOptions & { partitionCount?: number; readingCostsMs?: number } = {}) {
  const plane = await openDataPlane(options)
  await plane.createTopic('t', options.partitionCount ?? 1)
  const { clock: time, disk, partitions, directory } = plane
  let busyMs = 0
  // Looking at the clock is what every step does once, so it stands for the time that the step takes.
  const clock: Clock = {
    monotonicMs: () => time.monotonicMs() + (busyMs += options.readingCostsMs ?? 0),
    wallMs: () => time.wallMs(),
    after: (delayMs, run) => time.after(delayMs, run)
  }
  const shortages: string[] = []
  const seen = { isStalled: false, steps: 0 }
  const housekeeping = new Housekeeping({
    clock,
    disk,
    partitions,
    directories: [directory],
    retentionClock: new RetentionClock({
      clock: time,
      limits: () => ({ jumpMs: 10 * MINUTE_MS, patienceMs: HOUR_MS }),
      lastTrustedMs: null,
      probe: { stepped() {}, believed() {}, behind() {} }
    }),
    retentionCheckMs: () => 5 * MINUTE_MS,
    checkpointMs: () => MINUTE_MS,
    isStalled() {
      seen.steps++
      return seen.isStalled
    },
    onShortage: error => shortages.push(error.code)
  })
  housekeeping.start()
  onTestFinished(() => housekeeping.stop())
  const checkpoint = (): string => {
    const path = '/data/recovery-point-offset-checkpoint'
    return disk.exists(path) ? readWhole(disk, path).toString() : ''
  }
  return { ...plane, housekeeping, shortages, seen, checkpoint }
}

async function produce(plane: DataPlane, values: readonly string[], index = 0): Promise<void> {
  const topicData = [{ name: 't', partitionData: [{ index, records: batchOf(values) }] }]
  plane.inject(produceApi, 9, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
  await plane.settle()
}

test('the recovery point is written down every minute, and so is the trusted time', async () => {
  const { checkpoint, ...plane } = await setup()
  await produce(plane, ['a', 'b'])
  plane.clock.advance(MINUTE_MS - 1)
  expect([checkpoint(), readTrustedTime(plane.disk, ['/data'])]).toEqual(['', null])
  plane.clock.advance(1)
  expect(checkpoint()).toBe(withChecksumLine('0\n1\nt 0 2\n'))
  expect(readTrustedTime(plane.disk, ['/data'])).toBe(plane.clock.wallMs())
  await produce(plane, ['c'])
  plane.clock.advance(MINUTE_MS)
  expect(checkpoint()).toBe(withChecksumLine('0\n1\nt 0 3\n'))
})

test('many partitions are checkpointed in turns of 5 ms, with the rest of the broker in between', async () => {
  const plane = await setup({ partitionCount: 300, readingCostsMs: 0.1 })
  const { clock, seen, checkpoint } = plane
  clock.advance(MINUTE_MS - 1)
  seen.steps = 0
  clock.advance(1)
  const perTurn = [seen.steps]
  while (checkpoint() === '') {
    const before = seen.steps
    clock.advance(5)
    perTurn.push(seen.steps - before)
  }
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(52)
  expect(perTurn.length).toBeGreaterThanOrEqual(6)
  expect(checkpoint().split('\n')[1]).toBe('300')
})

test('a topic that is deleted between two turns is left alone', async () => {
  const plane = await setup({ partitionCount: 100, readingCostsMs: 0.5 })
  plane.clock.advance(MINUTE_MS)
  const deletion = plane.controller.deleteTopic(plane.controller.image.topicByName('t')?.id ?? '')
  await plane.settle()
  await deletion
  plane.clock.advance(6 * MINUTE_MS)
  expect(plane.checkpoint()).toBe(withChecksumLine('0\n0\n'))
})

test('nothing that syncs is done on a stalled disk, and all of it once the disk answers', async () => {
  const plane = await setup()
  await produce(plane, ['a'])
  plane.seen.isStalled = true
  const { sync, syncDirectory } = { ...plane.disk.counts }
  plane.clock.advance(11 * MINUTE_MS)
  expect(plane.disk.counts).toMatchObject({ sync, syncDirectory })
  plane.seen.isStalled = false
  plane.clock.advance(MINUTE_MS)
  expect(plane.checkpoint()).toBe(withChecksumLine('0\n1\nt 0 1\n'))
})

test('no room for a checkpoint is reported and tried again; any other disk error is thrown', async () => {
  const plane = await setup()
  await produce(plane, ['a'])
  plane.disk.failNext('write', { code: 'ENOSPC', path: 'checkpoint' })
  plane.clock.advance(MINUTE_MS)
  expect([plane.shortages, plane.checkpoint()]).toEqual([['ENOSPC'], ''])
  plane.clock.advance(MINUTE_MS)
  expect(plane.checkpoint()).toBe(withChecksumLine('0\n1\nt 0 1\n'))
  plane.disk.failNext('write', { code: 'EIO', path: 'checkpoint' })
  expect(() => plane.clock.advance(MINUTE_MS)).toThrow(DiskError)
})

test('a wall clock that jumps a year ahead deletes nothing for an hour, and one that is right deletes in time', async () => {
  const log = { ...LOG_CONFIG_DEFAULTS, segmentBytes: 1024, retentionMs: 7 * DAY_MS }
  const plane = await setup({ settings: { log } })
  const partition = plane.partitions.find('t', 0)
  for (let i = 0; i < 5; i++) await produce(plane, ['x'.repeat(700)])
  expect(partition?.log.logStartOffset).toBe(0)
  plane.clock.jumpWall(365 * DAY_MS)
  plane.clock.advance(HOUR_MS - 5 * MINUTE_MS)
  expect(partition?.log.logStartOffset).toBe(0)
  plane.clock.jumpWall(-365 * DAY_MS)
  plane.clock.advance(2 * HOUR_MS)
  expect(partition?.log.logStartOffset).toBe(0)
  plane.clock.jumpWall(8 * DAY_MS)
  plane.clock.advance(HOUR_MS + 10 * MINUTE_MS)
  expect(partition?.log.logStartOffset).toBeGreaterThan(0)
})

test('one partition without room does not keep the others from theirs, nor the checkpoint from being written', async () => {
  const log = { ...LOG_CONFIG_DEFAULTS, segmentBytes: 1024, retentionBytes: 1024 }
  const plane = await setup({ settings: { log }, partitionCount: 3 })
  for (let index = 0; index < 3; index++) {
    for (let i = 0; i < 4; i++) await produce(plane, ['x'.repeat(700)], index)
  }
  for (const path of ['t-0/log-start', 't-1/0000']) plane.disk.failNext('write', { code: 'ENOSPC', path })
  plane.clock.advance(6 * MINUTE_MS)
  expect(plane.shortages).toEqual(['ENOSPC', 'ENOSPC'])
  expect([0, 1, 2].map(index => plane.partitions.find('t', index)?.log.logStartOffset)).toEqual([0, 2, 2])
  expect(plane.checkpoint().split('\n')[1]).toBe('3')
  plane.clock.advance(5 * MINUTE_MS)
  expect(plane.partitions.find('t', 0)?.log.logStartOffset).toBe(2)
})
