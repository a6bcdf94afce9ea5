import { Errors } from '@streambus/protocol'
import { MemoryDisk } from '@streambus/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { type DataPlane, openDataPlane } from '../data-plane.ts'
import { ConsumerClient } from './consumer-client.ts'
import { GroupClient } from './group-client.ts'

const SESSION_MS = 45_000

let plane: DataPlane
let client: ConsumerClient

async function open(options: Parameters<typeof openDataPlane>[0] = {}): Promise<void> {
  plane = await openDataPlane({ ...options, disk: options.disk ?? new MemoryDisk() })
  client = new ConsumerClient(plane)
  if (plane.partitions.find('t', 0) === undefined) await plane.createTopic('t', 4)
  new GroupClient(plane).findCoordinator()
  await plane.settle()
}

/** Time passes while these members send their heartbeats; at the end of it none has been sent yet. */
async function pass(ms: number, beats: Record<string, number> = {}): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 5_000) {
    plane.clock.advance(Math.min(5_000, leftMs))
    await plane.settle()
    if (leftMs <= 5_000) return
    for (const [memberId, epoch] of Object.entries(beats)) await client.beat(memberId, epoch)
  }
}

beforeEach(() => open())

describe('a heartbeat', () => {
  const join = { rebalanceTimeoutMs: 1_000, subscribedTopicNames: ['t'], topicPartitions: [] }

  test.each<[string, string, number, Parameters<ConsumerClient['beat']>[2], string]>([
    ['of no member, where members choose their ids', '', 0, join, 'INVALID_REQUEST'],
    ['that joins without a rebalance timeout', 'a', 0, { ...join, rebalanceTimeoutMs: -1 }, 'INVALID_REQUEST'],
    ['that joins without saying what is owned', 'a', 0, { ...join, topicPartitions: null }, 'INVALID_REQUEST'],
    ['that joins without a subscription', 'a', 0, { ...join, subscribedTopicNames: null }, 'INVALID_REQUEST'],
    ['with an instance id of nothing', 'a', 0, { ...join, instanceId: ' ' }, 'INVALID_REQUEST'],
    ['with a rack of nothing', 'a', 0, { ...join, rackId: '' }, 'INVALID_REQUEST'],
    ['in epoch -3', 'a', -3, join, 'INVALID_REQUEST'],
    ['that leaves for a while without an instance id', 'a', -2, {}, 'INVALID_REQUEST'],
    ['with an unknown assignor', 'a', 0, { ...join, serverAssignor: 'best' }, 'UNSUPPORTED_ASSIGNOR'],
    ['with a pattern that is none', 'a', 0, { ...join, subscribedTopicRegex: '(' }, 'INVALID_REGULAR_EXPRESSION'],
    ['in an epoch of a group that is not there', 'a', 3, {}, 'GROUP_ID_NOT_FOUND'],
    ['that leaves a group that is not there', 'a', -1, {}, 'GROUP_ID_NOT_FOUND']
  ])('%s is refused', async (...[, memberId, epoch, wish, error]) => {
    expect(await client.beat(memberId, epoch, wish)).toBe(error)
    expect(await client.picture()).toBe('GROUP_ID_NOT_FOUND')
  })

  test('says that it owns something and joins: refused, and nothing is written', async () => {
    expect(await client.join('a', client.owns(0))).toBe('INVALID_REQUEST')
    expect(await client.picture()).toBe('GROUP_ID_NOT_FOUND')
  })

  test('whose records do not fit in a batch is refused, with the limit', async () => {
    const subscribedTopicNames = Array.from({ length: 100_000 }, (_, i) => `topic-${i}-xxxxxxxxxxxx`)
    const reply = client.send('a', 0, { ...join, subscribedTopicNames })
    await plane.settle()
    expect(reply.body?.errorCode).toBe(Errors.INVALID_REQUEST.code)
    expect(reply.body?.errorMessage).toMatch(/1048588/)
    expect(await client.picture()).toBe('GROUP_ID_NOT_FOUND')
  })

  test('of version 0 may join without an id and is given one', async () => {
    const reply = client.send('', 0, join, 0)
    await plane.settle()
    expect(reply.body).toMatchObject({ errorCode: 0, memberEpoch: 1, heartbeatIntervalMs: 5_000 })
    expect(reply.body?.memberId).toMatch(/^.{22}$/)
  })

  test('of one member too many is refused; those who are in go on', async () => {
    await open({ brokerSettings: { 'group.consumer.max.size': 1 } })
    expect(await client.join('a')).toBe('1 [0 1 2 3]')
    expect(await client.join('b')).toBe('GROUP_MAX_SIZE_REACHED')
    expect(await client.beat('a', 1)).toBe('1')
  })
})

