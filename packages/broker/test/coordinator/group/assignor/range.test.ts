import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AssignmentSpec } from '../../../../src/coordinator/group/assignor/assignor.ts'
import { rangeAssignor } from '../../../../src/coordinator/group/assignor/range.ts'
import { equalSpec, expectValid, member, mixedSpec, owning, reversed } from './specs.ts'

const assign = (spec: AssignmentSpec) => rangeAssignor.assign(spec)
const anySpec = fc.oneof(equalSpec, mixedSpec)

test('every partition goes to exactly one subscriber', () => {
  fc.assert(fc.property(anySpec, spec => expectValid(spec, assign(spec))))
})

test('each topic is shared in ranges that differ by one at most', () => {
  fc.assert(
    fc.property(anySpec, spec => {
      const assignments = assign(spec)
      for (const [topic, count] of spec.partitionCounts as Map<string, number>) {
        const subscribers = [...spec.members].filter(([, each]) => each.subscribedTopicIds.has(topic))
        const ranges = subscribers.map(([id]) => assignments.get(id)?.get(topic) ?? [])
        for (const range of ranges) {
          expect(range).toEqual(range.map((_, i) => (range[0] as number) + i))
          expect(Math.abs(range.length - count / subscribers.length)).toBeLessThan(1)
        }
      }
    })
  )
})

test('it depends neither on the order of members nor on what they own', () => {
  fc.assert(
    fc.property(anySpec, spec => {
      const first = assign(spec)
      expect(assign({ ...owning(spec, first), members: reversed(owning(spec, first).members) })).toEqual(first)
    })
  )
})

test('topics with equally many partitions are co-partitioned', () => {
  fc.assert(
    fc.property(equalSpec, fc.nat(9), (spec, count) => {
      const assignments = assign({ ...spec, partitionCounts: { get: () => count } })
      for (const assignment of assignments.values()) {
        const [first = [], ...others] = assignment.values()
        for (const other of others) expect(other).toEqual(first)
      }
    })
  )
})

test('static members come first and keep their place under another member id', () => {
  const partitionCounts = new Map([['orders', 7]])
  const seat = (instanceId: string | null) => member(['orders'], { instanceId })
  const before = assign({
    members: new Map([
      ['zz', seat('i0')],
      ['yy', seat('i1')],
      ['aa', seat(null)]
    ]),
    partitionCounts
  })
  expect(before.get('zz')?.get('orders')).toEqual([0, 1, 2])
  expect(before.get('yy')?.get('orders')).toEqual([3, 4])
  expect(before.get('aa')?.get('orders')).toEqual([5, 6])
  const after = assign({
    members: new Map([
      ['bb', seat('i0')],
      ['cc', seat('i1')],
      ['aa', seat(null)]
    ]),
    partitionCounts
  })
  expect(after.get('bb')).toEqual(before.get('zz'))
  expect(after.get('cc')).toEqual(before.get('yy'))
})
