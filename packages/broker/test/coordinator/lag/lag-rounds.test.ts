import type { Clock } from '@streambus/base'
import { createBrokerMetrics, SeriesBudget } from '@streambus/metrics'
import { offsetCommitApi, offsetDeleteApi, produceApi } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GroupLag } from '../../../src/coordinator/lag/group-lag.ts'
import type { GroupLagView } from '../../../src/coordinator/lag/lag-view.ts'
import { bindLag } from '../../../src/observability/bind-lag.ts'
import type { Partition } from '../../../src/partition/partition.ts'
import { BusyClock } from '../../busy-clock.ts'
import { type DataPlane, openDataPlane } from '../../data-plane.ts'
import { GroupClient } from '../../handlers/group-client.ts'

const PARTITIONS = 3

let plane: DataPlane
let busy: BusyClock
let lag: GroupLag

beforeEach(async () => {
  plane = await openDataPlane()
  plane.groups.start()
  for (const topic of ['t', 'u']) await plane.createTopic(topic, PARTITIONS)
  new GroupClient(plane).findCoordinator()
  await plane.settle()
  busy = new BusyClock(plane.clock)
  lag = lagBy(busy)
})

afterEach(() => {
  vi.restoreAllMocks()
  expect(plane.bugs).toEqual([])
})

function lagBy(clock: Clock): GroupLag {
  const { groups, partitions } = plane
  return new GroupLag({
    shards: () => groups.runtime.shards(),
    shardOf: groupId => groups.runtime.shardOf(groupId),
    find: (topic, index) => partitions.find(topic, index),
    clock,
    retentionNowMs: () => plane.clock.wallMs()
  })
}

async function produce(topic: string, index: number, count: number): Promise<void> {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < count; i++) builder.append({ value: Buffer.from('x'), timestamp: plane.clock.wallMs() })
  const topicData = [{ name: topic, partitionData: [{ index, records: builder.build() }] }]
  plane.inject(produceApi, 9, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
  await plane.settle()
}

function commit(groupId: string, topic: string, offsets: readonly number[]) {
  const partitions = offsets.map((committedOffset, partitionIndex) => {
    return { partitionIndex, committedOffset, committedMetadata: null }
  })
  const topics = [{ name: topic, partitions }]
  return plane.inject(offsetCommitApi, 9, { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics })
}

function deleteOffset(groupId: string, topic: string, partitionIndex: number) {
  return plane.inject(offsetDeleteApi, 0, { groupId, topics: [{ name: topic, partitions: [{ partitionIndex }] }] })
}

async function deleteGroup(groupId: string): Promise<void> {
  const deletion = plane.groups.coordinator.deleteGroup(groupId).catch(() => {})
  await plane.settle()
  await deletion
}

async function deleteTopic(name: string): Promise<void> {
  const topic = plane.controller.image.topicByName(name)
  if (topic === undefined) return
  const deletion = plane.controller.deleteTopic(topic.id)
  await plane.settle()
  await deletion
}

async function makeGroups(count: number): Promise<string[]> {
  for (let index = 0; index < PARTITIONS; index++) for (const topic of ['t', 'u']) await produce(topic, index, 10)
  plane.clock.advance(7_000)
  const ids = Array.from({ length: count }, (_, i) => `group-${i}`)
  for (const [i, id] of ids.entries()) {
    commit(id, 't', [i % 10, 10, 3])
    commit(id, 'u', [0, i % 5, 9])
  }
  await plane.settle()
  return ids
}

/** Gives `asked` one turn after the other; `between` each two of them. */
async function finish<T>(asked: Promise<T>, between: (turn: number) => Promise<void> = async () => {}) {
  let isDone = false
  const done = (): void => void (isDone = true)
  asked.then(done, done)
  let turns = 1
  for (; ; turns++) {
    await plane.settle()
    if (isDone) return { result: await asked, turns }
    await between(turns)
    busy.turn()
  }
}

function byId(views: readonly GroupLagView[]): GroupLagView[] {
  return views.toSorted((a, b) => (a.group.groupId < b.group.groupId ? -1 : 1))
}

test('many groups take many turns, and the result is that of one moment when nothing changes', async () => {
  const ids = await makeGroups(40)
  const { result, turns } = await finish(lag.all())
  expect(turns).toBeGreaterThan(5)
  const atOnce = byId(await lagBy(plane.clock).all())
  expect(byId(result)).toEqual(atOnce)
  expect(atOnce.map(({ group }) => group.groupId)).toEqual(ids.toSorted())
  expect(atOnce.find(({ group }) => group.groupId === 'group-4')).toMatchObject({
    lag: 6 + 7 + 10 + 6 + 1,
    lagSeconds: 7
  })
})

