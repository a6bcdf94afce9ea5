import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AssignmentSpec, MemberSpec } from '../../../../src/coordinator/group/assignor/assignor.ts'
import { uniformAssignor } from '../../../../src/coordinator/group/assignor/uniform.ts'
import { equalSpec, expectValid, gained, loadOf, member, mixedSpec, owning, reversed } from './specs.ts'

const assign = (spec: AssignmentSpec) => uniformAssignor.assign(spec)

function loadsOf(spec: AssignmentSpec): number[] {
  return [...assign(spec).values()].map(loadOf)
}

/** The squares of all loads, the smallest sum that any assignment has: by trying each one. */
function bestSquares({ members, partitionCounts }: AssignmentSpec): number {
  const list = [...members.values()]
  const slots = [...(partitionCounts as Map<string, number>)].flatMap(([topic, count]) => {
    const takers = list.flatMap((each, i) => (each.subscribedTopicIds.has(topic) ? [i] : []))
    return takers.length === 0 ? [] : Array.from({ length: count }, () => takers)
  })
  let loads = new Set([list.map(() => 0).join()])
  for (const takers of slots) {
    const next = new Set<string>()
    for (const known of loads) {
      for (const taker of takers)
        next.add(
          known
            .split(',')
            .map((load, i) => Number(load) + Number(i === taker))
            .join()
        )
    }
    loads = next
  }
  return Math.min(...[...loads].map(known => squares(known.split(',').map(Number))))
}

function squares(loads: readonly number[]): number {
  return loads.reduce((sum, load) => sum + load * load, 0)
}

describe('any group', () => {
  test('gets a valid assignment, whatever its members own', () => {
    fc.assert(fc.property(fc.oneof(equalSpec, mixedSpec), spec => expectValid(spec, assign(spec))))
  })

  test('does not depend on the order of members, topics or owned partitions', () => {
    fc.assert(
      fc.property(fc.oneof(equalSpec, mixedSpec), spec => {
        const members = new Map<string, MemberSpec>()
        for (const [id, each] of reversed(spec.members)) {
          const subscribedTopicIds = new Set([...each.subscribedTopicIds].reverse())
          members.set(id, { ...each, subscribedTopicIds, owned: reversed(each.owned) })
        }
        expect(assign({ members, partitionCounts: reversed(spec.partitionCounts as Map<string, number>) })).toEqual(
          assign(spec)
        )
      })
    )
  })

  test('keeps what it has when nothing changes', () => {
    fc.assert(
      fc.property(fc.oneof(equalSpec, mixedSpec), spec => {
        const first = assign(spec)
        expect(assign(owning(spec, first))).toEqual(first)
      })
    )
  })
})

describe('equal subscriptions', () => {
  test('loads differ by one at most', () => {
    fc.assert(
      fc.property(equalSpec, spec => {
        const loads = loadsOf(spec)
        expect(Math.max(0, ...loads) - Math.min(...loads, Math.max(0, ...loads))).toBeLessThanOrEqual(1)
      })
    )
  })

  test('as many partitions as balance allows stay where they are', () => {
    fc.assert(
      fc.property(equalSpec, fc.nat(40), fc.nat(40), (spec, leaver, joiner) => {
        const before = assign(spec)
        const members = new Map(owning(spec, before).members)
        const [topics] = [...members.values()].map(each => each.subscribedTopicIds)
        members.delete(`m${leaver}`)
        if (topics !== undefined) members.set(`j${joiner}`, member(topics))
        const after = assign({ ...spec, members })
        const total = [...after.values()].reduce((sum, each) => sum + loadOf(each), 0)
        expect(gained(before, after)).toBe(total - mostKept(members, total))
      })
    )
  })

  /** Each member keeps what it has up to the smaller share, and as many as there are larger shares one more. */
  function mostKept(members: ReadonlyMap<string, MemberSpec>, total: number): number {
    if (members.size === 0) return 0
    const smaller = Math.floor(total / members.size)
    const loads = [...members.values()].map(({ owned }) => loadOf(owned))
    const larger = Math.min(total % members.size, loads.filter(load => load > smaller).length)
    return loads.reduce((sum, load) => sum + Math.min(load, smaller), larger)
  }

  test('a joiner gets what the others have too much of, and only that moves', () => {
    const counts = new Map([['orders', 12]])
    const three = new Map(['a', 'b', 'c'].map(id => [id, member(['orders'])]))
    const before = assign({ members: three, partitionCounts: counts })
    const four = new Map(owning({ members: three, partitionCounts: counts }, before).members).set(
      'd',
      member(['orders'])
    )
    const after = assign({ members: four, partitionCounts: counts })
    expect([...after.values()].map(loadOf)).toEqual([3, 3, 3, 3])
    expect(gained(before, after)).toBe(3)
  })

  test('everybody gets some of each topic', () => {
    const members = new Map(['a', 'b'].map(id => [id, member(['x', 'y'])]))
    const before = assign({
      members,
      partitionCounts: new Map([
        ['x', 4],
        ['y', 4]
      ])
    })
    expect(before.get('a')).toEqual(
      new Map([
        ['x', [0, 2]],
        ['y', [0, 2]]
      ])
    )
    const more = new Map(owning({ members, partitionCounts: new Map() }, before).members).set('c', member(['x', 'y']))
    const after = assign({
      members: more,
      partitionCounts: new Map([
        ['x', 4],
        ['y', 4]
      ])
    })
    expect([...(after.get('a')?.keys() ?? [])]).toEqual(['x', 'y'])
  })
})

describe('different subscriptions', () => {
  test('no assignment is better balanced', () => {
    const counts = fc.array(fc.nat(5), { minLength: 4, maxLength: 4 })
    const subscriptions = fc.array(fc.subarray(['t0', 't1', 't2', 't3']), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(counts, subscriptions, subscriptions, (numbers, subscribed, earlier) => {
        const partitionCounts = new Map(numbers.map((count, i) => [`t${i}`, count]))
        const group = (topics: readonly string[][]) => ({
          members: new Map(topics.map((each, i) => [`m${i}`, member(each)])),
          partitionCounts
        })
        const spec = owning(group(subscribed), assign(group(earlier)))
        expect(squares(loadsOf(spec))).toBe(bestSquares(spec))
      }),
      { numRuns: 400 }
    )
  })

  test('balance also comes from chains, where no single move would help', () => {
    const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
    const members = new Map([
      ['a', member(['x'], { owned: new Map([['x', numbers(0, 9)]]) })],
      [
        'b',
        member(['x', 'y'], {
          owned: new Map([
            ['x', numbers(9, 14)],
            ['y', numbers(0, 5)]
          ])
        })
      ],
      ['c', member(['y'], { owned: new Map([['y', numbers(5, 16)]]) })]
    ])
    const spec = {
      members,
      partitionCounts: new Map([
        ['x', 14],
        ['y', 16]
      ])
    }
    expect(loadsOf(spec)).toEqual([10, 10, 10])
    expect(gained(new Map([...members].map(([id, { owned }]) => [id, owned])), assign(spec))).toBe(2)
  })
})
