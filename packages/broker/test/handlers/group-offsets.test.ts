import { Errors, offsetCommitApi, offsetFetchApi, produceApi } from '@streambus/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { batchOf, type DataPlane } from '../data-plane.ts'
import { GROUP, type GroupClient } from './group-client.ts'
import { openGroups, withoutSyncs } from './group-plane.ts'

let plane: DataPlane
let client: GroupClient

beforeEach(async () => {
  ;({ plane, client } = await openGroups())
})

describe('the topic of offsets', () => {
  test('is made when a group is first looked for: compacted, and for the broker alone', async () => {
    const topic = plane.controller.image.topicByName('__consumer_offsets')
    expect(topic?.partitions).toHaveLength(50)
    expect(Object.fromEntries(topic?.configs ?? [])).toMatchObject({ 'cleanup.policy': 'compact' })
    const partitionData = [{ index: 0, records: batchOf(['x']) }]
    const topicData = [{ name: '__consumer_offsets', partitionData }]
    const reply = plane.inject(produceApi, 9, { transactionalId: null, acks: -1, timeoutMs: 1, topicData })
    expect(reply.body?.responses[0]?.partitionResponses[0]?.errorCode).toBe(Errors.INVALID_TOPIC_EXCEPTION.code)
  })
})

describe('offsets', () => {
  test('are committed by anybody while the group has no members, and by members of the generation after that', async () => {
    const simple = client.commit({ 0: 5, 2: 7 })
    await plane.settle()
    expect(simple.body?.topics[0]?.partitions).toEqual([
      expect.objectContaining({ partitionIndex: 0, errorCode: 0 }),
      expect.objectContaining({ partitionIndex: 2, errorCode: 0 })
    ])
    expect(await client.committed()).toEqual({ 0: 5, 2: 7 })
    const [a = ''] = await client.stableGroup(1)
    const codeOf = async (reply: ReturnType<GroupClient['commit']>) => {
      await plane.settle()
      return reply.body?.topics[0]?.partitions[0]?.errorCode
    }
    expect(await codeOf(client.commit({ 0: 6 }))).toBe(Errors.UNKNOWN_MEMBER_ID.code)
    expect(await codeOf(client.commit({ 0: 6 }, { memberId: a, epoch: 0 }))).toBe(Errors.ILLEGAL_GENERATION.code)
    expect(await codeOf(client.commit({ 0: 6 }, { memberId: a, epoch: 1 }))).toBe(0)
    expect(await client.committed()).toEqual({ 0: 6, 2: 7 })
  })

  test('of a group that is not there: a member is told so, by version', async () => {
    const codes = []
    for (const version of [8, 9]) {
      const reply = client.commit({ 0: 1 }, { memberId: 'm', epoch: 3, version })
      await plane.settle()
      codes.push(reply.body?.topics[0]?.partitions[0]?.errorCode)
    }
    expect(codes).toEqual([Errors.ILLEGAL_GENERATION.code, Errors.GROUP_ID_NOT_FOUND.code])
  })

  test('a commit during the join phase is taken, and refused while the leader assigns', async () => {
    const [a = ''] = await client.stableGroup(1)
    await client.member()
    const preparing = client.commit({ 0: 1 }, { memberId: a, epoch: 1 })
    await plane.settle()
    expect(preparing.body?.topics[0]?.partitions[0]?.errorCode).toBe(0)
    client.join({ memberId: a })
    await plane.settle()
    expect(await client.state()).toBe('CompletingRebalance')
    const completing = client.commit({ 0: 2 }, { memberId: a, epoch: 2 })
    await plane.settle()
    expect(completing.body?.topics[0]?.partitions[0]?.errorCode).toBe(Errors.REBALANCE_IN_PROGRESS.code)
  })

  test('partitions that do not exist, and a text that is too long, fail alone', async () => {
    const unknown = client.commit({ 9: 1, 0: 1 })
    const noTopic = client.commit({ 0: 1 }, { topic: 'nope' })
    const long = client.commit({ 1: 1 }, { metadata: 'x'.repeat(4_097) })
    await plane.settle()
    expect(unknown.body?.topics[0]?.partitions.map(each => each.errorCode)).toEqual([0, 3])
    expect(noTopic.body?.topics[0]?.partitions[0]?.errorCode).toBe(3)
    expect(long.body?.topics[0]?.partitions[0]?.errorCode).toBe(Errors.OFFSET_METADATA_TOO_LARGE.code)
    expect(await client.committed()).toEqual({ 0: 1 })
  })

  test('what is not committed is −1 without an error, in every version', async () => {
    client.commit({ 0: 5 }, { metadata: 'note' })
    await plane.settle()
    const old = plane.inject(offsetFetchApi, 1, { groupId: GROUP, topics: [{ name: 't', partitionIndexes: [0, 1] }] })
    const all = plane.inject(offsetFetchApi, 5, { groupId: GROUP, topics: null })
    const many = client.fetch([1, 0])
    await plane.settle()
    const row = (partitionIndex: number, committedOffset: number, metadata: string) =>
      expect.objectContaining({ partitionIndex, committedOffset, metadata, errorCode: 0 })
    expect(old.body?.topics[0]?.partitions).toEqual([row(0, 5, 'note'), row(1, -1, '')])
    expect(all.body?.topics).toMatchObject([{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 5 }] }])
    expect(many.body?.groups[0]).toMatchObject({ groupId: GROUP, errorCode: 0 })
    expect(many.body?.groups[0]?.topics[0]?.partitions).toEqual([row(1, -1, ''), row(0, 5, 'note')])
  })

  test('version 10 speaks of topics by id', async () => {
    const topicId = plane.controller.image.topicByName('t')?.id ?? ''
    const nobody = '0123456789abcdefghijkA'
    const partitions = [{ partitionIndex: 0, committedOffset: 4, committedMetadata: null }]
    const ids = [
      { topicId, partitions },
      { topicId: nobody, partitions }
    ]
    const commit = plane.inject(offsetCommitApi, 10, { groupId: GROUP, memberId: '', topics: ids })
    await plane.settle()
    expect(commit.body?.topics.map(each => each.partitions[0]?.errorCode)).toEqual([0, Errors.UNKNOWN_TOPIC_ID.code])
    const wanted = [
      { topicId: nobody, partitionIndexes: [0] },
      { topicId, partitionIndexes: [0] }
    ]
    const some = plane.inject(offsetFetchApi, 10, { groups: [{ groupId: GROUP, topics: wanted }] })
    const all = plane.inject(offsetFetchApi, 10, { groups: [{ groupId: GROUP, topics: null }] })
    await plane.settle()
    expect(some.body?.groups[0]?.topics).toMatchObject([
      { topicId: nobody, partitions: [{ errorCode: Errors.UNKNOWN_TOPIC_ID.code }] },
      { topicId, partitions: [{ committedOffset: 4, errorCode: 0 }] }
    ])
    expect(all.body?.groups[0]?.topics).toMatchObject([{ topicId, partitions: [{ committedOffset: 4 }] }])
  })

  test('an answer speaks only of what is committed: it waits for the commits before it', async () => {
    client.commit({ 0: 5 })
    await plane.settle()
    const commit = client.commit({ 0: 6 })
    const fetch = client.fetch([0])
    await withoutSyncs()
    expect([commit.outcome, fetch.outcome]).toEqual(['pending', 'pending'])
    await plane.settle()
    expect(fetch.body?.groups[0]?.topics[0]?.partitions[0]?.committedOffset).toBe(6)
  })
})
