import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { CLEANER_CHECKPOINT, writeCleanerCheckpoint } from '../../src/compaction/cleaner-checkpoint.ts'
import { LogDirectory, type OffsetEntry, readOffsetCheckpoint, withChecksumLine } from '../../src/index.ts'
import { newDisk } from '../helpers.ts'

const saved = (disk: MemoryDisk): OffsetEntry[] => readOffsetCheckpoint(disk, `/data/${CLEANER_CHECKPOINT}`).entries
const ORDERS = { topic: 'orders', partition: 0 }

test("has Kafka's name and format and a checksum, and survives a power cut", () => {
  const disk = newDisk()
  expect(saved(disk)).toEqual([])
  writeCleanerCheckpoint(disk, '/data', [{ ...ORDERS, offset: 42 }])
  disk.crash()
  expect(readWhole(disk, '/data/cleaner-offset-checkpoint').toString()).toBe(withChecksumLine('0\n1\norders 0 42\n'))
  expect(saved(disk)).toEqual([{ ...ORDERS, offset: 42 }])
})

test('a log directory changes, lowers and forgets the offset of one partition, durably', () => {
  const disk = newDisk()
  const directory = LogDirectory.open(disk, '/data')
  const offsets = () => saved(disk).map(({ partition, offset }) => [partition, offset])
  expect(directory.firstDirtyOffsetOf('orders', 0)).toBe(-1)
  directory.saveFirstDirtyOffset('orders', 0, 10)
  directory.saveFirstDirtyOffset('orders', 1, 20)
  directory.lowerCheckpoints('orders', 0, 12)
  expect(offsets()).toEqual([
    [0, 10],
    [1, 20]
  ])
  directory.lowerCheckpoints('orders', 0, 4)
  directory.saveFirstDirtyOffset('orders', 1, null)
  disk.crash()
  expect(offsets()).toEqual([[0, 4]])
  expect(LogDirectory.open(disk, '/data').firstDirtyOffsetOf('orders', 0)).toBe(4)
})
