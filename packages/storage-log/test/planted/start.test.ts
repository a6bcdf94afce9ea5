import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { LogCorrupt } from '../../src/index.ts'
import { makeMarker } from '../batches.ts'
import { append, DIRECTORY, newDisk, openLog, settle } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

const FIRST_LOG = `${DIRECTORY}/00000000000000000000.log`

/** A log of so many batches whose process was killed; all of it is in the page cache. */
function killed(batches: number): MemoryDisk {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < batches; i++) append(log)
  disk.kill()
  return disk
}

test('planted: a bad middle is treated as a torn tail', () => {
  const disk = killed(5)
  disk.flipBit(FIRST_LOG, 90, 2)
  expect(() => openLog(disk)).toThrow(LogCorrupt)
})

test('planted: damage below the recovery point is treated as a torn tail', () => {
  const disk = killed(3)
  const size = readWhole(disk, FIRST_LOG).length
  disk.flipBit(FIRST_LOG, size - 1, 0)
  expect(() => openLog(disk, { recoveryPoint: 3 })).not.toThrow()
  const short = killed(3)
  const file = short.open(FIRST_LOG)
  file.truncate(size - 1)
  file.close()
  expect(() => openLog(short, { recoveryPoint: 3 })).toThrow(/below the recovery point 3/)
})

test('planted: the CRC of a batch that was not synced is not compared', () => {
  const disk = killed(2)
  disk.flipBit(FIRST_LOG, readWhole(disk, FIRST_LOG).length - 3, 0)
  expect(openLog(disk).log.logEndOffset).toBe(1)
})

test('planted: an accepted tail is not written again after an unclean start', async () => {
  const disk = newDisk()
  const { log, fatal } = openLog(disk)
  append(log)
  disk.failNext('sync', { code: 'EIO', path: '.log', marksClean: true })
  log.requestSync()
  await settle()
  expect(fatal.length).toBe(1)
  disk.kill()
  // The page cache still has the batch and calls it clean.
  expect(openLog(disk).log.durableEndOffset).toBe(1)
  disk.crash()
  expect(openLog(disk).log.logEndOffset).toBe(1)
})

test('planted: an accepted tail is not synced after an unclean start', () => {
  const disk = killed(2)
  expect(openLog(disk).log.durableEndOffset).toBe(2)
  disk.crash()
  expect(openLog(disk).log.logEndOffset).toBe(2)
})

test('planted: a snapshot above the end that a power cut left is kept', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log, { producerId: 4 })
  log.snapshotProducers()
  disk.crash()
  const { log: shorter } = openLog(disk)
  for (let i = 0; i < 2; i++) append(shorter)
  disk.kill()
  // The log has grown past the offset of the snapshot, and producer 4 never wrote any of it.
  const { log: again } = openLog(disk)
  expect([again.logEndOffset, again.producerCount]).toEqual([2, 0])
})

test('planted: deleted records come back after a crash', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log)
  log.deleteRecordsBefore(3)
  disk.kill()
  expect(openLog(disk).log.logStartOffset).toBe(3)
})

test('planted: the seal of an index speaks of batches that a power cut has taken', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  const abort = (): void => {
    const { bytes, summary } = makeMarker(4, 0, 1, 'abort')
    log.append(bytes, 0, bytes.length, summary, { leaderEpoch: 0, origin: 'coordinator' })
  }
  const write = (baseSequence: number): void =>
    void append(log, { producerId: 4, baseSequence, isTransactional: true, valueBytes: 250 })
  write(0)
  abort()
  write(1)
  log.requestSync()
  await settle()
  const { recoveryPoint } = log
  abort()
  log.saveCaches()
  disk.kill()
  // The caches reached the disk, the last marker did not.
  const file = disk.open(FIRST_LOG)
  file.truncate(file.sizeBytes() - 1)
  file.close()
  const { log: again } = openLog(disk, { recoveryPoint })
  expect(again.abortedTransactions(0, 10).map(each => each.lastOffset)).toEqual([1])
})

test('planted: a seal that recovery had no use for stays, and speaks of other batches later', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  const producer = { producerId: 4, isTransactional: true }
  append(log, { ...producer, baseSequence: 0 })
  const firstBytes = log.sizeBytes
  for (let i = 0; i < 2; i++) append(log)
  log.saveCaches()
  const seal = disk.open(`${DIRECTORY}/00000000000000000000.txnindex`)
  seal.syncNow()
  seal.close()
  disk.syncDirectory(DIRECTORY)
  disk.kill()
  const data = disk.open(FIRST_LOG)
  data.truncate(firstBytes)
  data.close()
  // The log grows to where it had been before, with other batches; what is saved of them is lost.
  const { log: shorter } = openLog(disk)
  const { bytes, summary } = makeMarker(4, 0, 1, 'abort')
  shorter.append(bytes, 0, bytes.length, summary, { leaderEpoch: 0, origin: 'coordinator' })
  append(shorter, { ...producer, baseSequence: 1 })
  shorter.requestSync()
  await settle()
  shorter.maybeRoll(Number.MAX_SAFE_INTEGER)
  disk.crash()
  const { log: again } = openLog(disk)
  expect([again.logEndOffset, again.segmentCount]).toEqual([3, 2])
  expect(again.abortedTransactions(0, 10).map(each => each.lastOffset)).toEqual([1])
})

test('planted: snapshots are kept when a log begins again at its start', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 3; i++) append(log, { producerId: 4, baseSequence: i })
  log.snapshotProducers()
  log.deleteRecordsBefore(2)
  // Snapshot and log start are durable, the records are not.
  disk.crash()
  const { log: shorter } = openLog(disk)
  expect([shorter.logStartOffset, shorter.logEndOffset]).toEqual([2, 2])
  for (let i = 0; i < 2; i++) append(shorter)
  disk.kill()
  const { log: again } = openLog(disk)
  expect([again.logEndOffset, again.producerCount]).toEqual([4, 0])
})

test('planted: a tail that was set aside is not synced before it is cut', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log, { valueBytes: 300 })
  const { sizeBytes } = log
  disk.kill()
  // A lost sector in the second batch.
  const file = disk.open(FIRST_LOG)
  file.write([Buffer.alloc(512)], 512)
  file.close()
  openLog(disk)
  // The names alone.
  disk.syncDirectory(DIRECTORY)
  disk.crash()
  const validBytes = sizeBytes / 5
  expect(readWhole(disk, `${FIRST_LOG}.${validBytes}.torn`).length).toBe(sizeBytes - validBytes)
})

test('planted: a checkpoint is believed without a look at its checksum', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log)
  log.deleteRecordsBefore(3)
  disk.kill()
  const path = `${DIRECTORY}/log-start-offset`
  const at = readWhole(disk, path).indexOf('3')
  // '3' becomes '7'.
  disk.flipBit(path, at, 2)
  expect(openLog(disk, { logStartOffset: 3 }).log.logEndOffset).toBe(5)
})

test('planted: an old checkpoint deletes a log that ends below its start', () => {
  const disk = killed(5)
  expect(openLog(disk, { logStartOffset: 7 }).log.logEndOffset).toBe(5)
})
