import { decodeGroupRecord, type GroupRecord } from '@streambus/protocol/group-records'
import { readRecords, walkBatches } from '@streambus/protocol/records'
import { expect, test } from 'vitest'
import { type DataPlane, openDataPlane } from '../data-plane.ts'
import { ConsumerClient } from './consumer-client.ts'
import { GroupClient } from './group-client.ts'

/** What is in the logs of `__consumer_offsets`, of which each group has one. */
function storedRecords(plane: DataPlane): (GroupRecord | null)[] {
  const records: (GroupRecord | null)[] = []
  for (const { topic, log } of plane.partitions.all()) {
    if (topic !== '__consumer_offsets' || log.logEndOffset === 0) continue
    const range = { fromOffset: 0, untilOffset: log.logEndOffset }
    const read = log.read({ ...range, bytesMax: 1_000_000, minOneBatch: true })
    const { buffer } = read
    if (buffer === null) continue
    walkBatches(buffer, (at, size) => {
      for (const { key, value } of readRecords(buffer.subarray(at, at + size))) {
        records.push(key && decodeGroupRecord(key, value))
      }
    })
    read.release()
  }
  return records
}

test.each(['classic-group', 'consumer-member'] as const)(
  'the address of a member is stored with a slash in front, as Kafka does: %s',
  async kind => {
    const plane = await openDataPlane()
    await plane.createTopic('t')
    await plane.groups.topic.ensure()
    await plane.settle()
    if (kind === 'classic-group') await new GroupClient(plane).stableGroup(1)
    else await new ConsumerClient(plane).join('a')
    const hosts = storedRecords(plane).flatMap(record => {
      if (record?.kind === 'classic-group') return record.value?.members.map(({ clientHost }) => clientHost)
      return record?.kind === 'consumer-member' ? record.value?.clientHost : []
    })
    expect(hosts).toEqual(['/10.0.0.9'])
  }
)

test('a commit that finds the disk full is tried again by its client: error 15, not 28', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  await plane.groups.topic.ensure()
  await plane.settle()
  const client = new GroupClient(plane)
  plane.disk.failNext('write', { code: 'ENOSPC', path: '__consumer_offsets' })
  const reply = client.commit({ 0: 5 })
  await plane.settle()
  expect(reply.body?.topics[0]?.partitions[0]?.errorCode).toBe(15)
})

test('a static member that is replaced before its new id is stored: nobody gets the answer of another one', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  await plane.groups.topic.ensure()
  await plane.settle()
  const client = new GroupClient(plane)
  const first = client.join({ groupInstanceId: 'i' })
  plane.clock.advance(3_000)
  plane.clock.advance(3_000)
  await plane.settle()
  client.sync(first.body?.memberId ?? '', 1, {}, 'i')
  await plane.settle()
  const resume = plane.disk.stallSyncs('__consumer_offsets')
  const second = client.join({ groupInstanceId: 'i' })
  const third = client.join({ groupInstanceId: 'i' })
  resume()
  await plane.settle()
  expect([second.body?.errorCode, third.body?.errorCode]).toEqual([82, 0])
  const memberId = third.body?.memberId ?? ''
  expect(await client.heartbeat(memberId, 1, 'i')).toBe(0)
})