test('one large group takes many turns, too', async () => {
  await plane.createTopic('wide', 100)
  commit('large', 'wide', Array(100).fill(0))
  await plane.settle()
  const { result, turns } = await finish(lag.one('large'))
  expect(turns).toBeGreaterThan(5)
  expect(result?.partitions).toHaveLength(100)
  const gone = await finish(lag.one('large'), async turn => {
    if (turn === 2) await deleteGroup('large')
  })
  expect(gone).toEqual({ result: null, turns: 3 })
})

test('a stop in between ends it: logs that are closed are not read', async () => {
  await makeGroups(40)
  const seen = slowLookUps(0)
  const { result, turns } = await finish(lag.all(), async turn => {
    if (turn !== 2) return
    plane.groups.close('COORDINATOR_NOT_AVAILABLE')
    plane.partitions.close(true)
    seen.count = 0
  })
  expect([result, seen.count]).toEqual([[], 0])
  expect(turns).toBeGreaterThan(2)
})

test('looking where partitions are takes turns, and a second look does not begin before the first one has ended', async () => {
  await makeGroups(40)
  // Later ones see the lag move only if each of them is a sample.
  const growing = async (): Promise<void> => {
    plane.clock.advance(10_000)
    await produce('t', 0, 1_000)
  }
  lag.sample()
  expect(busy.waitingCount).toBe(1)
  lag.sample()
  expect(busy.waitingCount).toBe(1)
  busy.turns()
  expect(busy.waitingCount).toBe(0)
  for (let i = 0; i < 3; i++) {
    await growing()
    lag.sample()
    busy.turns()
  }
  const { result } = await finish(lag.one('group-39'))
  expect(result?.trend?.recordsPerSecond).toBeCloseTo(100)
  await deleteGroup('group-39')
  lag.sample()
  busy.turns()
  commit('group-39', 't', [0])
  await plane.settle()
  expect((await finish(lag.one('group-39'))).result?.trend).toBeNull()
})

test('who asks meanwhile, or a moment later, gets the same computation; groups that are gone are not in it', async () => {
  const ids = await makeGroups(40)
  const find = vi.spyOn(plane.partitions, 'find')
  const first = lag.all()
  const { result } = await finish(Promise.all([first, lag.all()]), async turn => {
    if (turn === 2) void lag.all()
  })
  expect(result[0]).toBe(result[1])
  const looks = find.mock.calls.length
  // Once when its offsets are taken, once when it is its turn.
  expect(looks).toBe(ids.length * PARTITIONS * 2 * 2)
  expect(await lag.all()).toBe(result[0])
  await deleteGroup('group-7')
  expect((await lag.all()).map(({ group }) => group.groupId)).not.toContain('group-7')
  expect(await lag.all()).toHaveLength(ids.length - 1)
  busy.busyMs += 1_000
  find.mockClear()
  await finish(lag.all())
  expect(find).toHaveBeenCalled()
})

/** One that takes `ms` by the busy clock, for every partition. */
function slowLookUps(ms: number): { count: number } {
  const seen = { count: 0 }
  for (const partition of plane.partitions.all()) {
    const findUnread = partition.findUnread.bind(partition)
    vi.spyOn(partition, 'findUnread').mockImplementation((from, earlier) => {
      const found = findUnread(from, earlier)
      if (found === null || found === earlier) return found
      busy.busyMs += ms
      seen.count++
      return found
    })
  }
  return seen
}

test('a turn ends with the look-up that takes it beyond its time', async () => {
  await makeGroups(20)
  const seen = slowLookUps(8)
  const counts: number[] = []
  const { result } = await finish(lag.all(), async () => void counts.push(seen.count))
  expect(counts.length).toBeGreaterThan(20)
  for (const [i, count] of counts.entries()) expect(count - (counts[i - 1] ?? 0)).toBeLessThanOrEqual(1)
  expect(byId(result)).toEqual(byId(await lagBy(plane.clock).all()))
})

test('a round reads logs for two seconds and no longer; the next one goes on behind it until all is known', async () => {
  const ids = await makeGroups(20)
  const pairs = ids.length * 5
  const seen = slowLookUps(100)
  const known = new Set<string>()
  let rounds = 0
  for (; known.size < ids.length; rounds++) {
    seen.count = 0
    const { result } = await finish(lag.all())
    expect(result).toHaveLength(ids.length)
    expect(seen.count).toBeLessThanOrEqual(20)
    expect(result.map(view => view.lag)).not.toContain(0)
    for (const { group, lagSeconds } of result) {
      if (lagSeconds === null) expect(known).not.toContain(group.groupId)
      else known.add(group.groupId)
    }
    busy.busyMs += 1_000
  }
  expect(rounds).toBeGreaterThan(2)
  expect(rounds).toBeLessThanOrEqual(pairs / 20 + 2)
  seen.count = 0
  const { result } = await finish(lag.all())
  expect([...new Set(result.map(({ lagSeconds }) => lagSeconds))]).toEqual([7])
  expect(seen.count).toBe(0)
})

