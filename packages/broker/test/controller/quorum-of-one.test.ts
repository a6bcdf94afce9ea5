import { LogCorrupt, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { QuorumOfOne } from '../../src/controller/quorum-of-one.ts'
import type { MetadataRecord } from '../../src/controller/records.ts'

const DIRECTORY = '/data/__cluster_metadata-0'

function open(disk: MemoryDisk, cleanStart = false): QuorumOfOne {
  disk.makeDirectory('/data')
  disk.syncDirectory('/')
  const onFatal = (error: Error): never => {
    throw error
  }
  return new QuorumOfOne({
    disk,
    directory: DIRECTORY,
    clock: new ManualClock(),
    probe: SILENT_LOG_PROBE,
    cleanStart,
    onFatal
  })
}

function replayed(log: QuorumOfOne): MetadataRecord[] {
  const records: MetadataRecord[] = []
  log.replay(record => void records.push(record))
  return records
}

const ids = (next: number): MetadataRecord => ({ type: 'producer-ids', next })

test('records come back in order, across batches and restarts', async () => {
  const disk = new MemoryDisk()
  const all: MetadataRecord[] = []
  for (let life = 0; life < 3; life++) {
    const log = open(disk, life > 0)
    expect(log.term).toBe(life)
    expect(replayed(log)).toEqual(all)
    expect(log.commitIndex).toBe(all.length - 1)
    for (const batch of [[ids(life), ids(life + 1)], [ids(life + 2)]]) {
      await log.append(batch)
      all.push(...batch)
    }
    expect(log.commitIndex).toBe(all.length - 1)
    expect(log.sizeBytes).toBeGreaterThan(0)
    log.close(true)
  }
})

test('an append is committed by a sync that began after it, not by one under way', async () => {
  const disk = new MemoryDisk({ syncs: 'manual' })
  const log = open(disk)
  const committed: string[] = []
  void log.append([ids(1)]).then(() => committed.push('a'))
  await new Promise(setImmediate)
  expect(disk.pendingSyncs).toBe(1)
  void log.append([ids(2)]).then(() => committed.push('b'))
  disk.completeSyncs(1)
  await new Promise(setImmediate)
  expect(committed).toEqual(['a'])
  expect(log.commitIndex).toBe(0)
  disk.completeSyncs()
  await new Promise(setImmediate)
  expect(committed).toEqual(['a', 'b'])
})

test('what was committed survives a power cut; what was not may be gone but is never half there', async () => {
  const disk = new MemoryDisk({ syncs: 'manual' })
  const log = open(disk)
  const first = log.append([ids(1)])
  await new Promise(setImmediate)
  disk.completeSyncs()
  await first
  void log.append([ids(2), ids(3)])
  disk.crash({ keep: (_path, unsyncedBytes) => unsyncedBytes - 1 })
  expect(replayed(open(disk))).toEqual([ids(1)])
})

test('damage below what was committed stops the start: topics are not forgotten in silence', async () => {
  const disk = new MemoryDisk()
  const log = open(disk)
  for (let next = 1; next < 5; next++) await log.append([ids(next)])
  log.close(true)
  const segment = disk.open(`${DIRECTORY}/00000000000000000000.log`)
  segment.write([Buffer.from([0xff])], 70)
  segment.close()
  expect(() => replayed(open(disk))).toThrow(LogCorrupt)
})
