import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { makeMarker } from '../batches.ts'
import { append, DIRECTORY, newDisk, openLog, readAll, settle } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

const FIRST_LOG = `${DIRECTORY}/00000000000000000000.log`

test('planted: the recovery point is not lowered before records are cut', async () => {
  const disk = newDisk()
  const lowered: [offset: number, fileBytes: number][] = []
  const lowerRecoveryPoint = (offset: number) => void lowered.push([offset, readWhole(disk, FIRST_LOG).length])
  const { log } = openLog(disk, { lowerRecoveryPoint })
  for (let i = 0; i < 3; i++) append(log)
  const { sizeBytes } = log
  log.requestSync()
  await settle()
  log.truncateTo(1)
  expect(lowered).toEqual([[1, sizeBytes]])
})

test('planted: the producers are not read again after a truncation', () => {
  const { log } = openLog(newDisk())
  for (let i = 0; i < 2; i++) append(log, { producerId: 4, baseSequence: i })
  log.truncateTo(1)
  expect(append(log, { producerId: 4, baseSequence: 1 })).toMatchObject({ kind: 'appended', baseOffset: 1 })
})

test('planted: a snapshot above the log end is kept after a truncation', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log)
  append(log, { producerId: 4 })
  log.snapshotProducers()
  log.truncateTo(1)
  for (let i = 0; i < 2; i++) append(log)
  disk.kill()
  const { log: again } = openLog(disk)
  expect([again.logEndOffset, again.producerCount]).toEqual([3, 0])
})

test('planted: a deleted snapshot comes back after a power cut', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log)
  append(log, { producerId: 4 })
  log.snapshotProducers()
  log.truncateTo(1)
  append(log)
  log.requestSync()
  await settle()
  disk.crash()
  const { log: again } = openLog(disk, { recoveryPoint: 2 })
  expect([again.logEndOffset, again.producerCount]).toEqual([2, 0])
})

test('planted: the seal of an index is believed after a truncation', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 2; i++) {
    append(log, { producerId: 4, baseSequence: i, isTransactional: true, valueBytes: 250 })
    const { bytes, summary } = makeMarker(4, 0, 1, 'abort')
    log.append(bytes, 0, bytes.length, summary, { leaderEpoch: 0, origin: 'coordinator' })
  }
  log.saveCaches()
  log.truncateTo(3)
  for (let i = 0; i < 5; i++) append(log)
  log.requestSync()
  await settle()
  disk.kill()
  // The abort marker at offset 3 is gone, and another record has its offset.
  const { log: again } = openLog(disk, { recoveryPoint: log.recoveryPoint })
  expect(again.abortedTransactions(0, 10).map(each => each.lastOffset)).toEqual([1])
})

test('planted: a truncation is not synced', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log)
  log.requestSync()
  await settle()
  log.truncateTo(2)
  disk.crash()
  expect(openLog(disk, { recoveryPoint: 2 }).log.logEndOffset).toBe(2)
})

test('planted: a sync under way announces what a truncation has cut', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log)
  log.requestSync()
  log.truncateTo(2)
  append(log)
  disk.completeSyncs()
  expect([log.durableEndOffset, log.logEndOffset]).toEqual([2, 3])
})

test('planted: nobody hears of syncs after a truncation', async () => {
  const { log } = openLog(newDisk())
  const heard: number[] = []
  log.onDurable(offset => heard.push(offset))
  const sync = async (): Promise<void> => {
    log.requestSync()
    await settle()
  }
  for (let i = 0; i < 5; i++) append(log)
  await sync()
  log.truncateTo(2)
  append(log)
  await sync()
  expect(heard).toEqual([5, 3])
})

test('planted: the durable end stays above a truncation', async () => {
  const { log } = openLog(newDisk())
  for (let i = 0; i < 5; i++) append(log)
  log.requestSync()
  await settle()
  log.truncateTo(2)
  append(log)
  expect([log.durableEndOffset, log.recoveryPoint]).toEqual([2, 2])
})

test('planted: a truncation over segments removes the oldest first', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  while (log.segmentCount < 5) append(log, { valueBytes: 300 })
  const before = readAll(log)
  const third = disk.list(DIRECTORY).filter(({ name }) => name.endsWith('.log'))[2]?.name ?? ''
  disk.failNext('rename', { code: 'EIO', path: third })
  expect(() => log.truncateTo(1)).toThrow(/EIO/)
  disk.crash()
  const { log: again } = openLog(disk)
  const bytes = readAll(again)
  expect(before.subarray(0, bytes.length).equals(bytes)).toBe(true)
  expect(bytes.length).toBe((before.length / log.logEndOffset) * again.logEndOffset)
})

test('planted: leader epochs of cut records are kept', () => {
  const { log } = openLog(newDisk())
  append(log, {}, { leaderEpoch: 1, origin: 'client' })
  append(log, {}, { leaderEpoch: 4, origin: 'client' })
  log.truncateTo(1)
  expect([log.latestEpoch, log.endOffsetForEpoch(4)]).toEqual([1, { epoch: -1, endOffset: -1 }])
})
