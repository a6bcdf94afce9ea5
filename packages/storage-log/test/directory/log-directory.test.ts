import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { LogDirectory, parsePartitionDirectoryName } from '../../src/index.ts'

test('the clean marker counts once', () => {
  const disk = new MemoryDisk()
  const first = LogDirectory.open(disk, '/data')
  expect([first.cleanStart, first.previousBrokerEpoch]).toEqual([false, -1])
  first.markClean(42)
  first.release()
  const second = LogDirectory.open(disk, '/data')
  expect([second.cleanStart, second.previousBrokerEpoch]).toEqual([true, 42])
  disk.crash()
  expect(LogDirectory.open(disk, '/data').cleanStart).toBe(false)
})

test('a damaged marker is no marker', () => {
  for (const text of ['', '{', '[]', '{"version":0}', '{"brokerEpoch":"x"}']) {
    const disk = new MemoryDisk()
    LogDirectory.open(disk, '/data').release()
    const file = disk.open('/data/.kafka_cleanshutdown', { create: true })
    if (text !== '') file.write([Buffer.from(text)], 0)
    expect(LogDirectory.open(disk, '/data').cleanStart).toBe(false)
  }
})

test('a second broker is kept out', () => {
  const disk = new MemoryDisk()
  const directory = LogDirectory.open(disk, '/data')
  expect(() => LogDirectory.open(disk, '/data')).toThrow(/held/)
  directory.release()
  LogDirectory.open(disk, '/data')
})

test('checkpoints are Kafka’s text files and survive a power cut', () => {
  const disk = new MemoryDisk()
  const directory = LogDirectory.open(disk, '/data')
  directory.saveCheckpoints([
    { topic: 'my-topic', partition: 0, recoveryPoint: 12, logStartOffset: 3 },
    { topic: 'my-topic', partition: 1, recoveryPoint: 7, logStartOffset: 0 }
  ])
  disk.crash()
  expect(readWhole(disk, '/data/recovery-point-offset-checkpoint').toString()).toBe(
    '0\n2\nmy-topic 0 12\nmy-topic 1 7\n'
  )
  expect(readWhole(disk, '/data/log-start-offset-checkpoint').toString()).toBe('0\n1\nmy-topic 0 3\n')
  const again = LogDirectory.open(disk, '/data')
  expect(again.checkpointOf('my-topic', 0)).toEqual({ recoveryPoint: 12, logStartOffset: 3 })
  expect(again.checkpointOf('my-topic', 1)).toEqual({ recoveryPoint: 7 })
  expect(again.checkpointOf('other', 0)).toEqual({})
})

test('a damaged checkpoint only costs work', () => {
  const disk = new MemoryDisk()
  LogDirectory.open(disk, '/data').release()
  const file = disk.open('/data/recovery-point-offset-checkpoint', { create: true })
  file.write([Buffer.from('0\n5\na 0 1\n')], 0)
  expect(LogDirectory.open(disk, '/data').checkpointOf('a', 0)).toEqual({})
})

test('partition directories by name', () => {
  const disk = new MemoryDisk()
  const directory = LogDirectory.open(disk, '/data')
  for (const name of ['a-0', 'a-b-12', 'a-0.xyz-delete', 'x', '-1']) disk.makeDirectory(`/data/${name}`)
  disk.open('/data/file-3', { create: true }).close()
  expect(directory.partitions().map(each => [each.topic, each.partition])).toEqual([
    ['a', 0],
    ['a-b', 12]
  ])
  expect(directory.partitionPath('a-b', 12)).toBe('/data/a-b-12')
  expect(parsePartitionDirectoryName('a-b-12')).toEqual({ topic: 'a-b', partition: 12 })
})
