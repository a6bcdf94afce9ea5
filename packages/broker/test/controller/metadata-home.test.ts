import { readWhole } from '@streambus/base'
import { type KeptTail, LogDirectory, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { claimDirectories, readMetaProperties, writeMetaProperties } from '../../src/controller/meta-properties.ts'
import { metadataHome } from '../../src/controller/metadata-home.ts'
import { QuorumOfOne } from '../../src/controller/quorum-of-one.ts'

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

test('a broker that has run does not begin anew when the directory with its metadata is not there', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/b')
  writeMetaProperties(disk, '/b', { clusterId: 'OURS', nodeId: 1, directoryId: 'd' })
  expect(() => metadataHome(disk, directories(disk, '/a', '/b'))).toThrow(
    '/b belongs to a broker that has run (meta.properties), but no entry of log.dirs holds __cluster_metadata-0'
  )
  expect(disk.exists('/a/__cluster_metadata-0')).toBe(false)
})

test('a first start that a crash cuts short is a first start again', () => {
  const disk = new MemoryDisk()
  const [a] = directories(disk, '/a') as [LogDirectory]
  disk.syncDirectory('/')
  expect(metadataHome(disk, [a]).directory).toBe('/a/__cluster_metadata-0')
  claimDirectories({ disk, directories: ['/a'], nodeId: 1, clusterId: '', newId: () => 'id' })
  disk.crash()
  expect(metadataHome(disk, directories(disk, '/a')).directory).toBe('/a/__cluster_metadata-0')
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

const SEGMENT = '/a/__cluster_metadata-0/00000000000000000000.log'

function openMetadata(disk: MemoryDisk, kept: KeptTail[] = []): { directory: LogDirectory; log: QuorumOfOne } {
  const [directory] = directories(disk, '/a') as [LogDirectory]
  const onFatal = (error: Error): never => {
    throw error
  }
  const probe = { ...SILENT_LOG_PROBE, tailSetAside: (tail: KeptTail) => void kept.push(tail) }
  const home = metadataHome(disk, [directory])
  return { directory, log: new QuorumOfOne({ disk, clock: new ManualClock(), probe, onFatal, ...home }) }
}

/** Three records; the last one rots after the process was killed. */
async function rotten({ isCheckpointed }: { readonly isCheckpointed: boolean }): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const { directory, log } = openMetadata(disk)
  for (const next of [1, 2, 3]) await log.append([{ type: 'producer-ids', next }])
  if (isCheckpointed) directory.saveCheckpoints([])
  disk.kill()
  disk.flipBit(SEGMENT, readWhole(disk, SEGMENT).length - 2, 0)
  return disk
}

test('planted: checkpoints do not promise the metadata', async () => {
  const disk = await rotten({ isCheckpointed: true })
  expect(() => openMetadata(disk).log.replay(() => {})).toThrow(
    /the CRC of the batch at offset 2 .*Restore \/a\/__cluster_metadata-0 from a copy/
  )
})

test('metadata that no checkpoint promises is cut after an unclean stop as a torn tail, reported and kept', async () => {
  const disk = await rotten({ isCheckpointed: false })
  const kept: KeptTail[] = []
  const { log } = openMetadata(disk, kept)
  expect(log.commitIndex).toBe(1)
  expect(kept).toMatchObject([{ fromOffset: 2, path: expect.stringMatching(/0\.log\.\d+\.torn$/) }])
})

test('rows of the metadata stay in the checkpoints beside those of partitions, over a restart', async () => {
  const disk = new MemoryDisk()
  const { directory, log } = openMetadata(disk)
  await log.append([{ type: 'producer-ids', next: 1 }])
  log.close(true)
  directory.saveCheckpoints([{ topic: 't', partition: 0, recoveryPoint: 7, logStartOffset: 0 }])
  directory.markClean(1)
  directory.release()
  const [again] = directories(disk, '/a') as [LogDirectory]
  expect(again.checkpointOf('t', 0)).toEqual({ recoveryPoint: 7 })
  expect(metadataHome(disk, [again])).toMatchObject({ recoveryPoint: 1, cleanStart: true })
})