describe('partitions', () => {
  test('go to the second member once the first has given them up', async () => {
    expect(await client.join('a')).toBe('1 [0 1 2 3]')
    expect(await client.join('b')).toBe('2 []')
    expect(await client.beat('a', 1)).toBe('1 [0 1]')
    expect(await client.beat('b', 2)).toBe('2')
    expect(await client.beat('a', 1, client.owns(0, 1, 2, 3))).toBe('1')
    expect(await client.beat('a', 1, client.owns(0, 1))).toBe('2')
    expect(await client.picture()).toBe('Reconciling 2/2 a:2[0 1] b:2[]→[2 3]')
    expect(await client.beat('b', 2)).toBe('2 [2 3]')
    expect(await client.picture()).toBe('Stable 2/2 a:2[0 1] b:2[2 3]')
  })

  test('that a member has been told to give up are shown as its own until it has', async () => {
    await client.join('a')
    await client.join('b')
    await client.beat('a', 1)
    expect(await client.picture()).toBe('Reconciling 2/2 a:1[0 1 2 3]→[0 1] b:2[]→[2 3]')
  })

  test('of a member that leaves go to the others', async () => {
    await client.join('a')
    await client.join('b')
    expect(await client.leave('b')).toBe('-1')
    expect(await client.picture()).toBe('Assigning 3/2 a:1[0 1 2 3]→[0 1]')
    expect(await client.beat('a', 1)).toBe('3')
    expect(await client.leave('a')).toBe('-1')
    expect(await client.picture()).toBe('Empty 4/3')
    expect(await client.beat('a', 3)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('of a member that is silent for a session go to the others', async () => {
    await client.join('a')
    await client.join('b')
    await client.beat('a', 1, client.owns(0, 1))
    await pass(SESSION_MS, { a: 2 })
    expect(await client.beat('a', 2)).toBe('3 [0 1 2 3]')
    expect(await client.beat('b', 2)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('that are not given up in time are taken from a member that lives', async () => {
    await client.join('a', { rebalanceTimeoutMs: 20_000 })
    await client.join('b')
    await client.beat('a', 1)
    await pass(20_000, { a: 1, b: 2 })
    expect(await client.beat('a', 1)).toBe('UNKNOWN_MEMBER_ID')
    expect(await client.beat('b', 2)).toBe('3 [0 1 2 3]')
  })

  test('that are given up in time are not taken later', async () => {
    await client.join('a', { rebalanceTimeoutMs: 20_000 })
    await client.join('b')
    await client.beat('a', 1)
    await client.beat('a', 1, client.owns(0, 1))
    await pass(25_000, { a: 2, b: 2 })
    expect(await client.picture()).toBe('Stable 2/2 a:2[0 1] b:2[2 3]')
  })

  test('of a topic that grows, comes or goes are shared anew', async () => {
    expect(await client.join('a', { subscribedTopicNames: ['t', 'u'] })).toBe('1 [0 1 2 3]')
    await plane.createTopic('u', 1)
    expect(await client.beat('a', 1)).toBe('2 [0 1 2 3, u 0]')
    const id = plane.controller.image.topicByName('u')?.id ?? ''
    await plane.controller.deleteTopic(id)
    expect(await client.beat('a', 2, client.owns(0, 1, 2, 3))).toBe('3 [0 1 2 3]')
    await plane.createTopic('other', 1)
    expect(await client.beat('a', 3)).toBe('3')
  })

  test('of a topic that a member no longer wants leave it at once', async () => {
    await plane.createTopic('u', 2)
    await client.join('a', { subscribedTopicNames: ['t', 'u'] })
    await client.join('b')
    expect(await client.beat('a', 1, { subscribedTopicNames: ['u'] })).toBe('1 [u 0 1]')
    expect(await client.beat('b', 2)).toBe('3')
    expect(await client.beat('a', 1, { topicPartitions: [] })).toBe('3')
    expect(await client.beat('b', 3)).toBe('3 [0 1 2 3]')
  })

  test('are given by the assignor that most members ask for', async () => {
    await plane.createTopic('u', 2)
    const topics = { subscribedTopicNames: ['t', 'u'] }
    await client.join('a', { ...topics, serverAssignor: 'range' })
    await client.join('b', { ...topics, serverAssignor: 'range' })
    expect((await client.describe()).assignorName).toBe('range')
    expect(await client.picture()).toContain('b:2[]→[2 3, u 1]')
  })
})

describe('an answer that was lost', () => {
  beforeEach(async () => {
    await client.join('a')
    await client.join('b')
    await client.beat('a', 1, client.owns(0, 1))
  })

  test('is given again to a member that names the epoch before and owns no more than it should', async () => {
    expect(await client.beat('a', 1, client.owns(0, 1))).toBe('2')
    expect(await client.beat('a', 1, { ...client.owns(0), rebalanceTimeoutMs: 1, subscribedTopicNames: ['t'] })).toBe(
      '2 [0 1]'
    )
  })

  test('does not save a member that does not say what it owns, or owns too much', async () => {
    expect(await client.beat('a', 1)).toBe('FENCED_MEMBER_EPOCH')
    expect(await client.beat('a', 1, client.owns(0, 1, 2))).toBe('FENCED_MEMBER_EPOCH')
    expect(await client.beat('a', 3)).toBe('FENCED_MEMBER_EPOCH')
  })

  test('a member that was fenced joins again under its id and has what it had', async () => {
    expect(await client.join('a')).toBe('2 [0 1]')
    expect(await client.join('a')).toBe('2 [0 1]')
  })
})

describe('a static member', () => {
  const instanceId = 'i'

  test('that leaves for a while finds its partitions again, under whatever id it comes back', async () => {
    expect(await client.join('a', { instanceId })).toBe('1 [0 1 2 3]')
    expect(await client.beat('a', -2, { instanceId })).toBe('-2')
    expect(await client.join('b')).toBe('2 []')
    expect(await client.join('c', { instanceId })).toBe('2 [0 1]')
    expect(await client.picture()).toBe('Reconciling 2/2 b:2[]→[2 3] c:2[0 1]')
    expect(await client.beat('a', 1, { instanceId })).toBe('FENCED_INSTANCE_ID')
  })

  test('brings its own wishes, and none of the process whose place it takes', async () => {
    await plane.createTopic('u', 1)
    const pattern = { subscribedTopicNames: null, subscribedTopicRegex: 't|u', serverAssignor: 'range' }
    expect(await client.join('a', { instanceId, ...pattern })).toBe('1 [0 1 2 3, u 0]')
    await client.beat('a', -2, { instanceId })
    expect(await client.join('b', { instanceId, subscribedTopicNames: ['u'] })).toMatch(/^\d \[u 0\]$/)
    const { members, assignorName } = await client.describe()
    expect(members).toMatchObject([{ memberId: 'b', subscribedTopicRegex: '', subscribedTopicNames: ['u'] }])
    expect(assignorName).toBe('uniform')
  })

  test('keeps its place from others for a session', async () => {
    await client.join('a', { instanceId })
    expect(await client.join('b', { instanceId })).toBe('UNRELEASED_INSTANCE_ID')
    await client.beat('a', -2, { instanceId })
    await pass(SESSION_MS)
    expect(await client.picture()).toBe('Empty 2/1')
  })

  test('is told apart by its instance id', async () => {
    await client.join('a', { instanceId })
    expect(await client.beat('a', 1, { instanceId: 'other' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await client.beat('b', 1, { instanceId })).toBe('FENCED_INSTANCE_ID')
    expect(await client.leave('b', instanceId)).toBe('FENCED_INSTANCE_ID')
    expect(await client.leave('a', instanceId)).toBe('-1')
  })
})

describe('a pattern', () => {
  const pattern = (subscribedTopicRegex: string) => ({ subscribedTopicNames: null, subscribedTopicRegex })

  test('is matched with the first heartbeat, and again when topics come', async () => {
    await plane.createTopic('t2', 1)
    expect(await client.join('a', pattern('t[0-9]'))).toBe('1 [t2 0]')
    expect(await client.beat('a', 1)).toBe('1')
    await plane.createTopic('t3', 1)
    expect(await client.beat('a', 1)).toBe('1')
    await pass(10_000)
    expect(await client.beat('a', 1)).toBe('2 [t2 0, t3 0]')
    expect(await client.beat('a', 2, { subscribedTopicRegex: '' })).toBe('2 []')
  })

  test('is matched in turns where there are many topics', async () => {
    for (let i = 0; i < 450; i++) await plane.createTopic(`x${i}`, 1)
    expect(await client.join('a', pattern('x44[0-9]|t'))).toBe('1 []')
    plane.clock.advance(5)
    await plane.settle()
    for (let i = 0; i < 5; i++) {
      plane.clock.advance(1)
      await plane.settle()
    }
    const heard = await client.beat('a', 1)
    expect(heard).toMatch(/^2 \[0 1 2 3, x440 0, .*x449 0\]$/)
  })

  test('that nobody has any more is forgotten', async () => {
    await client.join('a', pattern('t.*'))
    await client.join('b', pattern('u.*'))
    const group = () => {
      const found = plane.groups.runtime.shardOf('g')?.find('g')
      return found?.type === 'consumer' ? [...found.regexes.keys()] : null
    }
    expect(group()).toEqual(['t.*', 'u.*'])
    await client.leave('a')
    expect(group()).toEqual(['u.*'])
  })
})

describe('commits', () => {
  beforeEach(async () => {
    await client.join('a')
    await client.join('b')
    await client.beat('a', 1)
  })

  test('in an older epoch count for what the member has had since', async () => {
    expect(await client.commit('a', 1, [0, 3])).toEqual(['NONE', 'NONE'])
    await client.beat('a', 1, client.owns(0, 1))
    expect(await client.commit('a', 2, [0])).toEqual(['NONE'])
    expect(await client.commit('a', 1, [0, 3])).toEqual(['NONE', 'STALE_MEMBER_EPOCH'])
    expect(await client.commit('a', 3, [0])).toEqual(['STALE_MEMBER_EPOCH'])
    await client.beat('b', 2)
    expect(await client.commit('b', 1, [2])).toEqual(['STALE_MEMBER_EPOCH'])
  })

  test('of those who are no members, or do not say their epoch, are refused', async () => {
    expect(await client.commit('z', 1, [0])).toEqual(['UNKNOWN_MEMBER_ID'])
    expect(await client.commit('', -1, [0])).toEqual(['UNKNOWN_MEMBER_ID'])
    expect(await client.commit('a', 1, [0], 8)).toEqual(['UNSUPPORTED_VERSION'])
  })
})

describe('a broker that was killed', () => {
  test('knows epochs, owners and what must still be given up, and watches over sessions', async () => {
    await client.join('a', { instanceId: 'i' })
    await client.join('b')
    await client.beat('a', 1)
    await client.commit('a', 1, [0])
    const before = await client.picture()
    plane.disk.kill()
    await open({ disk: plane.disk })
    expect(await client.picture()).toBe(before)
    expect(await client.commit('a', 1, [0, 3])).toEqual(['NONE', 'NONE'])
    expect(await client.beat('b', 2)).toBe('2')
    expect(await client.beat('a', 1, client.owns(0, 1))).toBe('2')
    expect(await client.beat('b', 2)).toBe('2 [2 3]')
    await pass(SESSION_MS, { b: 2 })
    expect(await client.beat('b', 2)).toBe('3 [0 1 2 3]')
  })
})

describe('tools', () => {
  test('tell groups of both types apart', async () => {
    await client.join('a')
    const tools = new GroupClient(plane)
    const list = tools.list([], ['consumer'])
    const described = tools.describe(6)
    await plane.settle()
    expect(list.body?.groups).toEqual([
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' }
    ])
    expect(described.body?.groups[0]?.errorCode).toBe(Errors.GROUP_ID_NOT_FOUND.code)
    const members = (await client.describe()).members.map(({ memberType, subscribedTopicRegex, clientHost }) => {
      return { memberType, subscribedTopicRegex, clientHost }
    })
    expect(members).toEqual([{ memberType: 1, subscribedTopicRegex: '', clientHost: '/10.0.0.9' }])
  })

  test('delete a group without members; its last records are tombstones', async () => {
    await client.join('a')
    const tools = new GroupClient(plane)
    const early = tools.deleteGroup()
    await plane.settle()
    expect(early.body?.results[0]?.errorCode).toBe(Errors.NON_EMPTY_GROUP.code)
    await client.commit('a', 1, [0])
    await client.leave('a')
    const late = tools.deleteGroup()
    await plane.settle()
    expect(late.body?.results[0]?.errorCode).toBe(0)
    expect(await client.picture()).toBe('GROUP_ID_NOT_FOUND')
    plane.disk.kill()
    await open({ disk: plane.disk })
    expect(await client.picture()).toBe('GROUP_ID_NOT_FOUND')
  })
})
