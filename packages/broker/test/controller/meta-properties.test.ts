import { replaceWhole } from '@streambus/base'
import { MemoryDisk } from '@streambus/testkit'
import { describe, expect, test } from 'vitest'
import { claimDirectories, readMetaProperties, writeMetaProperties } from '../../src/controller/meta-properties.ts'

function claim(
  disk: MemoryDisk,
  options: { directories?: string[]; nodeId?: number; clusterId?: string } = {}
): string {
  let next = 0
  const { directories = ['/a', '/b'], nodeId = 1, clusterId = '' } = options
  for (const directory of directories) disk.makeDirectory(directory)
  return claimDirectories({ disk, directories, nodeId, clusterId, newId: () => `new-${next++}` }).clusterId
}

describe('claiming directories', () => {
  test('new ones get an identity each and survive a power cut', () => {
    const disk = new MemoryDisk()
    for (const directory of ['/a', '/b']) {
      disk.makeDirectory(directory)
      disk.syncDirectory('/')
    }
    const clusterId = claim(disk)
    disk.crash()
    const [a, b] = ['/a', '/b'].map(directory => readMetaProperties(disk, directory))
    expect(a).toMatchObject({ clusterId, nodeId: 1 })
    expect(b).toMatchObject({ clusterId, nodeId: 1 })
    expect(a?.directoryId).not.toBe(b?.directoryId)
    expect(claim(disk)).toBe(clusterId)
  })

  test('the configured cluster id is used, and a new directory joins the cluster of the others', () => {
    const disk = new MemoryDisk()
    expect(claim(disk, { directories: ['/b'], clusterId: 'mine' })).toBe('mine')
    expect(claim(disk, { directories: ['/a', '/b'] })).toBe('mine')
    expect(readMetaProperties(disk, '/a')?.clusterId).toBe('mine')
  })

  test("another node's or another cluster's data is left alone, with the way out", () => {
    const disk = new MemoryDisk()
    claim(disk, { clusterId: 'mine' })
    expect(() => claim(disk, { nodeId: 2 })).toThrow('/a belongs to node 1, node.id is 2: change node.id or log.dirs')
    expect(() => claim(disk, { clusterId: 'other' })).toThrow('/a belongs to cluster mine, not other')
    expect(readMetaProperties(disk, '/a')).toMatchObject({ nodeId: 1, clusterId: 'mine' })
  })
})

test.each([
  ['empty', ''],
  ['another version', 'version=2\ncluster.id=c\nnode.id=1\ndirectory.id=d\n'],
  ['no cluster', 'version=1\nnode.id=1\ndirectory.id=d\n'],
  ['no node', 'version=1\ncluster.id=c\nnode.id=\ndirectory.id=d\n'],
  ['a node that is no number', 'version=1\ncluster.id=c\nnode.id=1x\ndirectory.id=d\n'],
  ['cut off', 'version=1\ncluster.id=c\nnode.i']
])('a file that cannot be believed stops the start: %s', (_, text) => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/a')
  replaceWhole(disk, '/a/meta.properties', Buffer.from(text))
  expect(() => readMetaProperties(disk, '/a')).toThrow('/a/meta.properties is damaged or of another version')
})

test('the file of Kafka itself is read, comments and all', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/a')
  const text =
    '#\n#Sat Nov 21 05:07:00 UTC 2026\ncluster.id=4L6g3nShT-eMCtK--X86sw\ndirectory.id=x=y\nnode.id=7\nversion=1\n'
  replaceWhole(disk, '/a/meta.properties', Buffer.from(text))
  const properties = { clusterId: '4L6g3nShT-eMCtK--X86sw', nodeId: 7, directoryId: 'x=y' }
  expect(readMetaProperties(disk, '/a')).toEqual(properties)
  writeMetaProperties(disk, '/a', properties)
  expect(readMetaProperties(disk, '/a')).toEqual(properties)
})
