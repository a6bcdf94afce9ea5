import { LogDirectory } from '@streambus/storage-log'
import { MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { claimDirectories, readMetaProperties, writeMetaProperties } from '../../src/controller/meta-properties.ts'
import { metadataHome } from '../../src/controller/metadata-home.ts'

function directories(disk: MemoryDisk, ...paths: string[]): LogDirectory[] {
  return paths.map(path => LogDirectory.open(disk, path))
}

test('a new broker keeps its metadata in the first directory', () => {
  const disk = new MemoryDisk()
  expect(metadataHome(disk, directories(disk, '/a', '/b')).directory).toBe('/a/__cluster_metadata-0')
})

test('metadata is found wherever its directory stands in log.dirs', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/old/__cluster_metadata-0')
  expect(metadataHome(disk, directories(disk, '/new', '/old')).directory).toBe('/old/__cluster_metadata-0')
})

test('two metadata logs, or partitions without one, end the start', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/a/__cluster_metadata-0')
  disk.makeDirectory('/b/__cluster_metadata-0')
  disk.makeDirectory('/c/orders-0')
  const [a, b, c] = directories(disk, '/a', '/b', '/c') as [LogDirectory, LogDirectory, LogDirectory]
  expect(() => metadataHome(disk, [a, b])).toThrow(/both \/a and \/b/)
  expect(() => metadataHome(disk, [c])).toThrow(/\/c holds partitions.*log\.dirs/)
  expect(metadataHome(disk, [c, a]).directory).toBe('/a/__cluster_metadata-0')
})

test('a refused claim leaves the new directories unclaimed', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/new')
  disk.makeDirectory('/foreign')
  writeMetaProperties(disk, '/foreign', { clusterId: 'THEIRS', nodeId: 7, directoryId: 'd' })
  const claim = { disk, directories: ['/new', '/foreign'], nodeId: 1, clusterId: '', newId: () => 'id' }
  expect(() => claimDirectories(claim)).toThrow(/belongs to node 7/)
  expect(readMetaProperties(disk, '/new')).toBeNull()
})
