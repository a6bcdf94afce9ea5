import { afterEach, expect, test, vi } from 'vitest'
import { ClassicGroup, GroupCoordinator, OffsetStore, OrphanedOffsets, Rebalance, ShardHost } from './broker-parts.ts'
import { firstFound, SEEDS_MAX } from './first-found.ts'
import { assignInTurns } from './members/assignment.ts'
import { ClassicMemberActor } from './members/classic-member.ts'
import { shrink } from './shrink.ts'
import { type SimulationOptions, simulate } from './simulation.ts'

// What a checker has never caught, it may not be able to catch.

type Put = Parameters<OffsetStore['put']>

afterEach(() => vi.restoreAllMocks())

async function expectFound(invariant: string, options: Omit<SimulationOptions, 'seed'> = {}): Promise<void> {
  const found = await firstFound(invariant, { protocol: 'classic', ...options })
  expect(found, `${invariant} in ${SEEDS_MAX} seeds`).not.toBeNull()
}

test('acknowledged commits that a power cut takes', async () => {
  await expectFound('R16', { prepare: ({ disk }) => void disk.lieAboutSyncs('__consumer_offsets') })
})

test('a commit that is acknowledged and not kept in mind', async () => {
  const { put } = OffsetStore.prototype
  let count = 0
  vi.spyOn(OffsetStore.prototype, 'put').mockImplementation(function (this: OffsetStore, ...args) {
    if (++count % 20 !== 0) put.apply(this, args)
  })
  await expectFound('R16')
})

test('an offset that goes back to what was committed before', async () => {
  const { put } = OffsetStore.prototype
  const older = new Map<string, Put[3]>()
  let count = 0
  vi.spyOn(OffsetStore.prototype, 'put').mockImplementation(function (this: OffsetStore, ...args: Put) {
    const [group, topic, partition, offset] = args
    const key = `${group}/${partition}`
    put.call(this, group, topic, partition, ++count % 30 === 0 ? (older.get(key) ?? offset) : offset)
    older.set(key, offset)
  })
  await expectFound('R16')
})

test('offsets that outlive their topic', async () => {
  vi.spyOn(OrphanedOffsets.prototype, 'topicsDeleted').mockReturnValue({ records: [], answer: undefined })
  await expectFound('R16 orphan')
})

test('offsets that outlive a topic which was deleted while they were read from the log', async () => {
  const { tell } = ShardHost.prototype
  vi.spyOn(ShardHost.prototype, 'tell').mockImplementation(function (this: ShardHost<never, never>, run) {
    if (!this.isLoading) tell.call(this, run)
  })
  await expectFound('R16 orphan')
})

test('no offset instead of an error while the coordinator is loading', async () => {
  const { fetchOffsets } = GroupCoordinator.prototype
  vi.spyOn(GroupCoordinator.prototype, 'fetchOffsets').mockImplementation(async function (
    this: GroupCoordinator,
    group,
    caller,
    wanted
  ) {
    try {
      return await fetchOffsets.call(this, group, caller, wanted)
    } catch (error) {
      if ((error as { errorName?: string }).errorName !== 'COORDINATOR_LOAD_IN_PROGRESS') throw error
      return (wanted ?? []).map(each => ({ ...each, committed: null }))
    }
  })
  await expectFound('R16 load')
})

test('a leader that gives one partition to two members', async () => {
  await expectFound('R17 owner', {
    make: (of, around) =>
      new ClassicMemberActor(of, around, (members, partitionCount) => {
        const shares = assignInTurns(members, partitionCount)
        for (const [memberId, partitions] of shares) shares.set(memberId, [...new Set([0, ...partitions])])
        return shares
      })
  })
})

