import { createBrokerMetrics, SeriesBudget } from '@streambus/metrics'
import { offsetCommitApi, produceApi } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { beforeEach, describe, expect, test } from 'vitest'
import { bindLag } from '../../../src/observability/bind-lag.ts'
import { type DataPlane, openDataPlane } from '../../data-plane.ts'
import { GROUP, GroupClient } from '../../handlers/group-client.ts'

let plane: DataPlane
let client: GroupClient

beforeEach(async () => {
  plane = await openDataPlane()
  plane.groups.start()
  client = new GroupClient(plane)
  await plane.createTopic('t', 2)
  client.findCoordinator()
  await plane.settle()
})

async function produce(count: number, index = 0): Promise<void> {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < count; i++) builder.append({ value: Buffer.from('x'), timestamp: plane.clock.wallMs() })
  const topicData = [{ name: 't', partitionData: [{ index, records: builder.build() }] }]
  plane.inject(produceApi, 9, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
  await plane.settle()
}

async function commit(offsets: Record<number, number>): Promise<void> {
  client.commit(offsets)
  await plane.settle()
}

async function commitAs(groupId: string, offsets: Record<number, number>): Promise<void> {
  const partitions = Object.entries(offsets).map(([index, committedOffset]) => {
    return { partitionIndex: Number(index), committedOffset, committedMetadata: null }
  })
  const topics = [{ name: 't', partitions }]
  plane.inject(offsetCommitApi, 9, { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics })
  await plane.settle()
}

const lag = () => plane.groups.lag.one(GROUP)

test('a paused consumer is as many seconds behind as its oldest unread record is old, also when nothing comes', async () => {
  await produce(3)
  await commit({ 0: 1 })
  plane.clock.advance(5_000)
  await produce(4)
  expect(await lag()).toMatchObject({ lag: 6, lagSeconds: 5 })
  plane.clock.advance(60_000)
  expect(await lag()).toMatchObject({ lag: 6, lagSeconds: 65 })
  await commit({ 0: 3 })
  expect(await lag()).toMatchObject({ lag: 4, lagSeconds: 60 })
  await commit({ 0: 7 })
  plane.clock.advance(1_000_000)
  expect(await lag()).toMatchObject({ lag: 0, lagSeconds: 0 })
})

test('lag is that of all partitions that have an offset; others the group has not begun to read', async () => {
  await produce(3, 0)
  await produce(5, 1)
  await commit({ 0: 1 })
  expect((await lag())?.lag).toBe(2)
  await commit({ 1: 0 })
  expect((await lag())?.lag).toBe(7)
  client.deleteOffsets([0])
  await plane.settle()
  expect((await lag())?.lag).toBe(5)
})

test('a group is found in the shard that it belongs to', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `group-${i}`)
  for (const id of ids) await commitAs(id, { 0: 0, 1: 0 })
  const { groups } = plane
  const all = await groups.lag.all()
  expect(all.map(({ group }) => group.groupId).toSorted()).toEqual(ids.toSorted())
  for (const id of ids) {
    expect((await groups.lag.one(id))?.group).toBe(all.find(({ group }) => group.groupId === id)?.group)
    expect(groups.describe(id)?.groupId).toBe(id)
  }
  expect(await groups.lag.one('unknown')).toBeNull()
  expect(groups.describe('unknown')).toBeNull()
  groups.close('COORDINATOR_NOT_AVAILABLE')
  expect(await groups.lag.one('group-0')).toBeNull()
})

test('what was deleted under a group is told: records are lost, and there is no time left', async () => {
  await produce(10)
  await commit({ 0: 2 })
  plane.partitions.find('t', 0)?.deleteRecordsBefore(6)
  expect((await lag())?.partitions[0]).toMatchObject({ lag: 8, lostRecords: 4, logStartOffset: 6, headroomSeconds: 0 })
})

test('an offset of a topic that is gone counts nothing, as long as it is there', async () => {
  await produce(10)
  await commit({ 0: 2 })
  const repair = plane.disk.failAlways('write', { code: 'ENOSPC', path: '__consumer_offsets' })
  const deletion = plane.controller.deleteTopic(plane.controller.image.topicByName('t')?.id ?? '')
  await plane.settle()
  await deletion
  expect(await lag()).toMatchObject({ lag: 0, partitions: [{ endOffset: null, lag: 0, status: 'OK' }] })
  repair()
  plane.clock.advance(1_000)
  await plane.settle()
  expect(await lag()).toMatchObject({ lag: 0, partitions: [] })
})

test('who goes on committing the same offset while records come has stalled; who stops has stopped', async () => {
  await produce(10)
  for (let i = 0; i < 10; i++) {
    await commit({ 0: 1 })
    await produce(1)
    plane.clock.advance(10_000)
  }
  expect((await lag())?.status).toBe('STALL')
  plane.clock.advance(200_000)
  expect((await lag())?.status).toBe('STOP')
  await commit({ 0: 20 })
  expect((await lag())?.status).toBe('OK')
})

