import { offsetCommitApi, offsetFetchApi } from '@streambus/protocol'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DataPlane } from '../data-plane.ts'
import { ConsumerClient } from './consumer-client.ts'
import { GROUP, type GroupClient } from './group-client.ts'
import { openGroups, reopenGroups } from './group-plane.ts'

let plane: DataPlane
let client: GroupClient

beforeEach(async () => {
  ;({ plane, client } = await openGroups())
})

async function deleteTopic(name: string): Promise<void> {
  const deleted = plane.controller.deleteTopic(plane.controller.image.topicByName(name)?.id ?? '')
  await plane.settle()
  await deleted
  await plane.settle()
}

/** 'topic partition offset', of a group. */
async function offsetsOf(groupId = GROUP): Promise<string[]> {
  const reply = plane.inject(offsetFetchApi, 9, { groups: [{ groupId, topics: null }] })
  await plane.settle()
  const topics = reply.body?.groups[0]?.topics ?? []
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset }) => `${name} ${partitionIndex} ${committedOffset}`)
  )
}

async function commit(groupId: string, topic: string, partitions: readonly number[], offset: number): Promise<void> {
  const rows = partitions.map(partitionIndex => ({ partitionIndex, committedOffset: offset, committedMetadata: null }))
  const topics = [{ name: topic, partitions: rows }]
  plane.inject(offsetCommitApi, 9, { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics })
  await plane.settle()
}

/** Until every shard is loaded. */
async function loaded(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    plane.clock.advance(0)
    await plane.settle()
  }
  expect(plane.groups.runtime.counts()).toEqual({ shards: 50, loading: 0, failed: 0 })
}

async function reopen(): Promise<void> {
  ;({ plane, client } = await reopenGroups(plane))
}

describe('offsets of a topic that is deleted are gone', () => {
  test('at once, those of other topics stay, and a topic of the same name begins without', async () => {
    await plane.createTopic('other', 1)
    await commit(GROUP, 't', [0, 2], 5)
    await commit(GROUP, 'other', [0], 6)
    await commit('other-group', 't', [1], 7)
    await deleteTopic('t')
    expect(await offsetsOf()).toEqual(['other 0 6'])
    expect(await offsetsOf('other-group')).toEqual([])
    expect(plane.groups.lag.offsetCount).toBe(1)
    await plane.createTopic('t', 3)
    expect(await offsetsOf()).toEqual(['other 0 6'])
  })

  test('of a classic group that has members, which stays as it is', async () => {
    const [a = ''] = await client.stableGroup(1)
    client.commit({ 0: 5 }, { memberId: a, epoch: 1 })
    await plane.settle()
    await deleteTopic('t')
    expect(await offsetsOf()).toEqual([])
    expect(await client.state()).toBe('Stable')
  })

  test('of a group of the consumer protocol that has members', async () => {
    const consumer = new ConsumerClient(plane)
    await consumer.join('a')
    await consumer.beat('a', 1, consumer.owns(0, 1, 2))
    expect(await consumer.commit('a', 1, [0, 1])).toEqual(['NONE', 'NONE'])
    expect(plane.groups.lag.offsetCount).toBe(2)
    await deleteTopic('t')
    expect(plane.groups.lag.offsetCount).toBe(0)
  })

  test('after a restart, too, and with them what was known of their lag', async () => {
    await commit(GROUP, 't', [0], 5)
    expect((await plane.groups.lag.one(GROUP))?.partitions).toHaveLength(1)
    await deleteTopic('t')
    expect((await plane.groups.lag.one(GROUP))?.partitions).toEqual([])
    await reopen()
    await loaded()
    expect(plane.groups.lag.offsetCount).toBe(0)
  })

  test('also when the disk was full: they are tried again, and a commit for a new topic of that name stays', async () => {
    await commit(GROUP, 't', [0, 1], 5)
    const repair = plane.disk.failAlways('write', { code: 'ENOSPC', path: '__consumer_offsets' })
    await deleteTopic('t')
    expect(plane.groups.lag.offsetCount).toBe(2)
    repair()
    await plane.createTopic('t', 3)
    await commit(GROUP, 't', [1], 9)
    plane.clock.advance(1_000)
    await plane.settle()
    expect(await offsetsOf()).toEqual(['t 1 9'])
    expect(plane.bugs).toEqual([])
  })

  test('also when they are more than one batch holds', async () => {
    await plane.createTopic('wide', 1_200)
    await commit(GROUP, 'wide', [...Array(1_200).keys()], 5)
    await commit(GROUP, 't', [0], 5)
    expect(plane.groups.lag.offsetCount).toBe(1_201)
    await deleteTopic('wide')
    expect(plane.groups.lag.offsetCount).toBe(201)
    plane.clock.advance(0)
    await plane.settle()
    expect(await offsetsOf()).toEqual(['t 0 5'])
  })
})

const topicNames = fc.constantFrom('t', 'u')
const groupNames = fc.constantFrom('g', 'h', 'i')
const steps = fc.array(
  fc.oneof(
    fc.record({ step: fc.constant('commit' as const), group: groupNames, topic: topicNames, partition: fc.nat(2) }),
    fc.record({ step: fc.constant('delete' as const), topic: topicNames }),
    fc.record({ step: fc.constant('create' as const), topic: topicNames }),
    fc.record({ step: fc.constant('restart' as const) })
  ),
  { maxLength: 12 }
)

test('there are exactly the offsets that were committed for topics as they are now, whatever comes between', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async sequence => {
      ;({ plane, client } = await openGroups())
      const expected = new Map<string, string>()
      const exists = (name: string): boolean => plane.controller.image.topicByName(name) !== undefined
      for (const [number, each] of sequence.entries()) {
        if (each.step === 'commit') {
          const { group, topic, partition } = each
          await commit(group, topic, [partition], number)
          if (exists(topic)) expected.set(`${group} ${topic} ${partition}`, `${topic} ${partition} ${number}`)
        } else if (each.step === 'delete') {
          if (exists(each.topic)) await deleteTopic(each.topic)
          for (const key of expected.keys()) if (key.split(' ')[1] === each.topic) expected.delete(key)
        } else if (each.step === 'create') {
          if (!exists(each.topic)) await plane.createTopic(each.topic, 3)
        } else {
          await reopen()
          await loaded()
        }
      }
      for (const group of ['g', 'h', 'i']) {
        const mine = [...expected].filter(([key]) => key.startsWith(`${group} `)).map(([, row]) => row)
        expect((await offsetsOf(group)).sort()).toEqual(mine.sort())
      }
      expect(plane.groups.lag.offsetCount).toBe(expected.size)
    }),
    { numRuns: 25 }
  )
})
