import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { AppendRefused, SegmentOffline, SILENT_LOG_PROBE } from '../src/index.ts'
import { append, DIRECTORY, newDisk, openLog, readAll, SMALL, settle, TestClock } from './helpers.ts'

function refusal(run: () => unknown): string {
  try {
    run()
    return 'accepted'
  } catch (error) {
    if (error instanceof AppendRefused) return error.errorName
    throw error
  }
}

test.each([0, 1, 30, 61, 90])('a full disk after %i bytes costs the batch and nothing else', shortBytes => {
  const disk = newDisk()
  const { log, fatal } = openLog(disk)
  append(log, { producerId: 1 })
  const before = readAll(log)
  disk.failNext('write', { code: 'ENOSPC', path: '.log', shortBytes })
  expect(refusal(() => append(log, { producerId: 1, baseSequence: 1 }))).toBe('KAFKA_STORAGE_ERROR')
  expect([log.logEndOffset, readAll(log).equals(before), fatal.length]).toEqual([1, true, 0])
  expect(readWhole(disk, `${DIRECTORY}/00000000000000000000.log`).equals(before)).toBe(true)
  // The refused batch left no trace in the producer's state: its retry is in order.
  expect(append(log, { producerId: 1, baseSequence: 1 })).toMatchObject({ kind: 'appended', baseOffset: 1 })
  disk.kill()
  expect(openLog(disk).log.logEndOffset).toBe(2)
})

test('a disk that is really full serves reads, and appends again when there is room', () => {
  const disk = newDisk({ capacityBytes: 1500 })
  const { log, fatal } = openLog(disk)
  while (refusal(() => append(log, { valueBytes: 100 })) === 'accepted');
  const end = log.logEndOffset
  expect(readAll(log).length).toBe(log.sizeBytes)
  expect(refusal(() => append(log, { valueBytes: 100 }))).toBe('KAFKA_STORAGE_ERROR')
  expect([log.logEndOffset, fatal.length]).toEqual([end, 0])
})

test('no room for a new segment refuses the append; the next one tries again', () => {
  for (const path of ['.snapshot', '.index', '.timeindex']) {
    const disk = newDisk()
    const { log, fatal } = openLog(disk)
    while (log.sizeBytes < 1700) append(log, { valueBytes: 100 })
    disk.failNext('write', { code: 'ENOSPC', path })
    const large = { valueBytes: 900 }
    const offset = log.logEndOffset
    expect([path, refusal(() => append(log, large))]).toEqual([path, 'KAFKA_STORAGE_ERROR'])
    expect([log.logEndOffset, log.segmentCount, fatal.length]).toEqual([offset, 1, 0])
    expect(append(log, large).baseOffset).toBe(offset)
    expect(log.segmentCount).toBe(2)
  }
})

test.each(['EIO', 'EROFS'])('%s on write is final', code => {
  const disk = newDisk()
  const { log, fatal } = openLog(disk)
  append(log)
  disk.failNext('write', { code, path: '.log' })
  expect(refusal(() => append(log))).toBe('KAFKA_STORAGE_ERROR')
  expect([fatal.map(error => error.code), log.isFailed, log.logEndOffset]).toEqual([[code], true, 1])
  expect(refusal(() => append(log))).toBe('KAFKA_STORAGE_ERROR')
  expect(fatal.length).toBe(1)
})

test('a cut that fails after a full disk is final', () => {
  const disk = newDisk()
  const { log, fatal } = openLog(disk)
  disk.failNext('write', { code: 'ENOSPC', path: '.log', shortBytes: 10 })
  disk.failNext('truncate', { code: 'EIO' })
  expect(() => append(log)).toThrow()
  expect(fatal.map(error => error.operation)).toEqual(['ftruncate'])
})

test('a sync that fails at a roll is final, and so is a directory sync', () => {
  for (const operation of ['sync', 'syncDirectory'] as const) {
    const disk = newDisk()
    const { log, fatal } = openLog(disk)
    while (log.sizeBytes < 1700) append(log, { valueBytes: 100 })
    disk.failNext(operation, { code: 'EIO' })
    expect(() => append(log, { valueBytes: 900 })).toThrow()
    expect([fatal.length, log.isFailed]).toEqual([1, true])
  }
})

