import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import {
  readCleanerCheckpoint,
  withFirstDirtyOffset,
  writeCleanerCheckpoint
} from '../../src/compaction/cleaner-checkpoint.ts'
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

test('changes and forgets one partition', () => {
  const entries = [
    { ...ORDERS, offset: 1 },
    { topic: 'orders', partition: 1, offset: 2 }
  ]
  expect(withFirstDirtyOffset(entries, ORDERS, 7)).toEqual([entries[1], { ...ORDERS, offset: 7 }])
  expect(withFirstDirtyOffset(entries, ORDERS, null)).toEqual([entries[1]])
})
