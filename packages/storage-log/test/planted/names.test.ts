import { readWhole, replaceWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { LogDirectory } from '../../src/index.ts'
import { append, newDisk, openLog, readAll, settle } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

function startedAfterCleanStop() {
  const disk = newDisk()
  const directory = LogDirectory.open(disk, '/data')
  directory.markClean(7)
  directory.release()
  const started = LogDirectory.open(disk, '/data')
  expect(started.cleanStart).toBe(true)
  return disk
}

test('planted: the clean marker is not deleted at the start', () => {
  const disk = startedAfterCleanStop()
  disk.kill()
  expect(LogDirectory.open(disk, '/data').cleanStart).toBe(false)
})

test('planted: the clean marker comes back after a power cut', () => {
  const disk = startedAfterCleanStop()
  disk.crash()
  expect(LogDirectory.open(disk, '/data').cleanStart).toBe(false)
})

function replacedTwice() {
  const disk = newDisk()
  for (const text of ['old', 'new']) replaceWhole(disk, '/data/file', Buffer.from(text))
  disk.crash()
  return disk
}

test('planted: a replaced file is renamed without a sync of its directory', () => {
  expect(replacedTwice().list('/data')).toEqual([{ name: 'file', isDirectory: false }])
  expect(readWhole(replacedTwice(), '/data/file').toString()).toBe('new')
})

test('planted: a replaced file is renamed before it is synced', () => {
  expect(readWhole(replacedTwice(), '/data/file').toString()).toBe('new')
})

test('planted: the name of a new segment is not synced', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  while (log.segmentCount < 2) append(log, { valueBytes: 500 })
  log.requestSync()
  await settle()
  const before = readAll(log)
  expect(log.durableEndOffset).toBe(log.logEndOffset)
  disk.crash()
  expect(readAll(openLog(disk).log).equals(before)).toBe(true)
})