test('after a failure nothing is announced as durable, and closing writes no snapshot', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  const heard: number[] = []
  log.onDurable(offset => heard.push(offset))
  append(log)
  log.requestSync()
  disk.failNext('write', { code: 'EIO', path: '.log' })
  expect(() => append(log)).toThrow()
  await settle()
  log.closeClean()
  expect(heard).toEqual([])
  expect(disk.list('/data/orders-0').some(entry => entry.name.endsWith('.snapshot'))).toBe(false)
})

test('batches that do not fit are refused by name', () => {
  const { log } = openLog(newDisk(), { config: { ...SMALL, maxMessageBytes: 300 } })
  expect(refusal(() => append(log, { valueBytes: 400 }))).toBe('MESSAGE_TOO_LARGE')
  const small = openLog(newDisk(), { config: { ...SMALL, segmentBytes: 300 } }).log
  expect(refusal(() => append(small, { valueBytes: 400 }))).toBe('RECORD_LIST_TOO_LARGE')
  expect(refusal(() => append(small, { valueBytes: 100 }))).toBe('accepted')
})

test('a closed log takes no append', () => {
  const { log } = openLog(newDisk())
  log.closeClean()
  expect(() => append(log)).toThrow(/closed/)
})

test('a segment that cannot be read is offline for a minute; the others are served, and the disk is left alone', () => {
  const disk = newDisk()
  const clock = new TestClock()
  const offline: [number, number][] = []
  const rangeOffline = (_path: string, from: number, until: number) => offline.push([from, until])
  const { log } = openLog(disk, { clock, probe: { ...SILENT_LOG_PROBE, rangeOffline } })
  for (let i = 0; i < 30; i++) append(log, { valueBytes: 300 })
  // The first segment's range is what its damage is reported with; the second begins where it ends.
  const second = Number(
    disk
      .list(DIRECTORY)
      .filter(({ name }) => name.endsWith('.log'))[1]
      ?.name.slice(0, 20)
  )
  const read = (fromOffset: number) =>
    log.read({ fromOffset, untilOffset: log.logEndOffset, bytesMax: 100, minOneBatch: true })
  disk.failNext('read', { code: 'EIO', path: '00000000000000000000.log' })
  expect(() => read(0)).toThrow('EIO')
  const before = disk.counts.read
  expect(() => read(1)).toThrow(SegmentOffline)
  expect(() => log.offsetForTimestamp(0)).toThrow(SegmentOffline)
  expect(disk.counts.read).toBe(before)
  expect(read(second).nextOffset).toBe(second + 1)
  expect(append(log).baseOffset).toBe(30)
  expect(offline).toEqual([[0, second]])
  clock.nowMs += 60_000
  expect(read(0).nextOffset).toBe(1)
})

test('on a full disk, what frees space gets the room that is kept for it, once; producers do not', () => {
  const disk = newDisk()
  let kept = 1
  const { log, fatal } = openLog(disk, { makeRoom: () => kept-- > 0 })
  for (let i = 0; i < 30; i++) append(log, { valueBytes: 300 })
  log.requestSync()
  disk.failNext('write', { code: 'ENOSPC', path: '.log' })
  expect(refusal(() => append(log))).toBe('KAFKA_STORAGE_ERROR')
  expect(kept).toBe(1)
  disk.failNext('write', { code: 'ENOSPC', path: 'log-start-offset' })
  log.deleteRecordsBefore(10)
  expect([log.logStartOffset, kept]).toEqual([10, 0])
  disk.failNext('open', { code: 'ENOSPC', path: 'log-start-offset' })
  expect(() => log.deleteRecordsBefore(20)).toThrow(/ENOSPC/)
  expect([log.logStartOffset, fatal]).toEqual([10, []])
})

test("the metadata log's own batches get the room that is kept, for the write and for the roll before it", () => {
  for (const path of ['00000000000000000000.log', 'snapshot.tmp']) {
    const disk = newDisk()
    let kept = 1
    const { log, fatal } = openLog(disk, { makeRoom: () => kept-- > 0 })
    const raft = { leaderEpoch: 0, origin: 'raft' } as const
    for (let i = 0; i < 5; i++) append(log, { valueBytes: 250 }, raft)
    disk.failNext('write', { code: 'ENOSPC', path, shortBytes: 7 })
    for (let i = 0; i < 3; i++) append(log, { valueBytes: 250 }, raft)
    expect([log.logEndOffset, kept, fatal]).toEqual([8, 0, []])
    expect(readAll(log).length).toBe(log.sizeBytes)
  }
})
