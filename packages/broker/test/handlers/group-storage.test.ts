import { expect, test } from 'vitest'
import { openDataPlane } from '../data-plane.ts'
import { GroupClient } from './group-client.ts'

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
