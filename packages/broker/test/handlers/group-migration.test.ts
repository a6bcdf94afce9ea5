import { Errors, type JoinGroupResponse } from '@streambus/protocol'
import { decodeAssignment, encodeAssignment, encodeSubscription } from '@streambus/protocol/consumer-protocol'
import { MemoryDisk } from '@streambus/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { type DataPlane, openDataPlane } from '../data-plane.ts'
import { ConsumerClient } from './consumer-client.ts'
import { GroupClient, type JoinOptions } from './group-client.ts'

let plane: DataPlane
let classic: GroupClient
let modern: ConsumerClient

async function open(options: Parameters<typeof openDataPlane>[0] = {}): Promise<void> {
  plane = await openDataPlane({ ...options, disk: options.disk ?? new MemoryDisk() })
  classic = new GroupClient(plane)
  modern = new ConsumerClient(plane)
  if (plane.partitions.find('t', 0) === undefined) await plane.createTopic('t', 4)
  classic.findCoordinator()
  await plane.settle()
}

beforeEach(() => open())

const range = (owned: number[] = []) => {
  const ownedPartitions = owned.length === 0 ? [] : [{ topic: 't', partitions: owned }]
  return { protocols: [{ name: 'range', metadata: encodeSubscription({ topics: ['t'], ownedPartitions }) }] }
}

/** Joins and syncs a member of the classic protocol; null: it is told to join again. */
async function cycle(memberId: string, wish: JoinOptions = {}): Promise<{ epoch: number; owns: string } | null> {
  const join = classic.join({ memberId, ...range(), ...wish })
  await plane.settle()
  expect(join.body?.errorCode).toBe(0)
  return sync(join.body as JoinGroupResponse)
}

async function sync({ memberId, generationId }: JoinGroupResponse): Promise<{ epoch: number; owns: string } | null> {
  const synced = classic.sync(memberId, generationId)
  await plane.settle()
  if (synced.body?.errorCode !== 0) return null
  const { partitions } = decodeAssignment(synced.body.assignment)
  return { epoch: generationId, owns: partitions.map(each => each.partitions.join(' ')).join() }
}

/** A classic group with one member that has all four partitions, in generation 1. */
async function classicGroup(): Promise<string> {
  const { memberId, reply } = await classic.member(range())
  plane.clock.advance(3_000)
  await plane.settle()
  const partitions = [{ topic: 't', partitions: [0, 1, 2, 3] }]
  // No user data of length −1, so that the bytes are text.
  const assignment = encodeAssignment({ partitions, userData: Buffer.alloc(0) }).toString()
  const { generationId = -1 } = reply.body ?? {}
  const synced = classic.sync(memberId, generationId, { [memberId]: assignment })
  await plane.settle()
  expect(synced.body?.errorCode).toBe(0)
  return memberId
}

