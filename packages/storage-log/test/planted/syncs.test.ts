import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { OpenFiles } from '../../src/index.ts'
import { append, DIRECTORY, newDisk, openLog, readAll, settle } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

const FIRST_LOG = `${DIRECTORY}/00000000000000000000.log`

function listening(disk: ReturnType<typeof newDisk>) {
  const opened = openLog(disk)
  const heard: number[] = []
  opened.log.onDurable(offset => heard.push(offset))
  return { ...opened, heard }
}

test('planted: acknowledged before the sync has ended', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log, heard } = listening(disk)
  append(log)
  log.requestSync()
  expect([heard, log.durableEndOffset]).toEqual([[], 0])
  disk.completeSyncs()
  expect([heard, log.durableEndOffset]).toEqual([[1], 1])
})

test('planted: a sync under way is counted for later writes', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log, heard } = listening(disk)
  append(log)
  log.requestSync()
  append(log)
  disk.completeSyncs()
  expect([heard, log.durableEndOffset]).toEqual([[1], 1])
})

test('planted: a file is closed because a sync under way is counted for later writes', () => {
  const disk = newDisk({ syncs: 'manual' })
  const openFiles = new OpenFiles(1)
  const { log } = openLog(disk, { openFiles, directory: '/data/first-0' })
  append(log)
  log.requestSync()
  append(log)
  disk.completeSyncs()
  // Its handle is wanted. The kernel tells of a page that could not be written only whoever has the file open.
  openLog(disk, { openFiles, directory: '/data/second-0' })
  expect([log.activeSegment.isOpen, disk.pendingSyncs]).toEqual([true, 1])
})

test('planted: a sync is tried again after an error', () => {
  const disk = newDisk({ syncs: 'manual' })
  const { log, heard, fatal } = listening(disk)
  append(log)
  // The second one would succeed: the pages count as clean, and are not on the disk.
  disk.failNext('sync', { code: 'EIO', path: '.log', marksClean: true })
  log.requestSync()
  disk.completeSyncs()
  disk.completeSyncs()
  expect([heard, log.durableEndOffset, fatal.length, disk.pendingSyncs]).toEqual([[], 0, 1, 0])
})

test('planted: a failed sync at a roll is tried again', () => {
  const disk = newDisk()
  const { log, fatal } = openLog(disk)
  while (log.sizeBytes < 1700) append(log, { valueBytes: 100 })
  disk.failNext('sync', { code: 'EIO', path: '.log', marksClean: true })
  for (let i = 0; i < 2; i++) expect(() => append(log, { valueBytes: 900 })).toThrow()
  expect([fatal.length, log.isFailed, log.segmentCount, log.durableEndOffset]).toEqual([1, true, 1, 0])
})

test('planted: a roll does not sync the old segment', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  while (log.sizeBytes < 1700) append(log, { valueBytes: 100 })
  const before = readAll(log)
  append(log, { valueBytes: 900 })
  disk.crash()
  const { log: again } = openLog(disk)
  expect(readAll(again, 0).subarray(0, before.length).equals(before)).toBe(true)
})

test('planted: a short write on a full disk is not cut back', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log)
  disk.failNext('write', { code: 'ENOSPC', path: '.log', shortBytes: 40 })
  expect(() => append(log, { valueBytes: 100 })).toThrow(/ENOSPC/)
  expect(readWhole(disk, FIRST_LOG).length).toBe(log.sizeBytes)
})

test('planted: the recovery point is above the durable end', async () => {
  const { log } = openLog(newDisk())
  append(log)
  expect(log.recoveryPoint).toBe(0)
  log.requestSync()
  await settle()
  append(log)
  expect(log.recoveryPoint).toBe(1)
})
