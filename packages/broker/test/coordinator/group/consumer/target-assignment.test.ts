import { describe, expect, test } from 'vitest'
import type { MemberSubscription } from '../../../../src/coordinator/group/assignor/assignor.ts'
import { uniformAssignor } from '../../../../src/coordinator/group/assignor/uniform.ts'
import { computeTarget, type TargetInput } from '../../../../src/coordinator/group/consumer/target-assignment.ts'
import type { TopicPartitions } from '../../../../src/coordinator/group/consumer/topic-partitions.ts'

const ORDERS: MemberSubscription = { instanceId: null, rackId: null, subscribedTopicIds: new Set(['orders']) }
const ON_LEAVE = { ...ORDERS, subscribedTopicIds: new Set<string>() }

const of = (...partitions: number[]): TopicPartitions =>
  new Map(partitions.length === 0 ? [] : [['orders', partitions]])

function compute(members: Record<string, MemberSubscription>, more: Partial<TargetInput> = {}) {
  return computeTarget({
    assignor: uniformAssignor,
    members: new Map(Object.entries(members)),
    target: new Map(),
    replaced: new Map(),
    partitionCounts: new Map([['orders', 4]]),
    ...more
  })
}

describe('who is written', () => {
  test('everybody at first, also those that get nothing', () => {
    const { target, changed, removed } = compute({ a: ORDERS, b: ON_LEAVE })
    expect(target).toEqual(
      new Map([
        ['a', of(0, 1, 2, 3)],
        ['b', of()]
      ])
    )
    expect(changed).toEqual(target)
    expect(removed).toEqual([])
  })

  test('nobody when nothing changes, and the objects are the same', () => {
    const before = compute({ a: ORDERS, b: ORDERS, c: ON_LEAVE }).target
    const { target, changed, removed } = compute({ a: ORDERS, b: ORDERS, c: ON_LEAVE }, { target: before })
    expect(changed.size + removed.length).toBe(0)
    for (const [memberId, partitions] of before) expect(target.get(memberId)).toBe(partitions)
  })

  test('those that gain or lose something, and who is gone', () => {
    const before = new Map([
      ['a', of(0, 1)],
      ['b', of(2)],
      ['gone', of(3)]
    ])
    const { target, changed, removed } = compute({ a: ORDERS, b: ORDERS }, { target: before })
    expect(target).toEqual(
      new Map([
        ['a', of(0, 1)],
        ['b', of(2, 3)]
      ])
    )
    expect([...changed.keys()]).toEqual(['b'])
    expect(removed).toEqual(['gone'])
  })
})

describe('a static member that has come back', () => {
  const before = new Map([
    ['a', of(1, 3)],
    ['old', of(0, 2)]
  ])
  const replaced = new Map([['new', 'old']])

  test('has the target of its former self', () => {
    const { target, changed, removed } = compute({ a: ORDERS, new: ORDERS }, { target: before, replaced })
    expect(target).toEqual(
      new Map([
        ['a', of(1, 3)],
        ['new', of(0, 2)]
      ])
    )
    expect([...changed.keys()]).toEqual(['new'])
    expect(removed).toEqual(['old'])
  })

  test('takes nothing from a former self that is still a member, and keeps a target that it has already', () => {
    const both = compute({ a: ORDERS, old: ORDERS, new: ORDERS }, { target: before, replaced })
    expect(both.target.get('old')).toEqual(of(0))
    const again = new Map([...before, ['new', of(0, 2)]] as const)
    expect([...compute({ a: ORDERS, new: ORDERS }, { target: again, replaced }).changed.keys()]).toEqual([])
  })
})
