import { RecordBatchBuilder } from '@streambus/protocol/records'
import { Ballast, Log, OffsetOutOfRange, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { DirectoryState } from '../../src/partition/directory-state.ts'
import { Partition } from '../../src/partition/partition.ts'
import { SILENT_PARTITION_PROBE } from '../../src/partition/partition-probe.ts'
import { TOPIC_DEFAULTS } from '../bare-broker.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

/** A partition under the synced policy, on a disk whose syncs end when the test says so. */
function setup() {
  const disk = new MemoryDisk({ syncs: 'manual' })
  disk.makeDirectory('/data')
  const clock = new ManualClock()
  const log = Log.open({
    disk,
    directory: '/data/orders-0',
    config: TOPIC_DEFAULTS.log,
    clock,
    probe: SILENT_LOG_PROBE,
    cleanStart: false,
    onFatal: error => {
      throw error
    }
  })
  const partition = new Partition({
    topic: 'orders',
    topicId: 'id',
    index: 0,
    leaderEpoch: 0,
    log,
    settings: TOPIC_DEFAULTS,
    clock,
    probe: SILENT_PARTITION_PROBE.forTopic('t'),
    directory: new DirectoryState('/data', new Ballast(disk, '/data'))
  })
  const answered: number[] = []
  const produce = (): void => {
    const bytes = new RecordBatchBuilder().append({ key: null, value: Buffer.from('v'), timestamp: 1 }).build()
    const appended = partition.appendFromClient(bytes, 11)
    const committed = (): void => void answered.push(appended.lastOffset)
    partition.whenCommitted(appended, 1000, { committed, timedOut() {} })
  }
  return { disk, partition, answered, produce }
}

test('planted: a written batch is committed at once under the synced policy', () => {
  const { disk, answered, produce } = setup()
  produce()
  expect(answered).toEqual([])
  disk.completeSyncs()
  expect(answered).toEqual([0])
})

test('planted: producers are answered up to the log end under the synced policy', () => {
  const { disk, answered, produce } = setup()
  produce()
  produce()
  disk.completeSyncs(1)
  expect(answered).toEqual([0])
  disk.completeSyncs(1)
  expect(answered).toEqual([0, 1])
})

test('planted: the high watermark is the log end under the synced policy', () => {
  const { disk, partition, produce } = setup()
  produce()
  produce()
  disk.completeSyncs(1)
  expect([partition.highWatermark, partition.read(1, 1000, true).buffer]).toEqual([1, null])
})

test('planted: the high watermark falls when the flush policy changes', () => {
  const { disk, partition, produce } = setup()
  partition.updateSettings({ ...TOPIC_DEFAULTS, flushPolicy: 'os' })
  produce()
  partition.log.requestSync()
  produce()
  expect([partition.highWatermark, disk.pendingSyncs]).toEqual([2, 1])
  partition.updateSettings(TOPIC_DEFAULTS)
  // The sync covers the first one only.
  disk.completeSyncs(1)
  expect(partition.highWatermark).toBe(2)
})

test('planted: records above the high watermark can be deleted', () => {
  const { disk, partition, produce } = setup()
  produce()
  expect(() => partition.deleteRecordsBefore(1)).toThrow(OffsetOutOfRange)
  expect(partition.log.logStartOffset).toBe(0)
  disk.completeSyncs()
  expect(partition.deleteRecordsBefore(1)).toBe(1)
})
