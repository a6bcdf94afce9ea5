import { apiVersionsApi, fetchApi, produceApi } from '@streambus/protocol'
import { MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { batchOf, type DataPlane, openDataPlane } from '../data-plane.ts'

function fetch(plane: DataPlane, minBytes: number) {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }
  const body = { maxWaitMs: 500, minBytes, maxBytes: 1 << 20, topics: [{ topic: 't', partitions: [partition] }] }
  return plane.inject(fetchApi, 12, body)
}

function produce(plane: DataPlane, timeoutMs: number) {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf(['x']) }] }]
  return plane.inject(produceApi, 9, { transactionalId: null, acks: -1, timeoutMs, topicData })
}

test('a fetch that got what it waited for is satisfied, one whose time was up is expired, one that waited not is neither', async () => {
  const plane = await openDataPlane()
  const { cells } = plane.metrics
  await plane.createTopic('t')
  fetch(plane, 1)
  fetch(plane, 10_000)
  plane.metrics.collect()
  expect(cells.purgatorySize.child('fetch').value).toBe(2)
  expect(cells.purgatoryWatchKeys.child('fetch').value).toBe(2)
  plane.clock.advance(100)
  produce(plane, 1_000)
  await plane.settle()
  plane.clock.advance(400)
  await plane.settle()
  fetch(plane, 1)
  await plane.settle()
  plane.metrics.collect()
  expect(cells.purgatorySize.child('fetch').value).toBe(0)
  expect(cells.purgatoryWatchKeys.child('fetch').value).toBe(0)
  const completed = (result: string): number => cells.purgatoryCompleted.child('fetch', result).value
  expect([completed('satisfied'), completed('expired')]).toEqual([1, 1])
  expect(cells.purgatoryWait.child('fetch').sum).toBeCloseTo(0.6)
  expect(cells.requestPhaseTime.child('FetchConsumer', 'remote').value).toBeCloseTo(0.6)
})

test('a producer waits for the disk until it has synced, or until its time is up', async () => {
  const disk = new MemoryDisk({ syncs: 'manual' })
  const opening = openDataPlane({ disk, syncs: 'manual' })
  await new Promise(setImmediate)
  disk.completeSyncs()
  const plane = await opening
  const { cells } = plane.metrics
  const creating = plane.createTopic('t')
  await plane.settle()
  disk.completeSyncs()
  await creating
  produce(plane, 1_000)
  plane.clock.advance(20)
  plane.metrics.collect()
  expect(cells.purgatorySize.child('produce').value).toBe(1)
  expect(cells.purgatoryWatchKeys.child('produce').value).toBe(1)
  disk.completeSyncs()
  await plane.settle()
  produce(plane, 100)
  plane.clock.advance(101)
  for (const partition of plane.partitions.all()) partition.expireWaits(plane.clock.monotonicMs())
  await plane.settle()
  const completed = (result: string): number => cells.purgatoryCompleted.child('produce', result).value
  expect([completed('satisfied'), completed('expired')]).toEqual([1, 1])
  expect(cells.requestErrors.child('Produce', 'REQUEST_TIMED_OUT', 'server').value).toBe(1)
  expect(cells.requestPhaseTime.child('Produce', 'commit').value).toBeCloseTo(0.121)
})

test('a client is what it says it is', async () => {
  const plane = await openDataPlane()
  plane.inject(apiVersionsApi, 3, { clientSoftwareName: 'librdkafka', clientSoftwareVersion: '2.11.0' })
  plane.inject(apiVersionsApi, 3, { clientSoftwareName: '-bad-', clientSoftwareVersion: '1' })
  expect(plane.peers.map(({ software }) => software)).toEqual([{ name: 'librdkafka', version: '2.11.0' }, null])
})
