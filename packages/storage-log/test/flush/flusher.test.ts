import { expect, test } from 'vitest'
import { append, newDisk, openLog, SMALL, TestClock } from '../helpers.ts'

test('a sync that began before a write does not cover it', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log } = openLog(disk)
  append(log)
  log.requestSync()
  append(log)
  disk.completeSyncs()
  expect(log.durableEndOffset).toBe(1)
  disk.crash()
  expect(openLog(disk).log.logEndOffset).toBe(1)
})

test('nothing is durable before its sync has ended', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log } = openLog(disk)
  append(log)
  log.requestSync()
  expect([log.durableEndOffset, log.recoveryPoint]).toEqual([0, 0])
  disk.completeSyncs()
  expect([log.durableEndOffset, log.recoveryPoint]).toEqual([1, 1])
})

test('any number of requests during a sync make one more, which starts at once', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log } = openLog(disk)
  const heard: number[] = []
  log.onDurable(offset => heard.push(offset))
  append(log)
  log.requestSync()
  for (let i = 0; i < 5; i++) {
    append(log)
    log.requestSync()
  }
  expect(disk.pendingSyncs).toBe(1)
  disk.completeSyncs(1)
  expect([heard, disk.pendingSyncs]).toEqual([[1], 1])
  disk.completeSyncs(1)
  expect([heard, disk.pendingSyncs]).toEqual([[1, 6], 0])
})

test('no sync when nothing was written, and none after it without a request', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log } = openLog(disk)
  log.requestSync()
  expect(disk.pendingSyncs).toBe(0)
  append(log)
  log.requestSync()
  append(log)
  disk.completeSyncs()
  expect(disk.pendingSyncs).toBe(0)
})

test('a failed sync is final: no listener, no further append, no second try', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log, fatal } = openLog(disk)
  const heard: number[] = []
  log.onDurable(offset => heard.push(offset))
  append(log)
  disk.failNext('sync', { code: 'EIO' })
  log.requestSync()
  log.requestSync()
  disk.completeSyncs()
  disk.completeSyncs()
  expect(fatal.map(error => error.code)).toEqual(['EIO'])
  expect([heard, log.durableEndOffset, disk.pendingSyncs]).toEqual([[], 0, 0])
  expect(() => append(log)).toThrow(/failed/)
  log.requestSync()
  expect(disk.pendingSyncs).toBe(0)
})

test('a roll during a sync: the old file stays open until the sync has reported, and waiters hear of it', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log, fatal } = openLog(disk)
  const heard: number[] = []
  log.onDurable(offset => heard.push(offset))
  append(log)
  log.requestSync()
  while (log.segmentCount < 2) append(log, { valueBytes: 500 })
  const rolledAt = log.logEndOffset - 1
  expect(log.durableEndOffset).toBe(rolledAt)
  log.closeUnclean()
  disk.completeSyncs()
  expect(fatal).toEqual([])
  expect(heard).toEqual([])
})

test('a segment that is deleted during its sync keeps its handle until the sync has reported', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log, fatal } = openLog(disk, { config: { ...SMALL, retentionMs: 0 } })
  append(log)
  log.requestSync()
  while (log.segmentCount < 2) append(log, { valueBytes: 500 })
  expect(log.applyRetention(1_700_000_000_000)).toBe(1)
  const open = disk.openFiles
  disk.completeSyncs()
  expect([fatal, disk.openFiles, log.isFailed]).toEqual([[], open - 1, false])
})

test('a truncation during a sync takes back what the sync would have announced', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log)
  log.requestSync()
  log.truncateTo(2)
  disk.completeSyncs()
  expect(log.durableEndOffset).toBe(2)
  append(log)
  expect(log.durableEndOffset).toBe(2)
})

test('flush.messages and flush.ms ask for a sync by themselves', async () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log } = openLog(disk, { config: { ...openLog(newDisk()).log.config, flushMessages: 3, flushMs: 1000 } })
  append(log)
  append(log)
  expect(disk.pendingSyncs).toBe(0)
  append(log)
  expect(disk.pendingSyncs).toBe(1)
  disk.completeSyncs()
  append(log)
  log.flushIfDue(1_700_000_000_999)
  expect(disk.pendingSyncs).toBe(0)
  log.flushIfDue(1_700_000_001_000)
  expect(disk.pendingSyncs).toBe(1)
})

test('a sync under way says how long it has taken, and the next one starts at nothing', () => {
  const disk = newDisk({ syncs: 'manual' })
  const clock = new TestClock()
  const { log } = openLog(disk, { clock })
  append(log)
  expect(log.syncRunningMs(clock.monotonicMs())).toBe(0)
  log.requestSync()
  append(log)
  log.requestSync()
  clock.nowMs += 5_001
  expect(log.syncRunningMs(clock.monotonicMs())).toBe(5_001)
  disk.completeSyncs(1)
  expect(log.syncRunningMs(clock.monotonicMs())).toBe(0)
  clock.nowMs += 7
  expect(log.syncRunningMs(clock.monotonicMs())).toBe(7)
  disk.completeSyncs()
  clock.nowMs += 7
  expect(log.syncRunningMs(clock.monotonicMs())).toBe(0)
})

test('a log that is written to keeps flush.ms by itself', () => {
  const disk = newDisk({ syncs: 'manual' })
  const clock = new TestClock()
  const { log } = openLog(disk, { clock, config: { ...SMALL, flushMs: 200 } })
  append(log)
  clock.nowMs += 199
  append(log)
  expect(disk.pendingSyncs).toBe(0)
  clock.nowMs += 1
  append(log)
  expect(disk.pendingSyncs).toBe(1)
})
