import { Errors } from '@streambus/protocol'
import { encodeSubscription } from '@streambus/protocol/consumer-protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DataPlane } from '../data-plane.ts'
import type { GroupClient } from './group-client.ts'
import { openGroups, reopenGroups } from './group-plane.ts'

let plane: DataPlane
let client: GroupClient

async function reopen(): Promise<void> {
  ;({ plane, client } = await reopenGroups(plane))
}

beforeEach(async () => {
  ;({ plane, client } = await openGroups())
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
