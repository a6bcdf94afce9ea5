import { Errors } from '@streambus/protocol'
import { encodeSubscription } from '@streambus/protocol/consumer-protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DataPlane } from '../data-plane.ts'
import type { GroupClient } from './group-client.ts'
import { openGroups, reopenGroups, withoutSyncs } from './group-plane.ts'

let plane: DataPlane
let client: GroupClient

async function open(options?: Parameters<typeof openGroups>[0]): Promise<void> {
  ;({ plane, client } = await openGroups(options))
}

async function reopen(): Promise<void> {
  ;({ plane, client } = await reopenGroups(plane))
}

beforeEach(() => open())

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
