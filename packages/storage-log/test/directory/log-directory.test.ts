import { DiskError, readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { LogDirectory, parsePartitionDirectoryName, withChecksumLine } from '../../src/index.ts'

const MARKER = '{"version":0,"brokerEpoch":1,"crc32c":"b239e871"}'

/** No room for a lock file until the ballast is gone. */
class FullForLocks extends MemoryDisk {
  readonly #disk: MemoryDisk

  constructor(disk: MemoryDisk) {
    super()
    this.#disk = disk
    this.makeDirectory('/data')
    this.open('/data/.ballast', { create: true }).close()
  }

  override lock(path: string) {
    if (!this.exists('/data/.ballast')) return this.#disk.lock(path)
    throw new DiskError({ code: 'ENOSPC', operation: 'lock', path })
  }
}

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
    withChecksumLine('0\n2\nmy-topic 0 12\nmy-topic 1 7\n')
  )
  expect(readWhole(disk, '/data/log-start-offset-checkpoint').toString()).toBe(withChecksumLine('0\n1\nmy-topic 0 3\n'))
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

test('checkpoints, the marker and the lock find room on a full disk; what found none is written at the next try', () => {
  const disk = new MemoryDisk()
  const directory = LogDirectory.open(disk, '/data')
  const text = (name: string): string => readWhole(disk, `/data/${name}`).toString()
  const rows = [{ topic: 't', partition: 0, recoveryPoint: 12, logStartOffset: 3 }]
  const steps: readonly (readonly [file: string, run: () => void, content: string])[] = [
    ['recovery-point-offset-checkpoint', () => directory.saveCheckpoints(rows), withChecksumLine('0\n1\nt 0 12\n')],
    ['log-start-offset-checkpoint', () => directory.saveCheckpoints(rows), withChecksumLine('0\n1\nt 0 3\n')],
    [
      'recovery-point-offset-checkpoint',
      () => directory.lowerCheckpoints('t', 0, 7),
      withChecksumLine('0\n1\nt 0 7\n')
    ],
    ['cleaner-offset-checkpoint', () => directory.saveFirstDirtyOffset('t', 0, 9), withChecksumLine('0\n1\nt 0 9\n')],
    ['cleaner-offset-checkpoint', () => directory.lowerCheckpoints('t', 0, 5), withChecksumLine('0\n1\nt 0 5\n')],
    ['cleaner-offset-checkpoint', () => directory.saveFirstDirtyOffset('t', 0, null), withChecksumLine('0\n0\n')],
    ['.kafka_cleanshutdown', () => directory.markClean(1), MARKER]
  ]
  for (const [file, run, content] of steps) {
    disk.failNext('write', { code: 'ENOSPC', path: file })
    expect(run, file).toThrow('ENOSPC')
    directory.ballast.takeOn()
    disk.failNext('write', { code: 'ENOSPC', path: file })
    run()
    expect([file, text(file), directory.ballast.isThere]).toEqual([file, content, false])
  }
  directory.ballast.takeOn()
  directory.release()
  const full = new FullForLocks(disk)
  expect(LogDirectory.open(full, '/data').ballast.isThere).toBe(false)
})
