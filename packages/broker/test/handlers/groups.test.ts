import { Errors, offsetCommitApi, offsetFetchApi, produceApi } from '@streambus/protocol'
import { encodeSubscription } from '@streambus/protocol/consumer-protocol'
import { MemoryDisk } from '@streambus/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { batchOf, type DataPlane, openDataPlane } from '../data-plane.ts'
import { GROUP, GroupClient } from './group-client.ts'

let plane: DataPlane
let client: GroupClient

async function open(options: Parameters<typeof openDataPlane>[0] = {}): Promise<void> {
  const disk = options.disk ?? new MemoryDisk({ syncs: 'manual' })
  let isOpen = false
  const opening = openDataPlane({ ...options, disk }).finally(() => (isOpen = true))
  while (!isOpen) {
    await new Promise(setImmediate)
    disk.completeSyncs()
  }
  plane = await opening
  client = new GroupClient(plane)
  if (plane.partitions.find('t', 0) === undefined) await plane.createTopic('t', 3)
  const found = client.findCoordinator()
  await plane.settle()
  expect(found.body?.coordinators[0]).toMatchObject({ errorCode: 0, nodeId: 1, host: 'me', port: 1234 })
}

/** The broker is killed and starts again. */
function reopen(): Promise<void> {
  plane.disk.kill()
  return open({ disk: plane.disk })
}

/** Whatever needs no sync happens. */
async function withoutSyncs(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}

beforeEach(() => open())

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

