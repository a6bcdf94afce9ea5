import {
  describeGroupsApi,
  findCoordinatorApi,
  type JoinGroupResponse,
  joinGroupApi,
  leaveGroupApi,
  listGroupsApi,
  syncGroupApi
} from '@streambus/protocol'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { reasonNotServed } from './served.ts'
import { until } from './stage.ts'

const bootstrap = inject('bootstrap')
const reason = await reasonNotServed(bootstrap, 'classic')
if (reason !== null) console.log(`SKIPPED groups, raw: ${reason}`)

const MEMBER_ID_REQUIRED = 79
/** No text in any encoding, nor anything that a consumer would write. */
const METADATA = [Buffer.from([0xff, 0x00, 0xfe, 0x80]), Buffer.from([0x7f, 0xc3, 0x28])] as const
const ASSIGNMENTS = [Buffer.from([0x00, 0xff]), Buffer.alloc(0)] as const

describe.skipIf(reason !== null)(`groups, request by request${reason === null ? '' : ` (${reason})`}`, () => {
  const connections: Connection[] = []

  beforeAll(async () => {
    const [address] = parseBootstrap(bootstrap)
    if (address === undefined) throw new Error(`no address in ${bootstrap}`)
    // A join waits for the other member, so each has a connection of its own.
    for (let index = 0; index < 3; index++) connections.push(await Connection.open({ address, clientId: 'raw' }))
    // The first group that anybody looks for makes the topic of offsets; before that there is no coordinator.
    await until(async () => {
      const found = await connection(0).send(findCoordinatorApi, { coordinatorKeys: ['groups-raw'] })
      expect(found.coordinators[0]?.errorCode).toBe(0)
    })
  })

  afterAll(async () => {
    for (const connection of connections) await connection.close()
  })

  function connection(index: number): Connection {
    return connections[index] as Connection
  }

  async function join(index: number, groupId: string, protocolType: string): Promise<JoinGroupResponse> {
    const body = {
      groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType,
      protocols: [{ name: 'v0', metadata: METADATA[index] as Buffer }]
    }
    const first = await connection(index).send(joinGroupApi, { ...body, memberId: '' })
    if (first.errorCode !== MEMBER_ID_REQUIRED) return first
    return connection(index).send(joinGroupApi, { ...body, memberId: first.memberId })
  }

  async function leave(groupId: string, memberId: string): Promise<void> {
    await connection(2).send(leaveGroupApi, { groupId, members: [{ memberId }] })
  }

  test.each(['connect', 'sr', 'of my own'])('protocol type %s: metadata and assignments pass unread', async type => {
    const groupId = `groups-raw-${type}-${inject('run')}`
    const only = await join(0, groupId, type)
    expect(only).toMatchObject({ errorCode: 0, protocolName: 'v0', leader: only.memberId })
    const joining = join(1, groupId, type)
    // The first one learns of it by its next heartbeat; here it just joins again, until both are in.
    let leading = only
    await until(async () => {
      const body = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: type }
      const protocols = [{ name: 'v0', metadata: METADATA[0] }]
      leading = await connection(0).send(joinGroupApi, { ...body, memberId: only.memberId, protocols })
      expect(leading.members).toHaveLength(2)
    })
    const following = await joining
    expect(following).toMatchObject({ errorCode: 0, generationId: leading.generationId, members: [] })
    const metadata = new Map(leading.members.map(member => [member.memberId, Buffer.from(member.metadata)]))
    expect(metadata.get(leading.memberId)).toEqual(METADATA[0])
    expect(metadata.get(following.memberId)).toEqual(METADATA[1])

    const sync = { groupId, generationId: leading.generationId, protocolType: type, protocolName: 'v0' }
    const waiting = connection(1).send(syncGroupApi, { ...sync, memberId: following.memberId, assignments: [] })
    const assignments = [
      { memberId: leading.memberId, assignment: ASSIGNMENTS[0] },
      { memberId: following.memberId, assignment: ASSIGNMENTS[1] }
    ]
    const mine = await connection(0).send(syncGroupApi, { ...sync, memberId: leading.memberId, assignments })
    expect([mine.errorCode, Buffer.from(mine.assignment)]).toEqual([0, ASSIGNMENTS[0]])
    const theirs = await waiting
    expect([theirs.errorCode, Buffer.from(theirs.assignment)]).toEqual([0, ASSIGNMENTS[1]])

    // As kafka_exporter asks.
    const listed = await connection(2).send(listGroupsApi, {}, { version: 0 })
    expect(listed.errorCode).toBe(0)
    expect(listed.groups).toContainEqual(expect.objectContaining({ groupId, protocolType: type }))
    const described = await connection(2).send(describeGroupsApi, { groups: [groupId] }, { version: 0 })
    const [group] = described.groups
    expect(group).toMatchObject({ errorCode: 0, groupState: 'Stable', protocolType: type, protocolData: 'v0' })
    const leader = group?.members.find(member => member.memberId === leading.memberId)
    expect(leader?.clientId).toBe('raw')
    expect(leader?.clientHost).toMatch(/^\/127\.0\.0\.1$/)
    expect(Buffer.from(leader?.memberMetadata ?? '')).toEqual(METADATA[0])
    expect(Buffer.from(leader?.memberAssignment ?? '')).toEqual(ASSIGNMENTS[0])

    for (const memberId of [leading.memberId, following.memberId]) await leave(groupId, memberId)
  })

  test('DescribeGroups v0 calls a group dead that does not exist', async () => {
    const groups = [`groups-raw-nobody-${inject('run')}`]
    const described = await connection(2).send(describeGroupsApi, { groups }, { version: 0 })
    expect(described.groups).toMatchObject([{ errorCode: 0, groupState: 'Dead', members: [] }])
  })
})