describe('a classic group whose first member of the consumer protocol joins', () => {
  test('goes on with what everybody has; partitions move when the classic member has joined without them', async () => {
    const old = await classicGroup()
    expect(await modern.join('new')).toBe('2 []')
    expect(await modern.picture()).toBe(`Reconciling 2/2 new:2[]→[2 3] ${old}:1[0 1 2 3]→[0 1]`)
    expect(await classic.heartbeat(old, 1)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    // It is told what to give up, gives it up by joining again, and is in the new epoch.
    expect(await cycle(old, range([0, 1, 2, 3]))).toEqual({ epoch: 1, owns: '0 1' })
    expect(await modern.beat('new', 2)).toBe('2')
    expect(await classic.heartbeat(old, 1)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    expect(await cycle(old, range([0, 1]))).toEqual({ epoch: 2, owns: '0 1' })
    expect(await classic.heartbeat(old, 2)).toBe(0)
    expect(await modern.beat('new', 2)).toBe('2 [2 3]')
    expect(await modern.picture()).toBe(`Stable 2/2 new:2[2 3] ${old}:2[0 1]`)
    const [first, second] = (await modern.describe()).members.map(({ memberType }) => memberType)
    expect(new Set([first, second])).toEqual(new Set([0, 1]))
  })

  test('while it rebalances sends everybody back to join', async () => {
    const old = await classicGroup()
    const { reply } = await classic.member(range())
    expect(await modern.join('new')).toMatch(/^2 /)
    expect(reply.body?.errorCode).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    expect(await classic.heartbeat(old, 1)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
  })

  test('is as before when the broker was killed', async () => {
    const old = await classicGroup()
    await modern.join('new')
    const before = await modern.picture()
    plane.disk.kill()
    await open({ disk: plane.disk })
    expect(await modern.picture()).toBe(before)
    expect(await cycle(old, range([0, 1, 2, 3]))).toEqual({ epoch: 1, owns: '0 1' })
  })

  test.each(['disabled', 'downgrade'] as const)('stays classic by the policy %s', async policy => {
    await open({ brokerSettings: { 'group.consumer.migration.policy': policy } })
    const old = await classicGroup()
    expect(await modern.join('new')).toBe('GROUP_ID_NOT_FOUND')
    expect(await classic.heartbeat(old, 1)).toBe(0)
  })

  test('stays classic when it is of another kind, or its metadata cannot be read', async () => {
    const metadata = Buffer.from('?')
    await classic.member({ protocols: [{ name: 'range', metadata }] })
    plane.clock.advance(3_000)
    await plane.settle()
    expect(await modern.join('new')).toBe('GROUP_ID_NOT_FOUND')
    expect(await classic.state()).toBe('CompletingRebalance')
  })

  test('gives nobody what a cooperative member has not given up yet', async () => {
    const old = await classicGroup()
    classic.join({ memberId: old, ...range([0, 1, 2, 3]) })
    const partitions = [{ topic: 't', partitions: [0, 1] }]
    classic.sync(old, 2, { [old]: encodeAssignment({ partitions, userData: Buffer.alloc(0) }).toString() })
    await plane.settle()
    expect(await modern.join('new')).toBe('3 []')
    expect(await classic.heartbeat(old, 2)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    expect(await modern.beat('new', 3)).toBe('3')
    expect(await cycle(old, range([0, 1]))).toEqual({ epoch: 3, owns: '0 1' })
    expect(await modern.beat('new', 3)).toBe('3 [2 3]')
  })

  test('counts a partition once that the leader gave to two members', async () => {
    const ids = await classic.stableGroup(2, range())
    const state = plane.groups.runtime.shardOf('g')?.find('g')
    const twice = encodeAssignment({ partitions: [{ topic: 't', partitions: [0] }] })
    if (state?.type === 'classic')
      for (const id of ids) Object.assign(state.members.get(id) ?? {}, { assignment: twice })
    await modern.join('new')
    const all = (await modern.describe()).members.flatMap(({ assignment }) => assignment.topicPartitions)
    expect(all.filter(({ partitions }) => partitions.includes(0))).toHaveLength(1)
  })
})

describe('a group whose last member of the consumer protocol leaves', () => {
  async function mixed(): Promise<string> {
    const old = await classicGroup()
    await modern.join('new')
    await cycle(old, range([0, 1, 2, 3]))
    await cycle(old, range([0, 1]))
    await modern.beat('new', 2)
    return old
  }

  test('is a classic one again and rebalances', async () => {
    const old = await mixed()
    expect(await modern.leave('new')).toBe('-1')
    expect(await classic.state()).toBe('PreparingRebalance')
    expect(await classic.heartbeat(old, 2)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    const join = classic.join({ memberId: old, ...range([0, 1]) })
    await plane.settle()
    expect(join.body).toMatchObject({ errorCode: 0, generationId: 3, leader: old })
  })

  test('is a classic one after a kill, too', async () => {
    const old = await mixed()
    await modern.leave('new')
    plane.disk.kill()
    await open({ disk: plane.disk })
    expect(await modern.picture()).toBe('GROUP_ID_NOT_FOUND')
    // Nobody would read the partitions of the one that has left if it did not rebalance now.
    expect(await classic.heartbeat(old, 2)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    const join = classic.join({ memberId: old, ...range([0, 1]) })
    await plane.settle()
    expect(join.body).toMatchObject({ errorCode: 0, generationId: 3, leader: old })
  })

  test('and is killed before it has rebalanced, gives nobody what another one has not given up', async () => {
    const old = await classicGroup()
    await modern.join('new')
    const { memberId } = await classic.member(range())
    await plane.settle()
    expect(await modern.picture()).toContain(`${memberId}:3[]→[1]`)
    await modern.leave('new')
    plane.disk.kill()
    await open({ disk: plane.disk })
    const join = classic.join({ memberId, ...range() })
    await plane.settle()
    expect(join.body).toBeNull()
    expect(await classic.heartbeat(old, 1)).toBe(Errors.ILLEGAL_GENERATION.code)
  })

  test('when its session is over, is a classic one, too', async () => {
    const old = await mixed()
    for (let passedMs = 0; passedMs < 45_000; passedMs += 5_000) {
      await classic.heartbeat(old, 2)
      plane.clock.advance(5_000)
      await plane.settle()
    }
    expect(await classic.state()).toBe('PreparingRebalance')
  })

  test.each(['disabled', 'upgrade'] as const)('stays as it is by the policy %s', async policy => {
    const old = await mixed()
    plane.disk.kill()
    await open({ disk: plane.disk, brokerSettings: { 'group.consumer.migration.policy': policy } })
    await modern.leave('new')
    expect(await modern.picture()).toBe(`Assigning 3/2 ${old}:2[0 1]`)
    expect(await cycle(old, range([0, 1]))).toEqual({ epoch: 3, owns: '0 1 2 3' })
  })

  test('and whose static place a classic member takes, is a classic one', async () => {
    await modern.join('new', { instanceId: 'i' })
    await modern.beat('new', -2, { instanceId: 'i' })
    const join = classic.join({ groupInstanceId: 'i', ...range() })
    await plane.settle()
    expect(join.body?.errorCode).toBe(0)
    expect(await classic.state()).toBe('PreparingRebalance')
    expect(await sync(join.body as JoinGroupResponse)).toBeNull()
    const again = classic.join({ memberId: join.body?.memberId ?? '', groupInstanceId: 'i', ...range() })
    await plane.settle()
    expect(again.body).toMatchObject({ errorCode: 0, leader: join.body?.memberId })
  })
})

test("two processes with one instance id take each other's place; what the first sent before does not count after", async () => {
  const instanceId = 'i'
  await modern.join('b')
  expect(await modern.join('a', { instanceId })).toBe('2 []')
  await modern.beat('b', 1)
  await modern.beat('b', 1, modern.owns(0, 1))
  expect(await modern.beat('a', 2, { instanceId })).toBe('2 [2 3]')
  expect(await modern.commit('a', 2, [2])).toEqual(['NONE'])
  const taken = classic.join({ groupInstanceId: instanceId, ...range() })
  await plane.settle()
  expect(taken.body?.errorCode).toBe(0)
  expect(await modern.join('a', { instanceId, subscribedTopicNames: ['t', 'u'] })).toBe('3 [2 3]')
  expect(await modern.commit('a', 2, [2])).toEqual(['STALE_MEMBER_EPOCH'])
  expect(await modern.commit('a', 3, [2])).toEqual(['NONE'])
})

describe('a classic member of a group of the consumer protocol', () => {
  const member = async (wish: JoinOptions = {}) => {
    const { memberId, reply } = await classic.member({ ...range(), ...wish })
    await plane.settle()
    return { memberId, errorCode: reply.body?.errorCode, epoch: reply.body?.generationId ?? -1 }
  }

  beforeEach(async () => {
    await modern.join('new')
  })

  test('joins, waits for its share, and gets it by joining again', async () => {
    const { memberId, epoch, errorCode } = await member()
    expect([errorCode, epoch]).toEqual([0, 2])
    expect(await cycle(memberId)).toEqual({ epoch: 2, owns: '' })
    expect(await classic.heartbeat(memberId, 2)).toBe(0)
    await modern.beat('new', 1)
    await modern.beat('new', 1, modern.owns(0, 1))
    expect(await classic.heartbeat(memberId, 2)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    expect(await cycle(memberId)).toEqual({ epoch: 2, owns: '2 3' })
  })

  test('commits in the epoch before, while it joins the next one, what it has had since then', async () => {
    const { memberId, epoch } = await member()
    await cycle(memberId)
    await modern.beat('new', 1)
    await modern.beat('new', 1, modern.owns(0, 1))
    await cycle(memberId)
    await modern.join('another')
    const told = await cycle(memberId, range([2, 3]))
    const kept = Number(told?.owns)
    expect([2, 3]).toContain(kept)
    expect((await cycle(memberId, range([kept])))?.epoch).toBe(epoch + 1)
    expect(await modern.commit(memberId, epoch, [kept, 0], 8)).toEqual(['NONE', 'ILLEGAL_GENERATION'])
  })

  test('is out when it does not join again, does not sync, or is silent', async () => {
    const { memberId } = await member({ rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 10_000 })
    plane.clock.advance(10_000)
    await plane.settle()
    expect(await classic.heartbeat(memberId, 2)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
    const second = await member({ rebalanceTimeoutMs: 8_000, sessionTimeoutMs: 10_000 })
    plane.clock.advance(8_000)
    await plane.settle()
    expect(await classic.heartbeat(second.memberId, second.epoch)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
    const third = await member({ rebalanceTimeoutMs: 9_000, sessionTimeoutMs: 10_000 })
    await sync({ ...third, generationId: third.epoch } as unknown as JoinGroupResponse)
    await modern.leave('new')
    await modern.join('another')
    expect(await classic.heartbeat(third.memberId, third.epoch)).toBe(Errors.REBALANCE_IN_PROGRESS.code)
    for (let i = 0; i < 9; i++) {
      plane.clock.advance(1_000)
      await plane.settle()
      await classic.heartbeat(third.memberId, third.epoch)
    }
    expect(await classic.heartbeat(third.memberId, third.epoch)).toBe(Errors.UNKNOWN_MEMBER_ID.code)
  })

  test('leaves by its id, or is taken out by its instance id; members of the other protocol are not', async () => {
    const { memberId } = await member()
    const wrong = classic.leave('new')
    const right = classic.leave(memberId)
    await plane.settle()
    expect(wrong.body?.members[0]?.errorCode).toBe(Errors.UNKNOWN_MEMBER_ID.code)
    expect(right.body?.members[0]?.errorCode).toBe(0)
    const join = classic.join({ groupInstanceId: 'i', ...range() })
    await plane.settle()
    expect(join.body?.errorCode).toBe(0)
    const byInstance = classic.leave('', 'i')
    await plane.settle()
    expect(byInstance.body?.members[0]?.errorCode).toBe(0)
    expect(await modern.picture()).toBe('Assigning 5/4 new:1[0 1 2 3]→[0 1]')
  })

  test('of another protocol type, or with metadata that cannot be read, is refused', async () => {
    expect((await member({ protocolType: 'connect' })).errorCode).toBe(Errors.INCONSISTENT_GROUP_PROTOCOL.code)
    const protocols = [{ name: 'range', metadata: Buffer.from('?') }]
    expect((await member({ protocols })).errorCode).toBe(Errors.INCONSISTENT_GROUP_PROTOCOL.code)
  })
})

test('an empty group becomes what its first member is', async () => {
  const old = await classicGroup()
  classic.leave(old)
  await plane.settle()
  expect(await modern.join('new')).toBe('1 [0 1 2 3]')
  await modern.leave('new')
  await classicGroup()
  expect(await classic.state()).toBe('Stable')
  plane.disk.kill()
  await open({ disk: plane.disk })
  expect(await classic.state()).toBe('Stable')
})
