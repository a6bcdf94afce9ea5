import { describeGroupsApi, Errors, findCoordinatorApi } from '@streambus/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DataPlane } from '../data-plane.ts'
import { GROUP, type GroupClient } from './group-client.ts'
import { openGroups, reopenGroups } from './group-plane.ts'

let plane: DataPlane
let client: GroupClient

async function open(options?: Parameters<typeof openGroups>[0]): Promise<void> {
  ;({ plane, client } = await openGroups(options))
}

async function reopen(): Promise<void> {
  ;({ plane, client } = await reopenGroups(plane))
}

beforeEach(() => open())

describe('odd requests', () => {
  const ask = async <Res>(reply: { readonly body: Res | null }): Promise<Res> => {
    await plane.settle()
    if (reply.body === null) throw new Error('no answer')
    return reply.body
  }

  test('a group without a name can hold offsets, and is found by tools', async () => {
    const key = { keyType: 0, coordinatorKeys: [''] }
    const found = await ask(plane.inject(findCoordinatorApi, 4, key))
    expect(found.coordinators[0]?.errorCode).toBe(0)
  })

  test('who leaves a group that is not there is told so by himself', async () => {
    const { errorCode, members } = await ask(client.leave('a'))
    expect([errorCode, members[0]?.errorCode]).toEqual([0, Errors.UNKNOWN_MEMBER_ID.code])
  })

  test('what may be done with a group is not told of one that is not there', async () => {
    const wish = { groups: [GROUP], includeAuthorizedOperations: true }
    const { groups } = await ask(plane.inject(describeGroupsApi, 6, wish))
    expect(groups[0]).toMatchObject({ errorCode: Errors.GROUP_ID_NOT_FOUND.code, authorizedOperations: -2147483648 })
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
