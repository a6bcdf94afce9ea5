import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { decodeGroupRecord, type GroupRecord } from '@streambus/protocol/group-records'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConsumerGroup, type ConsumerRecord } from '../../../../src/coordinator/group/consumer/consumer-group.ts'

const TOPIC = 'lanllo4kTr2BP8ZaTvuW8Q'
const KAFKAS = resolve(import.meta.dirname, '../../../../../protocol/test/group-records/kafka-4.3.1.txt')

function member(memberId: string, topics: readonly string[], instanceId: string | null = null): ConsumerRecord {
  return {
    kind: 'consumer-member',
    groupId: 'g',
    memberId,
    value: {
      instanceId,
      rackId: null,
      clientId: 'c',
      clientHost: 'h',
      subscribedTopicNames: topics,
      subscribedTopicRegex: '',
      rebalanceTimeoutMs: 1000,
      serverAssignor: null,
      classicMemberMetadata: null
    }
  }
}

function gone(memberId: string): ConsumerRecord[] {
  return (['current-assignment', 'target-member', 'consumer-member'] as const).map(kind => {
    return { kind, groupId: 'g', memberId, value: null }
  })
}

function owns(
  memberId: string,
  memberEpoch: number,
  { assigned = [], pending = [] }: { assigned?: readonly number[]; pending?: readonly number[] }
): ConsumerRecord {
  const list = (partitions: readonly number[]) =>
    partitions.length === 0 ? [] : [{ topicId: TOPIC, partitions, assignmentEpochs: [] }]
  return {
    kind: 'current-assignment',
    groupId: 'g',
    memberId,
    value: {
      memberEpoch,
      previousMemberEpoch: memberEpoch - 1,
      state: pending.length > 0 ? 1 : 0,
      assignedPartitions: list(assigned),
      partitionsPendingRevocation: list(pending)
    }
  }
}

const epochs = (group: number, assignment: number): ConsumerRecord[] => [
  { kind: 'consumer-group', groupId: 'g', value: { epoch: group, metadataHash: 0 } },
  { kind: 'target-assignment', groupId: 'g', value: { assignmentEpoch: assignment, assignmentTimestamp: 0 } }
]

test("Kafka's records of a group lead from nothing to stable to empty", () => {
  const groups = new Map<string, ConsumerGroup>()
  const states: string[] = []
  for (const line of readFileSync(KAFKAS, 'utf8').trim().split('\n')) {
    const [key = '', value = ''] = line.split(' ')
    const record = decodeGroupRecord(Buffer.from(key, 'hex'), value === '-' ? null : Buffer.from(value, 'hex'))
    if (record === null || record.kind === 'offset' || record.kind === 'classic-group') continue
    if (record.groupId !== 'g-848') continue
    const group = groups.get(record.groupId) ?? new ConsumerGroup(record.groupId, () => 'uniform')
    groups.set(record.groupId, group)
    group.replay(record)
    if (states.at(-1) !== group.stateName) states.push(group.stateName)
    if (group.stateName !== 'Stable') continue
    const [only] = group.members.values()
    if (only?.memberEpoch !== 2) continue
    expect(only.assigned).toEqual(new Map([[TOPIC, [0, 1]]]))
    expect(group.targetOf(only.memberId)).toEqual(only.assigned)
    expect([group.ownerEpoch(TOPIC, 0), group.ownerEpoch(TOPIC, 2)]).toEqual([2, -1])
  }
  // A member that has just been written is in epoch 0, as everything else; its end begins with its assignment.
  expect(states).toEqual(['Stable', 'Assigning', 'Reconciling', 'Stable', 'Reconciling', 'Empty'])
})

test('the state follows from the epochs', () => {
  const group = new ConsumerGroup('g', () => 'uniform')
  const after = (...records: ConsumerRecord[]): string => {
    for (const record of records) group.replay(record)
    return group.stateName
  }
  expect(after()).toBe('Empty')
  expect(after(member('a', ['t']), ...epochs(1, 0))).toBe('Assigning')
  expect(after(...epochs(1, 1))).toBe('Reconciling')
  expect(after(owns('a', 1, { assigned: [0] }))).toBe('Stable')
  expect(after(owns('a', 1, { pending: [0] }))).toBe('Reconciling')
  expect(after(...gone('a'))).toBe('Empty')
})

