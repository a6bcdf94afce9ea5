import type { GroupRecord } from '@streambus/protocol/group-records'
import { afterEach, expect, test, vi } from 'vitest'
import { ConsumerGroup, ConsumerVerbs, GroupShard, Lifetimes, Migration } from './broker-parts.ts'
import { firstFound, SEEDS_MAX } from './first-found.ts'
import type { Belief } from './members/actor.ts'
import { ConsumerMemberActor } from './members/consumer-member.ts'
import type { SimulationOptions } from './simulation.ts'

// What a checker has never caught, it may not be able to catch: bugs in groups of the consumer protocol.

afterEach(() => vi.restoreAllMocks())

async function expectFound(invariant: string, options: Omit<SimulationOptions, 'seed'> = {}): Promise<void> {
  const found = await firstFound(invariant, { protocol: 'consumer', ...options })
  expect(found, `${invariant} in ${SEEDS_MAX} seeds`).not.toBeNull()
}

/** What a broker reads of its log at the start is not what was written to it. */
function whileLoading(change: (record: GroupRecord) => GroupRecord | null): void {
  const { replay, loaded } = GroupShard.prototype
  const isLoaded = new WeakSet<GroupShard>()
  vi.spyOn(GroupShard.prototype, 'loaded').mockImplementation(function (this: GroupShard, nowMs) {
    isLoaded.add(this)
    loaded.call(this, nowMs)
  })
  vi.spyOn(GroupShard.prototype, 'replay').mockImplementation(function (this: GroupShard, record) {
    const changed = isLoaded.has(this) ? record : change(record)
    if (changed !== null) replay.call(this, changed)
  })
}

test('a partition that is given to one while another one holds it', async () => {
  vi.spyOn(ConsumerGroup.prototype, 'ownerEpoch').mockReturnValue(-1)
  await expectFound('R17 owner')
})

test('an assignment that is not written to the log', async () => {
  whileLoading(record => {
    if (record.kind !== 'current-assignment' || record.value === null) return record
    return { ...record, value: { ...record.value, assignedPartitions: [], partitionsPendingRevocation: [] } }
  })
  await expectFound('R17 owner')
})

test('a group whose epoch is lost', async () => {
  whileLoading(record => {
    if (record.kind !== 'consumer-group' || record.value === null) return record
    return { ...record, value: { ...record.value, epoch: Math.max(1, record.value.epoch - 1) } }
  })
  await expectFound('R17 epoch')
})

test('a member that is told an epoch of before', async () => {
  const { heartbeat } = ConsumerVerbs.prototype
  let count = 0
  vi.spyOn(ConsumerVerbs.prototype, 'heartbeat').mockImplementation(function (this: ConsumerVerbs, ...args) {
    const decision = heartbeat.apply(this, args)
    const { answer } = decision
    if (++count % 50 !== 0 || answer.memberEpoch < 2) return decision
    return { ...decision, answer: { ...answer, memberEpoch: answer.memberEpoch - 1 } }
  })
  await expectFound('R17 epoch')
})

test('a group that is gone after a restart', async () => {
  whileLoading(record => (record.kind === 'offset' ? record : null))
  await expectFound('R17 epoch')
})

test('heartbeats of any older epoch, whatever the member owns', async () => {
  const { heartbeat } = ConsumerVerbs.prototype
  vi.spyOn(ConsumerVerbs.prototype, 'heartbeat').mockImplementation(function (
    this: ConsumerVerbs,
    group,
    request,
    nowMs
  ) {
    const memberEpoch = group.members.get(request.memberId)?.memberEpoch ?? 0
    const isOlder = request.memberEpoch > 0 && request.memberEpoch < memberEpoch
    return heartbeat.call(this, group, isOlder ? { ...request, memberEpoch } : request, nowMs)
  })
  await expectFound('R17 zombie')
})

test('commits of any epoch', async () => {
  vi.spyOn(ConsumerGroup.prototype, 'checkCommit').mockReturnValue(null)
  await expectFound('R17 zombie')
})

test('a static member whose place is taken while it is there', async () => {
  const { staticMember } = ConsumerGroup.prototype
  vi.spyOn(ConsumerGroup.prototype, 'staticMember').mockImplementation(function (this: ConsumerGroup, instanceId) {
    const member = staticMember.call(this, instanceId)
    return member && { ...member, memberEpoch: -2 }
  })
  await expectFound('R17 fencing')
})

test('a member that is told the member id of another one', async () => {
  const { heartbeat } = ConsumerVerbs.prototype
  let last = ''
  let count = 0
  vi.spyOn(ConsumerVerbs.prototype, 'heartbeat').mockImplementation(function (this: ConsumerVerbs, ...args) {
    const decision = heartbeat.apply(this, args)
    const memberId = ++count % 10 === 0 && last !== '' ? last : decision.answer.memberId
    last = decision.answer.memberId
    return { ...decision, answer: { ...decision.answer, memberId } }
  })
  await expectFound('R17 identity')
})

test('members that do not give up what they must, and stay', async () => {
  vi.spyOn(Lifetimes.prototype, 'expectRevocation').mockImplementation(() => {})
  await expectFound('R17 settled')
})

test('members that are not missed after a restart', async () => {
  vi.spyOn(Lifetimes.prototype, 'loaded').mockImplementation(() => {})
  await expectFound('R17 settled')
})

test('members that are never missed', async () => {
  vi.spyOn(Lifetimes.prototype, 'touch').mockImplementation(() => {})
  await expectFound('R17 settled')
})

test('an assignment that its member is never told', async () => {
  const { heartbeat } = ConsumerVerbs.prototype
  let count = 0
  vi.spyOn(ConsumerVerbs.prototype, 'heartbeat').mockImplementation(function (this: ConsumerVerbs, ...args) {
    const decision = heartbeat.apply(this, args)
    const { answer } = decision
    if (answer.assignment === null || ++count % 5 !== 0) return decision
    return { ...decision, answer: { ...answer, assignment: null } }
  })
  await expectFound('R17 settled')
})

test('a classic group that changes over and forgets who has what', async () => {
  const { upgrade } = Migration.prototype
  vi.spyOn(Migration.prototype, 'upgrade').mockImplementation(function (this: Migration, ...args) {
    const records = upgrade.apply(this, args) ?? []
    return records.map(record => {
      if (record.kind !== 'current-assignment' || record.value === null) return record
      return { ...record, value: { ...record.value, assignedPartitions: [] } }
    })
  })
  await expectFound('R17 owner', { protocol: 'mixed' })
})

test('a member that goes on with what it has said that it has given up', async () => {
  class Greedy extends ConsumerMemberActor {
    readonly #kept = new Set<string>()

    override get belief(): Belief {
      const belief = super.belief
      for (const partition of belief.partitions) this.#kept.add(partition)
      return { ...belief, partitions: [...this.#kept] }
    }
  }
  await expectFound('R17 use', { make: (of, around) => new Greedy(of, around) })
})