test('a member that the leader does not hear of', async () => {
  const { beginGeneration } = ClassicGroup.prototype
  // Joins after the others were counted.
  vi.spyOn(ClassicGroup.prototype, 'beginGeneration').mockImplementation(function (this: ClassicGroup, nowMs) {
    beginGeneration.call(this, nowMs)
    const { members } = this
    const [, second] = members.values()
    if (second === undefined || this.isLeader(second.memberId)) return
    Object.defineProperty(second, 'answerJoin', {
      configurable: true,
      value(this: typeof second, answer: Parameters<typeof second.answerJoin>[0]) {
        const reply = this.joinReply
        this.joinReply = null
        reply?.({ ...answer, memberId: `${answer.memberId}x` })
        return reply !== null
      }
    })
  })
  await expectFound('R17 members')
})

test('a generation that is used again after a restart', async () => {
  const { fromRecord } = ClassicGroup
  vi.spyOn(ClassicGroup, 'fromRecord').mockImplementation((groupId, value) =>
    fromRecord(groupId, { ...value, generation: Math.max(0, value.generation - 1) })
  )
  await expectFound('R17 generation')
})

test('commits and heartbeats that count in a generation that is over', async () => {
  vi.spyOn(ClassicGroup.prototype, 'checkGeneration').mockImplementation(() => {})
  await expectFound('R17 zombie')
})

test('a static member that goes on beside the one that has taken its place', async () => {
  const { memberFor } = ClassicGroup.prototype
  vi.spyOn(ClassicGroup.prototype, 'memberFor').mockImplementation(function (this: ClassicGroup, memberId, instanceId) {
    const owner = instanceId === null ? undefined : this.staticMemberId(instanceId)
    return memberFor.call(this, owner ?? memberId, instanceId)
  })
  await expectFound('R17 fencing')
})

test('a member that is told the member id of another one', async () => {
  const { join } = GroupCoordinator.prototype
  let last = ''
  let count = 0
  vi.spyOn(GroupCoordinator.prototype, 'join').mockImplementation(async function (this: GroupCoordinator, ...args) {
    const answer = await join.apply(this, args)
    const memberId = ++count % 10 === 0 ? last : answer.memberId
    last = answer.memberId
    return { ...answer, memberId }
  })
  await expectFound('R17 identity')
})

test('members that are never missed', async () => {
  vi.spyOn(Rebalance.prototype, 'touch').mockImplementation(() => {})
  await expectFound('R17 settled')
})

test('a group that vanishes with its members', async () => {
  const { fromRecord } = ClassicGroup
  vi.spyOn(ClassicGroup, 'fromRecord').mockImplementation((groupId, value) =>
    fromRecord(groupId, { ...value, members: [], generation: 0 })
  )
  await expectFound('R17 generation')
})

test('offsets that expire while the group has members', async () => {
  vi.spyOn(ClassicGroup.prototype, 'isSubscribedTo').mockReturnValue(false)
  vi.spyOn(ClassicGroup.prototype, 'agingSinceMs').mockImplementation(commitMs => commitMs - 50_000)
  await expectFound('R16')
})

test('a heartbeat that is never answered', async () => {
  const { heartbeat } = GroupCoordinator.prototype
  let count = 0
  vi.spyOn(GroupCoordinator.prototype, 'heartbeat').mockImplementation(function (this: GroupCoordinator, ...args) {
    return ++count % 100 === 0 ? new Promise(() => {}) : heartbeat.apply(this, args)
  })
  await expectFound('answer')
})

test('a handler that throws what no rule expects', async () => {
  vi.spyOn(GroupCoordinator.prototype, 'describe').mockRejectedValue(new Error('planted'))
  await expectFound('bug')
})

test('a failure is reduced to the kinds of trouble that it needs', async () => {
  const prepare: SimulationOptions['prepare'] = ({ disk }) => void disk.lieAboutSyncs('__consumer_offsets')
  const found = await firstFound('R16', { protocol: 'classic', prepare })
  const shrunk = await shrink({ protocol: 'classic', seed: found?.seed ?? 0, prepare })
  expect(shrunk?.outcome.violation?.invariant).toBe('R16')
  expect(shrunk?.without).not.toContain('power-cut')
  const repeated = await simulate({
    protocol: 'classic',
    seed: found?.seed ?? 0,
    prepare,
    without: shrunk?.without ?? []
  })
  expect(repeated.hash).toBe(shrunk?.outcome.hash)
})