test('a static member that was replaced keeps its place under the new id', () => {
  const group = new ConsumerGroup('g', () => 'uniform')
  for (const record of [member('old', ['t'], 'i'), member('new', ['t'], 'i'), ...gone('old')]) group.replay(record)
  expect(group.staticMember('i')?.memberId).toBe('new')
  for (const record of gone('new')) group.replay(record)
  expect(group.staticMember('i')).toBeUndefined()
})

test('commits: in an epoch in which the member had the partition, and not in versions that do not know of epochs', () => {
  const group = new ConsumerGroup('g', () => 'uniform')
  const commit = (memberId: string, epoch: number, apiVersion = 9) =>
    group.checkCommit({ memberId, instanceId: null, epoch, apiVersion })
  expect(() => commit('', -1)).not.toThrow()
  for (const record of [member('a', ['t']), owns('a', 3, { assigned: [0] })]) group.replay(record)
  expect(commit('a', 3)).toBeNull()
  // Records of old versions do not say since when.
  expect(commit('a', 2)?.(TOPIC, 0)).toBe('STALE_MEMBER_EPOCH')
  expect(() => commit('a', 4)).toThrow(expect.objectContaining({ errorName: 'STALE_MEMBER_EPOCH' }))
  expect(() => commit('b', 3)).toThrow(expect.objectContaining({ errorName: 'UNKNOWN_MEMBER_ID' }))
  expect(() => commit('', -1)).toThrow(expect.objectContaining({ errorName: 'UNKNOWN_MEMBER_ID' }))
  expect(() => commit('a', 3, 8)).toThrow(expect.objectContaining({ errorName: 'UNSUPPORTED_VERSION' }))
})

/** Who holds what, in a dumb table; a partition is given to somebody only when nobody holds it. */
interface Row {
  epoch: number
  assigned: number[]
  pending: number[]
  topics: string[]
}

const step = fc.record({
  who: fc.nat(3),
  what: fc.constantFrom('join', 'take', 'revoke', 'release', 'leave', 'epoch'),
  partition: fc.nat(5),
  topic: fc.constantFrom('t', 'u', 'v')
})

test('owners and subscribers are those of a dumb table, whatever members do; tombstones leave nothing', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const group = new ConsumerGroup('g', () => 'uniform')
      const table = new Map<string, Row>()
      for (const { who, what, partition, topic } of steps) {
        const id = `m${who}`
        const row = table.get(id)
        if (what === 'join') {
          const topics = row?.topics.includes(topic) === true ? row.topics : [...(row?.topics ?? []), topic]
          table.set(id, { epoch: 1, assigned: [], pending: [], ...row, topics })
          group.replay(member(id, topics))
        }
        if (row === undefined) continue
        if (what === 'leave') {
          table.delete(id)
          for (const record of gone(id)) group.replay(record)
          continue
        }
        const isHeld = [...table.values()].some(each => [...each.assigned, ...each.pending].includes(partition))
        if (what === 'take' && !isHeld) row.assigned.push(partition)
        if (what === 'revoke' && row.assigned.includes(partition)) {
          row.assigned = row.assigned.filter(each => each !== partition)
          row.pending.push(partition)
        }
        if (what === 'release') row.pending = row.pending.filter(each => each !== partition)
        if (what === 'epoch') row.epoch++
        group.replay(owns(id, row.epoch, { assigned: row.assigned, pending: row.pending }))
      }
      for (let partition = 0; partition <= 5; partition++) {
        const holder = [...table.values()].find(row => [...row.assigned, ...row.pending].includes(partition))
        expect(group.ownerEpoch(TOPIC, partition)).toBe(holder?.epoch ?? -1)
      }
      expect([...group.subscribedTopics()].sort()).toEqual(
        [...new Set([...table.values()].flatMap(({ topics }) => topics))].sort()
      )
      expect(group.members.size).toBe(table.size)
      const ends = group.tombstones().map(record => group.replay(record as GroupRecord & ConsumerRecord))
      expect(ends.at(-1)).toBe(true)
      expect([group.isEmpty, group.subscribedTopics().size, group.ownerEpoch(TOPIC, 0)]).toEqual([true, 0, -1])
    })
  )
})
