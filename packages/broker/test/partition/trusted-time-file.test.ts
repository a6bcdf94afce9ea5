import { MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { readTrustedTime, writeTrustedTime } from '../../src/partition/trusted-time-file.ts'

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk()
  for (const path of ['/a', '/b']) disk.makeDirectory(path)
  disk.syncDirectory('/')
  return disk
}

test('the latest of all directories survives a power cut; none is null', () => {
  const disk = newDisk()
  expect(readTrustedTime(disk, ['/a', '/b'])).toBe(null)
  writeTrustedTime(disk, '/a', 1_700_000_000_001)
  writeTrustedTime(disk, '/b', 1_700_000_000_000)
  disk.crash()
  expect(readTrustedTime(disk, ['/a', '/b'])).toBe(1_700_000_000_001)
  expect(readTrustedTime(disk, ['/b'])).toBe(1_700_000_000_000)
})

test.each(['', '0\n', '0\n-5\n', '0\n12', '1\n12\n', '0\n1e9\n', '0\n9999999999999999\n'])(
  'a damaged file counts as none: %j',
  text => {
    const disk = newDisk()
    const file = disk.open('/a/retention-clock-checkpoint', { create: true })
    file.write([Buffer.from(text)], 0)
    expect(readTrustedTime(disk, ['/a'])).toBe(null)
  }
)