/** A search that takes `calls` of them to come to its end. */
function longSearch(topicName: string, calls: number): { count: number } {
  const partition = plane.partitions.find(topicName, 0) as Partition
  const findUnread = partition.findUnread.bind(partition)
  const seen = { count: 0 }
  vi.spyOn(partition, 'findUnread').mockImplementation((fromOffset, earlier) => {
    busy.busyMs += 8
    if (++seen.count >= calls) return findUnread(fromOffset, null)
    const nextOffset = Math.max(fromOffset, earlier?.nextOffset ?? 0) + 1
    return { fromOffset, nextOffset, untilOffset: 1_000, record: null, isDecided: true, segment: null }
  })
  return seen
}

test('a search that has far to go takes several turns of one round', async () => {
  await makeGroups(1)
  const seen = longSearch('u', 7)
  const counts: number[] = []
  const { result } = await finish(lag.one('group-0'), async () => void counts.push(seen.count))
  expect(seen.count).toBe(7)
  for (const [i, count] of counts.entries()) expect(count - (counts[i - 1] ?? 0)).toBeLessThanOrEqual(1)
  expect(result?.lagSeconds).toBe(7)
})

test('a search that gets no further, or takes all the time that there is, ends without an age', async () => {
  await makeGroups(1)
  const endless = longSearch('u', Number.POSITIVE_INFINITY)
  expect((await finish(lag.one('group-0'))).result).toMatchObject({ lag: 38, lagSeconds: null })
  expect(endless.count).toBeGreaterThan(100)
  expect(endless.count).toBeLessThan(250)
  const partition = plane.partitions.find('u', 0) as Partition
  const unreadable = vi.spyOn(partition, 'findUnread').mockImplementation(() => null)
  unreadable.mockClear()
  expect((await finish(lag.one('group-0'))).result).toMatchObject({ lag: 38, lagSeconds: null })
  expect(unreadable).toHaveBeenCalledTimes(2)
})

test('a topic that is deleted in the middle of a search ends it', async () => {
  await makeGroups(1)
  const seen = longSearch('u', Number.POSITIVE_INFINITY)
  await finish(lag.one('group-0'), async turn => {
    if (turn === 4) await deleteTopic('u')
  })
  expect(seen.count).toBeLessThan(6)
})

test('when all groups move all the time, each of them has its turn at the look-ups, one that is too large or not', async () => {
  const ids = await makeGroups(20)
  await plane.createTopic('wide', 25)
  for (let index = 0; index < 25; index++) await produce('wide', index, 10)
  slowLookUps(100)
  const known = new Set<string>()
  for (let round = 0; round < 9; round++) {
    commit('group-3', 'wide', Array(25).fill(round))
    for (const id of ids) {
      commit(id, 't', [round, round, round])
      commit(id, 'u', [round, round, round])
    }
    await plane.settle()
    busy.busyMs += 1_000
    const { result } = await finish(lag.all())
    for (const { group, lagSeconds } of result) if (lagSeconds !== null) known.add(group.groupId)
  }
  expect([...known].toSorted()).toEqual(ids.filter(id => id !== 'group-3').toSorted())
})

test('what is known of a pair is forgotten with its offset', async () => {
  await makeGroups(1)
  const seen = slowLookUps(0)
  const round = async (): Promise<number> => {
    seen.count = 0
    busy.busyMs += 1_000
    await finish(lag.all())
    return seen.count
  }
  expect(await round()).toBe(5)
  expect(await round()).toBe(0)
  deleteOffset('group-0', 't', 0)
  await plane.settle()
  expect(await round()).toBe(0)
  commit('group-0', 't', [0])
  await plane.settle()
  expect(await round()).toBe(1)
})

type Change =
  | { readonly do: 'commit'; readonly group: number; readonly topic: string; readonly offset: number }
  | { readonly do: 'delete offset'; readonly group: number; readonly topic: string; readonly index: number }
  | { readonly do: 'delete group'; readonly group: number }
  | { readonly do: 'produce'; readonly topic: string; readonly index: number }
  | { readonly do: 'delete records'; readonly topic: string; readonly index: number }
  | { readonly do: 'delete topic'; readonly topic: string }
  | { readonly do: 'ask'; readonly group: number }
  | { readonly do: 'sample' }