describe.each([1_000, 5_000])('a group that commits each %i ms', everyMs => {
  /** One record comes before each commit. Says the status after each of them. */
  async function statuses(forMs: number, offsetAt: (i: number) => number, from = 0): Promise<(string | undefined)[]> {
    const seen: (string | undefined)[] = []
    for (let i = from; (i - from) * everyMs <= forMs; i++) {
      await produce(1)
      await commit({ 0: offsetAt(i) })
      plane.clock.advance(everyMs)
      seen.push((await lag())?.status)
    }
    return seen
  }

  test('and never gets on has stalled, after a minute', async () => {
    const seen = await statuses(120_000, () => 0)
    const at = seen.indexOf('STALL') * everyMs
    expect(at).toBeGreaterThanOrEqual(60_000)
    expect(at).toBeLessThanOrEqual(70_000)
    expect(new Set(seen.slice(at / everyMs))).toEqual(new Set(['STALL']))
  })

  test('and stops getting on has stalled within two minutes, and is well once it has read all', async () => {
    const count = 120_000 / everyMs
    expect(new Set(await statuses(120_000, i => i + 1))).toEqual(new Set(['OK']))
    const seen = await statuses(120_000, () => count, count + 1)
    const at = seen.indexOf('STALL') * everyMs
    expect(at).toBeGreaterThanOrEqual(60_000)
    expect(at).toBeLessThanOrEqual(110_000)
    expect(seen.at(-1)).toBe('STALL')
    expect((await statuses(0, i => i + 1, 2 * count + 1)).at(-1)).toBe('OK')
  })

  test('and goes back is seen to have, for the best part of a minute', async () => {
    const count = 200_000 / everyMs
    await statuses(200_000, i => i)
    const seen = await statuses(50_000, () => Math.floor(count / 2), count + 1)
    expect(seen.at(-1)).toBe('REWIND')
    expect(seen.filter(status => status === 'REWIND').length * everyMs).toBeGreaterThanOrEqual(45_000)
  })

  test('and gets on slower than records come is warned of', async () => {
    const seen = await statuses(200_000, i => Math.floor(i / 2))
    expect(seen.at(-1)).toBe('WARN')
    expect(seen.indexOf('WARN') * everyMs).toBeLessThanOrEqual(70_000)
  })
})

test('a lag that grows is seen to grow', async () => {
  await commit({ 0: 0 })
  for (let i = 0; i < 12; i++) {
    await produce(20)
    plane.clock.advance(10_000)
  }
  expect((await lag())?.trend?.direction).toBe('growing')
  expect((await lag())?.trend?.recordsPerSecond).toBeCloseTo(2, 0)
})

test('a group that commits once and is never heard of again has stopped, after a minute', async () => {
  await produce(5)
  await commit({ 0: 2 })
  plane.clock.advance(50_000)
  expect((await lag())?.status).toBe('OK')
  plane.clock.advance(11_000)
  await produce(1)
  expect((await lag())?.status).toBe('STOP')
})

test('the gauges are those of the groups there are', async () => {
  const metrics = createBrokerMetrics()
  const { groups } = plane
  const view = { groups: () => groups.lag.all(), committedOffsets: () => groups.lag.offsetCount }
  bindLag(metrics, { view, clock: plane.clock, groupsMax: () => 500, budget: new SeriesBudget(metrics, () => 20_000) })
  const { cells } = metrics
  expect(await metrics.render()).toContain('streambus_consumer_group_lag{group=""} 0')
  await produce(5)
  const [member = ''] = await client.stableGroup(1)
  client.commit({ 0: 2, 1: 0 }, { memberId: member, epoch: 1 })
  await plane.settle()
  plane.clock.advance(2_000)
  await metrics.render()
  expect(cells.consumerGroupsTotal.value).toBe(1)
  expect(cells.consumerGroupMembersTotal.value).toBe(1)
  expect(cells.offsetsStored.value).toBe(2)
  expect(cells.consumerGroups.child('Stable', 'classic').value).toBe(1)
  expect(cells.consumerGroupLag.child(GROUP).value).toBe(3)
  expect(cells.consumerGroupMembers.child(GROUP).value).toBe(1)
  expect(cells.consumerGroupInfo.child(GROUP, 'Stable', 'range', 'classic').value).toBe(1)
  expect(cells.consumerGroupLagSeconds.child(GROUP).value).toBeGreaterThanOrEqual(2)
  expect(cells.consumerGroupTopicLag.child(GROUP, 't').value).toBe(3)
  expect(cells.consumerGroupPartitionLag.child(GROUP, 't', '0').value).toBe(3)
  expect(cells.consumerGroupCommittedOffset.child(GROUP, 't', '0').value).toBe(2)
  expect(cells.consumerGroupStatus.child(GROUP, 'OK').value).toBe(1)
  expect(cells.consumerGroupRetentionHeadroom.child(GROUP, 't').value).toBeGreaterThan(0)
  client.leave(member)
  await plane.settle()
  client.deleteGroup()
  await plane.settle()
  const text = await metrics.render()
  expect(text).toContain('streambus_consumer_group_lag{group=""} 0')
  expect(text).not.toContain(`group="${GROUP}"`)
})
