import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { readCleanerCheckpoint, writeCleanerCheckpoint } from '../../src/compaction/cleaner-checkpoint.ts'
import { LogDirectory } from '../../src/index.ts'
import { newDisk } from '../helpers.ts'

const ORDERS = { topic: 'orders', partition: 0 }

test("has Kafka's name and format, and survives a power cut", () => {
  const disk = newDisk()
  expect(readCleanerCheckpoint(disk, '/data')).toEqual([])
  writeCleanerCheckpoint(disk, '/data', [{ ...ORDERS, offset: 42 }])
  disk.crash()
  expect(readWhole(disk, '/data/cleaner-offset-checkpoint').toString()).toBe('0\n1\norders 0 42\n')
  expect(readCleanerCheckpoint(disk, '/data')).toEqual([{ ...ORDERS, offset: 42 }])
})

test('a log directory changes, lowers and forgets the offset of one partition, durably', () => {
  const disk = newDisk()
  const directory = LogDirectory.open(disk, '/data')
  const saved = () => readCleanerCheckpoint(disk, '/data').map(({ partition, offset }) => [partition, offset])
  expect(directory.firstDirtyOffsetOf('orders', 0)).toBe(-1)
  directory.saveFirstDirtyOffset('orders', 0, 10)
  directory.saveFirstDirtyOffset('orders', 1, 20)
  directory.lowerCheckpoints('orders', 0, 12)
  expect(saved()).toEqual([
    [0, 10],
    [1, 20]
  ])
  directory.lowerCheckpoints('orders', 0, 4)
  directory.saveFirstDirtyOffset('orders', 1, null)
  disk.crash()
  expect(saved()).toEqual([[0, 4]])
  expect(LogDirectory.open(disk, '/data').firstDirtyOffsetOf('orders', 0)).toBe(4)
})