const group = fc.nat(11)
const topic = fc.constantFrom('t', 'u')
const index = fc.nat(PARTITIONS - 1)
const of = <Name extends Change['do']>(name: Name) => fc.constant(name)
const CHANGES: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: of('commit'), group, topic, offset: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: of('delete offset'), group, topic, index }) },
  { weight: 3, arbitrary: fc.record({ do: of('delete group'), group }) },
  { weight: 3, arbitrary: fc.record({ do: of('produce'), topic, index }) },
  { weight: 1, arbitrary: fc.record({ do: of('delete records'), topic, index }) },
  { weight: 1, arbitrary: fc.record({ do: of('delete topic'), topic }) },
  { weight: 1, arbitrary: fc.record({ do: of('ask'), group }) },
  { weight: 1, arbitrary: fc.record({ do: of('sample') }) }
)

async function make(change: Change): Promise<void> {
  switch (change.do) {
    case 'commit':
      commit(`group-${change.group}`, change.topic, [change.offset, 0, change.offset])
      return plane.settle()
    case 'delete offset':
      deleteOffset(`group-${change.group}`, change.topic, change.index)
      return plane.settle()
    case 'delete group':
      return deleteGroup(`group-${change.group}`)
    case 'produce':
      await produce(change.topic, change.index, 3)
      return plane.clock.advance(500)
    case 'delete records':
      return void plane.partitions.find(change.topic, change.index)?.deleteRecordsBefore(-1)
    case 'delete topic':
      return deleteTopic(change.topic)
    case 'ask':
      return void lag.one(`group-${change.group}`)
    case 'sample':
      return lag.sample()
  }
}

function idsNow(): Set<string> {
  return new Set([...plane.groups.runtime.shards()].flatMap(shard => [...shard.groups()].map(each => each.groupId)))
}

/** Of the lines `name{group="…",…}` of a scrape, the labels. */
function seriesOf(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`^${name}\\{(.*)\\} `, 'gm'))].map(match => match[1] as string)
}

test('whatever changes between two turns, groups that stay are there once with numbers that fit together', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(CHANGES, { maxLength: 3 }), { maxLength: 8, size: 'max' }), async all => {
      plane = await openDataPlane()
      plane.groups.start()
      for (const name of ['t', 'u']) await plane.createTopic(name, PARTITIONS)
      new GroupClient(plane).findCoordinator()
      await plane.settle()
      busy = new BusyClock(plane.clock)
      lag = lagBy(busy)
      const metrics = createBrokerMetrics()
      const view = { groups: () => lag.all(), committedOffsets: () => lag.offsetCount }
      bindLag(metrics, { view, clock: busy, groupsMax: () => 500, budget: new SeriesBudget(metrics, () => 20_000) })
      const stayed = new Set(await makeGroups(8))
      const text = metrics.render()
      const { result } = await finish(Promise.all([lag.all(), text]), async turn => {
        for (const change of all[turn - 1] ?? []) {
          await make(change)
          const now = idsNow()
          for (const id of stayed) if (!now.has(id)) stayed.delete(id)
        }
      })
      check(result[0], stayed)
      const shown = seriesOf(result[1], 'streambus_consumer_group_lag')
      expect(shown).toEqual([...new Set(shown)])
      for (const id of stayed) expect(shown).toContain(`group="${id}"`)
      busy.busyMs += 1_000
      const { result: later } = await finish(metrics.render())
      const ids = [...idsNow()].map(id => `group="${id}"`).toSorted()
      expect(seriesOf(later, 'streambus_consumer_group_lag').toSorted()).toEqual(ids.length > 0 ? ids : ['group=""'])
    }),
    { numRuns: 40 }
  )
}, 60_000)

function check(views: readonly GroupLagView[], stayed: ReadonlySet<string>): void {
  const ids = views.map(each => each.group.groupId)
  expect(ids).toEqual([...new Set(ids)])
  for (const id of stayed) expect(ids).toContain(id)
  for (const { partitions, lag: total, lagSeconds } of views) {
    const names = partitions.map(each => `${each.topic}-${each.partition}`)
    expect(names).toEqual([...new Set(names)])
    expect(total).toBe(partitions.reduce((sum, each) => sum + each.lag, 0))
    const seconds = partitions.map(each => each.lagSeconds)
    expect(lagSeconds).toBe(seconds.includes(null) ? null : Math.max(0, ...(seconds as number[])))
    for (const { endOffset, committedOffset, lag: records, lagSeconds: age } of partitions) {
      expect(records).toBe(Math.max(0, (endOffset ?? 0) - committedOffset))
      if (records === 0) expect(age).toBe(0)
    }
  }
}