describe('joining', () => {
  test('from version 4 on a member is given its id first, and the group waits for it', async () => {
    const first = client.join()
    await plane.settle()
    expect(first.body?.errorCode).toBe(Errors.MEMBER_ID_REQUIRED.code)
    expect(first.body?.memberId).toMatch(/^test-.{22}$/)
    expect(await client.state()).toBe('Empty')
    const second = client.join({ memberId: first.body?.memberId ?? '' })
    await plane.settle()
    expect([second.outcome, await client.state()]).toEqual(['pending', 'PreparingRebalance'])
  })

  test('up to version 3 it is in at once', async () => {
    const reply = client.join({ version: 3 })
    plane.clock.advance(3_000)
    await plane.settle()
    expect(reply.body).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' })
    expect(reply.body?.leader).toBe(reply.body?.memberId)
  })

  test('version 0 has no rebalance timeout: the session timeout is it', async () => {
    const reply = client.join({ version: 0 })
    plane.clock.advance(3_000)
    await plane.settle()
    client.sync(reply.body?.memberId ?? '', 1, { [reply.body?.memberId ?? '']: 'a' })
    await plane.settle()
    client.join({ version: 0 })
    await plane.settle()
    plane.clock.advance(9_999)
    expect(await client.state()).toBe('PreparingRebalance')
    plane.clock.advance(1)
    expect(await client.state()).toBe('CompletingRebalance')
  })

  test('the first rebalance waits for more members, longer while they come, and not beyond the rebalance timeout', async () => {
    const first = await client.member()
    plane.clock.advance(2_900)
    const late = await client.member()
    plane.clock.advance(100)
    await plane.settle()
    expect(first.reply.outcome).toBe('pending')
    plane.clock.advance(3_000)
    await plane.settle()
    expect([first.reply.body?.generationId, late.reply.body?.generationId]).toEqual([1, 1])
  })

  test('only the leader, the first to join, is told of the others and what they say', async () => {
    const a = await client.member({ protocols: [{ name: 'range', metadata: Buffer.from('A') }] })
    const b = await client.member({ protocols: [{ name: 'range', metadata: Buffer.from('B') }] })
    plane.clock.advance(3_000)
    plane.clock.advance(3_000)
    await plane.settle()
    expect(a.reply.body?.members.map(({ memberId, metadata }) => [memberId, metadata.toString()])).toEqual([
      [a.memberId, 'A'],
      [b.memberId, 'B']
    ])
    expect(b.reply.body).toMatchObject({ leader: a.memberId, members: [] })
  })

  test('the protocol is one that all support and most prefer', async () => {
    const metadata = Buffer.alloc(0)
    const names = (...list: string[]) => ({ protocols: list.map(name => ({ name, metadata })) })
    const a = await client.member(names('own', 'range', 'sticky'))
    await client.member(names('sticky', 'range'))
    await client.member(names('sticky', 'range'))
    plane.clock.advance(3_000)
    plane.clock.advance(3_000)
    await plane.settle()
    expect(a.reply.body?.protocolName).toBe('sticky')
    const stranger = client.join(names('own'))
    await plane.settle()
    expect(stranger.body?.errorCode).toBe(Errors.INCONSISTENT_GROUP_PROTOCOL.code)
    const connect = client.join({ ...names('range'), protocolType: 'connect' })
    await plane.settle()
    expect(connect.body?.errorCode).toBe(Errors.INCONSISTENT_GROUP_PROTOCOL.code)
  })

  test.each([
    [{ groupId: '' }, 'INVALID_GROUP_ID'],
    [{ sessionTimeoutMs: 5_999 }, 'INVALID_SESSION_TIMEOUT'],
    [{ sessionTimeoutMs: 1_800_001 }, 'INVALID_SESSION_TIMEOUT'],
    [{ memberId: 'who' }, 'UNKNOWN_MEMBER_ID'],
    [{ protocolType: '' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    [{ protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL']
  ] as const)('%j is answered with %s', async (wish, error) => {
    const reply = client.join(wish)
    await plane.settle()
    expect(reply.body?.errorCode).toBe(Errors[error].code)
  })

  test('a full group takes nobody more', async () => {
    await open({ brokerSettings: { 'group.max.size': 2 } })
    await client.stableGroup(2)
    const third = await client.member()
    await plane.settle()
    expect(third.memberId).toBe('')
    expect(third.reply.body?.errorCode).toBe(Errors.GROUP_MAX_SIZE_REACHED.code)
  })
})

describe('an assignment', () => {
  test('is stored before anybody gets it, and given to whoever asks again', async () => {
    const { memberId } = await client.member()
    plane.clock.advance(3_000)
    await plane.settle()
    const reply = client.sync(memberId, 1, { [memberId]: 'mine' })
    await withoutSyncs()
    expect(reply.outcome).toBe('pending')
    await plane.settle()
    expect(reply.body?.assignment.toString()).toBe('mine')
    await reopen()
    const again = client.sync(memberId, 1)
    await plane.settle()
    expect(again.body?.assignment.toString()).toBe('mine')
  })

  test('reaches everybody; who has none in it gets nothing', async () => {
    const [a, b] = [(await client.member()).memberId, (await client.member()).memberId]
    plane.clock.advance(3_000)
    plane.clock.advance(3_000)
    await plane.settle()
    const waiting = client.sync(b, 1)
    await plane.settle()
    expect([waiting.outcome, await client.state()]).toEqual(['pending', 'CompletingRebalance'])
    const leader = client.sync(a, 1, { [a]: 'all' })
    await plane.settle()
    expect(leader.body?.assignment.toString()).toBe('all')
    expect(waiting.body).toMatchObject({ errorCode: 0, assignment: Buffer.alloc(0) })
    const again = client.sync(a, 1)
    await plane.settle()
    expect([again.body?.assignment.toString(), await client.state()]).toEqual(['all', 'Stable'])
  })

  test('wrong generation, unknown member, rebalance under way', async () => {
    const [a = ''] = await client.stableGroup(1)
    const codes = []
    for (const reply of [client.sync(a, 2), client.sync('who', 1)]) {
      await plane.settle()
      codes.push(reply.body?.errorCode)
    }
    await client.member()
    const late = client.sync(a, 1)
    await plane.settle()
    expect([...codes, late.body?.errorCode]).toEqual([22, 25, 27])
  })

  test('who joins and never asks for it is out after the rebalance timeout', async () => {
    const a = await client.member()
    const b = await client.member()
    plane.clock.advance(3_000)
    plane.clock.advance(3_000)
    await plane.settle()
    client.sync(a.memberId, 1, { [a.memberId]: 'x' })
    await plane.settle()
    for (let i = 0; i < 4; i++) {
      plane.clock.advance(5_000)
      await client.heartbeat(a.memberId, 1)
      await client.heartbeat(b.memberId, 1)
    }
    expect(await client.state()).toBe('PreparingRebalance')
    expect(await client.heartbeat(b.memberId, 1)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
  })
})

describe('heartbeats', () => {
  test('say whether the member is in the generation, and whether it has to join again', async () => {
    const [a = '', b = ''] = await client.stableGroup(2)
    expect(await client.heartbeat(a, 1)).toBe(0)
    expect(await client.heartbeat(a, 0)).toBe(Errors.ILLEGAL_GENERATION.code)
    expect(await client.heartbeat('who', 1)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
    await client.member()
    expect(await client.heartbeat(b, 1)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
  })

  test('who is silent for a session is out, and the others rebalance', async () => {
    const [a = '', b = ''] = await client.stableGroup(2)
    plane.clock.advance(9_000)
    expect(await client.heartbeat(a, 1)).toBe(0)
    plane.clock.advance(1_000)
    expect(await client.heartbeat(b, 1)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
    expect(await client.heartbeat(a, 1)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    const again = client.join({ memberId: a })
    await plane.settle()
    expect(again.body).toMatchObject({ generationId: 2, leader: a })
  })

  test('a member whose join is held cannot expire; who does not come back within the rebalance timeout does', async () => {
    const [a = '', b = ''] = await client.stableGroup(2)
    const held = client.join({ memberId: a })
    await plane.settle()
    for (let i = 0; i < 3; i++) {
      plane.clock.advance(5_000)
      expect(await client.heartbeat(b, 1)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    }
    plane.clock.advance(4_999)
    await plane.settle()
    expect(held.outcome).toBe('pending')
    plane.clock.advance(1)
    await plane.settle()
    expect(held.body).toMatchObject({ generationId: 2, leader: a })
    expect(held.body?.members).toHaveLength(1)
  })

  test('the last one leaves an empty group behind', async () => {
    const [a = ''] = await client.stableGroup(1)
    const reply = client.leave(a)
    await plane.settle()
    expect(reply.body).toMatchObject({ errorCode: 0, members: [{ memberId: a, errorCode: 0 }] })
    expect(await client.state()).toBe('Empty')
    expect(await client.heartbeat(a, 1)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
  })
})

describe('joining again', () => {
  test('a leader starts a rebalance; a follower with nothing new gets the generation it has', async () => {
    const [a = '', b = ''] = await client.stableGroup(2)
    const follower = client.join({ memberId: b })
    await plane.settle()
    expect(follower.body).toMatchObject({ errorCode: 0, generationId: 1, members: [] })
    expect(await client.state()).toBe('Stable')
    client.join({ memberId: a })
    await plane.settle()
    expect(await client.state()).toBe('PreparingRebalance')
  })

  test('a follower with another subscription starts one, too', async () => {
    const [, b = ''] = await client.stableGroup(2)
    client.join({ memberId: b, protocols: [{ name: 'range', metadata: encodeSubscription({ topics: ['t', 'u'] }) }] })
    await plane.settle()
    expect(await client.state()).toBe('PreparingRebalance')
  })

  test('a lost answer is given again while the leader assigns', async () => {
    const a = await client.member()
    plane.clock.advance(3_000)
    await plane.settle()
    const again = client.join({ memberId: a.memberId })
    await plane.settle()
    expect(again.body).toMatchObject({ generationId: 1, leader: a.memberId })
    expect(again.body?.members).toHaveLength(1)
  })
})

describe('static members', () => {
  const STATIC = { groupInstanceId: 'i' }

  async function staticGroup(): Promise<{ a: string; b: string }> {
    const first = client.join(STATIC)
    await plane.settle()
    const second = await client.member()
    plane.clock.advance(3_000)
    plane.clock.advance(3_000)
    await plane.settle()
    const [a, b] = [first.body?.memberId ?? '', second.memberId]
    client.sync(b, 1)
    client.sync(a, 1, { [a]: 'A', [b]: 'B' }, 'i')
    await plane.settle()
    return { a, b }
  }

  test.each([9, 8, 5])('started again in version %d: a new id, the old assignment, no rebalance', async version => {
    const { a, b } = await staticGroup()
    const again = client.join({ ...STATIC, version })
    await plane.settle()
    const { memberId = '' } = again.body ?? {}
    expect(memberId).not.toBe(a)
    expect(again.body).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: version >= 9 })
    // Before version 9 it must not take itself for the leader, or it would assign.
    expect(again.body?.leader === memberId).toBe(version >= 9)
    const reply = client.sync(memberId, 1, {}, 'i')
    await plane.settle()
    expect(reply.body?.assignment.toString()).toBe('A')
    expect([await client.state(), await client.heartbeat(b, 1)]).toEqual(['Stable', 0])
    expect(await client.heartbeat(a, 1, 'i')).toBe(Errors.FENCED_INSTANCE_ID.code)
  })

  test('keeps its place over a restart of the broker', async () => {
    const { b } = await staticGroup()
    const again = client.join({ ...STATIC, version: 9 })
    await plane.settle()
    await reopen()
    expect(await client.heartbeat(again.body?.memberId ?? '', 1, 'i')).toBe(0)
    expect(await client.heartbeat(b, 1)).toBe(0)
  })

  test('with another protocol it starts a rebalance', async () => {
    await staticGroup()
    client.join({ ...STATIC, protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] })
    await plane.settle()
    expect(await client.state()).toBe('Stable')
    client.join({
      ...STATIC,
      protocols: ['range', 'sticky'].map(name => ({ name, metadata: encodeSubscription({ topics: ['t'] }) }))
    })
    await plane.settle()
    expect(await client.state()).toBe('Stable')
  })

  test('is not missed in a rebalance, only after its session; a tool may take it out by name', async () => {
    const { a, b } = await staticGroup()
    const reply = client.leave('', 'i')
    await plane.settle()
    expect(reply.body?.members).toMatchObject([{ errorCode: 0 }])
    expect(await client.heartbeat(a, 1, 'i')).toBe(Errors.UNKNOWN_MEMBER_ID.code)
    expect(await client.heartbeat(b, 1)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    const nobody = client.leave('', 'j')
    await plane.settle()
    expect(nobody.body?.members).toMatchObject([{ errorCode: Errors.UNKNOWN_MEMBER_ID.code }])
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

describe('over a restart', () => {
  test('members, generation, assignment and offsets are there; everybody has a full session', async () => {
    const [a = '', b = ''] = await client.stableGroup(2)
    client.commit({ 0: 5 }, { memberId: a, epoch: 1 })
    plane.clock.advance(9_000)
    await plane.settle()
    await reopen()
    expect([await client.state(), await client.committed()]).toEqual(['Stable', { 0: 5 }])
    const reply = client.sync(b, 1)
    await plane.settle()
    expect(reply.body?.assignment.toString()).toBe('1')
    plane.clock.advance(9_000)
    expect(await client.heartbeat(a, 1)).toBe(0)
    plane.clock.advance(1_000)
    expect(await client.heartbeat(b, 1)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
  })

  test('what was not stored is gone with the generation: members join again', async () => {
    const { memberId } = await client.member()
    plane.clock.advance(3_000)
    await plane.settle()
    await reopen()
    expect(await client.heartbeat(memberId, 1)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
  })
})

describe('time and tools', () => {
  const HOUR = 3_600_000
  const DAY = 24 * HOUR

  test('offsets go seven days after the last member, and the group with them', async () => {
    await open({ brokerSettings: { 'group.max.session.timeout.ms': 2 * HOUR } })
    const [a = ''] = await client.stableGroup(1, { sessionTimeoutMs: 2 * HOUR })
    client.commit({ 0: 5 }, { memberId: a, epoch: 1 })
    await plane.settle()
    for (let hour = 0; hour < 8 * 24; hour++) {
      const alive = plane.groups.runtime.decide(GROUP, shard =>
        shard.heartbeat(GROUP, { memberId: a, instanceId: null }, 1)
      )
      plane.clock.advance(HOUR)
      await alive
    }
    expect(await client.committed()).toEqual({ 0: 5 })
    client.leave(a)
    await plane.settle()
    plane.clock.advance(7 * DAY - 600_000)
    expect(await client.committed()).toEqual({ 0: 5 })
    plane.clock.advance(1_200_000)
    await plane.settle()
    expect([await client.committed(), await client.state()]).toEqual([{}, 'Dead'])
    await reopen()
    expect([await client.committed(), await client.state()]).toEqual([{}, 'Dead'])
  })

  test('a group that nobody joined after all is forgotten, without a record', async () => {
    client.join({ groupId: 'other' })
    await plane.settle()
    plane.clock.advance(10_000)
    expect(plane.groups.describe('other')?.state).toBe('Empty')
    plane.clock.advance(600_000)
    expect(plane.groups.describe('other')).toBeNull()
    for (const { topic, log } of plane.partitions.all())
      if (topic === '__consumer_offsets') expect(log.logEndOffset).toBe(0)
  })

  test('a group with members cannot be deleted, one without can, with its offsets', async () => {
    const [a = ''] = await client.stableGroup(1)
    client.commit({ 0: 5 }, { memberId: a, epoch: 1 })
    const early = client.deleteGroup()
    await plane.settle()
    expect(early.body?.results).toMatchObject([{ groupId: GROUP, errorCode: Errors.NON_EMPTY_GROUP.code }])
    client.leave(a)
    const now = client.deleteGroup()
    await plane.settle()
    expect(now.body?.results).toMatchObject([{ groupId: GROUP, errorCode: 0 }])
    const again = client.deleteGroup()
    await plane.settle()
    expect(again.body?.results).toMatchObject([{ errorCode: Errors.GROUP_ID_NOT_FOUND.code }])
    expect(await client.committed()).toEqual({})
  })

  test('offsets of a topic that somebody reads are not deleted; of others they are', async () => {
    client.commit({ 0: 5 })
    const [a = ''] = await client.stableGroup(1)
    const refused = client.deleteOffsets([0])
    await plane.settle()
    expect(refused.body?.topics[0]?.partitions[0]?.errorCode).toBe(Errors.GROUP_SUBSCRIBED_TO_TOPIC.code)
    client.leave(a)
    const done = client.deleteOffsets([0, 1, 9])
    await plane.settle()
    expect(done.body?.topics[0]?.partitions.map(each => each.errorCode)).toEqual([0, 0, 3])
    expect(await client.committed()).toEqual({})
  })

  test('describing: what members say and own only while the group is stable; unknown groups by version', async () => {
    const [a = ''] = await client.stableGroup(1)
    const stable = client.describe()
    await plane.settle()
    expect(stable.body?.groups[0]).toMatchObject({
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range'
    })
    expect(stable.body?.groups[0]?.members).toMatchObject([{ memberId: a, clientId: 'test', clientHost: '/10.0.0.9' }])
    expect(stable.body?.groups[0]?.members[0]?.memberAssignment.toString()).toBe('0')
    await client.member()
    const moving = client.describe()
    await plane.settle()
    expect(moving.body?.groups[0]).toMatchObject({ groupState: 'PreparingRebalance', protocolData: '' })
    expect(moving.body?.groups[0]?.members[0]?.memberMetadata).toHaveLength(0)
    client.leave(a)
    await open()
    const [old, now] = [client.describe(5), client.describe(6)]
    await plane.settle()
    expect(old.body?.groups[0]).toMatchObject({ errorCode: 0, groupState: 'Dead' })
    expect(now.body?.groups[0]).toMatchObject({ errorCode: Errors.GROUP_ID_NOT_FOUND.code, groupState: 'Dead' })
  })

  test('listing: by state and type, whatever the case', async () => {
    await client.stableGroup(1)
    const count = async (reply: ReturnType<GroupClient['list']>) => {
      await plane.settle()
      return reply.body?.groups.length
    }
    const all = client.list()
    expect(await count(all)).toBe(1)
    const only = { groupId: GROUP, protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' }
    expect(all.body?.groups).toMatchObject([only])
    expect(await count(client.list(['sTABLE'], ['Classic']))).toBe(1)
    expect(await count(client.list(['Empty']))).toBe(0)
    expect(await count(client.list([], ['consumer']))).toBe(0)
  })
})
