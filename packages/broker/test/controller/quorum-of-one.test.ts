import { readWhole } from '@streambus/base'
import { LogCorrupt, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { QuorumOfOne } from '../../src/controller/quorum-of-one.ts'
import type { MetadataRecord } from '../../src/controller/records.ts'

const DIRECTORY = '/data/__cluster_metadata-0'
const SEGMENT = `${DIRECTORY}/00000000000000000000.log`

function open(disk: MemoryDisk, cleanStart = false, recoveryPoint = 0): QuorumOfOne {
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
    recoveryPoint,
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

/** Three batches, and where they begin. */
async function stored(): Promise<{ disk: MemoryDisk; positions: number[] }> {
  const disk = new MemoryDisk()
  const log = open(disk)
  const positions: number[] = []
  for (const next of [1, 2, 3]) {
    positions.push(log.sizeBytes)
    await log.append([ids(next)])
  }
  log.close(true)
  return { disk, positions }
}

test('planted: metadata is believed without its CRC after a clean stop', async () => {
  const { disk, positions } = await stored()
  const size = readWhole(disk, SEGMENT).length
  // In the value of a record: a valid map with another number.
  disk.flipBit(SEGMENT, size - 2, 0)
  const message = `${SEGMENT} is corrupt at byte ${positions[2]}: the CRC of the batch`
  expect(() => replayed(open(disk, true))).toThrow(message)
})

/** The bytes are not under the CRC, and a start begins an epoch of its own: only one that falls is wrong. */
function isLeaderEpoch(byte: number, batchBytes: number): boolean {
  const inBatch = byte % batchBytes
  return inBatch >= 12 && inBatch < 16
}

test('one flipped bit in metadata stops the start after a clean stop, with the file and the way out', async () => {
  const bytes = readWhole((await stored()).disk, SEGMENT).length
  for (let bit = 0; bit < bytes * 8; bit++) {
    if (isLeaderEpoch(bit >> 3, bytes / 3)) continue
    const { disk } = await stored()
    disk.flipBit(SEGMENT, bit >> 3, bit & 7)
    expect(() => replayed(open(disk, true, 3)), `bit ${bit}`).toThrow(
      /0\.log(\.corrupt)? is corrupt at byte \d+: .*Restore \/data\/__cluster_metadata-0 from a copy/
    )
  }
})

test('a record that makes no sense is named by file, byte and offset', async () => {
  const { disk, positions } = await stored()
  const refused = (): void => {
    open(disk, true).replay(record => {
      if (record.type === 'producer-ids' && record.next === 2) throw new Error('a partition belongs to a topic')
    })
  }
  expect(refused).toThrow(
    `at byte ${positions[1]}: the metadata record at offset 1 makes no sense: a partition belongs`
  )
  expect(refused).toThrow('Restore /data/__cluster_metadata-0 from a copy')
})
