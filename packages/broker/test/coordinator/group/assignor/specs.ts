import fc from 'fast-check'
import { expect } from 'vitest'
import type {
  AssignmentSpec,
  MemberAssignment,
  MemberSpec
} from '../../../../src/coordinator/group/assignor/assignor.ts'

export type Assignments = ReadonlyMap<string, MemberAssignment>

/** A plain member; what matters is given. */
export function member(topics: Iterable<string>, more: Partial<MemberSpec> = {}): MemberSpec {
  return { instanceId: null, rackId: null, subscribedTopicIds: new Set(topics), owned: new Map(), ...more }
}

/** The members with `assignments` as what they own. */
export function owning(spec: AssignmentSpec, assignments: Assignments): AssignmentSpec {
  const members = [...spec.members].map(
    ([id, each]) => [id, { ...each, owned: assignments.get(id) ?? new Map() }] as const
  )
  return { ...spec, members: new Map(members) }
}

export function reversed<V>(map: ReadonlyMap<string, V>): Map<string, V> {
  return new Map([...map].reverse())
}

const TOPICS = ['t0', 't1', 't2', 't3', 't4']

export const partitionCounts = fc
  .array(fc.nat(7), { minLength: 5, maxLength: 5 })
  .map(counts => new Map(TOPICS.map((topic, i) => [topic, counts[i] as number])))

/** What members own is anything, also what does not exist, is not subscribed to or is owned twice. */
const junkOwned = fc
  .array(fc.tuple(fc.constantFrom(...TOPICS, 'gone'), fc.uniqueArray(fc.nat(9), { maxLength: 5 })), { maxLength: 4 })
  .map(list => new Map(list.map(([topic, partitions]) => [topic, partitions.sort((a, b) => a - b)])))

function anyMember(topics: fc.Arbitrary<string[]>): fc.Arbitrary<MemberSpec> {
  const instanceId = fc.option(fc.constantFrom('i0', 'i1', 'i2', 'i3'))
  return fc
    .tuple(topics, junkOwned, instanceId)
    .map(([subscribed, owned, instance]) => member(subscribed, { owned, instanceId: instance }))
}

function members(one: fc.Arbitrary<MemberSpec>): fc.Arbitrary<Map<string, MemberSpec>> {
  const ids = fc.uniqueArray(
    fc.nat(30).map(n => `m${n}`),
    { maxLength: 7 }
  )
  return ids.chain(list => fc.tuple(...list.map(id => fc.tuple(fc.constant(id), one))).map(pairs => new Map(pairs)))
}

export const mixedSpec: fc.Arbitrary<AssignmentSpec> = fc.record({
  members: members(anyMember(fc.subarray(TOPICS))),
  partitionCounts
})

export const equalSpec: fc.Arbitrary<AssignmentSpec> = fc
  .subarray(TOPICS)
  .chain(topics => fc.record({ members: members(anyMember(fc.constant(topics))), partitionCounts }))

/** Fails unless each partition of each subscribed topic is exactly one subscriber's, and nothing else is anybody's. */
export function expectValid({ members, partitionCounts: counts }: AssignmentSpec, assignments: Assignments): void {
  expect([...assignments.keys()].sort()).toEqual([...members.keys()].sort())
  const assigned: string[] = []
  for (const [id, assignment] of assignments) {
    for (const [topic, partitions] of assignment) {
      expect(members.get(id)?.subscribedTopicIds.has(topic)).toBe(true)
      expect(partitions).toEqual(partitions.toSorted((a, b) => a - b))
      expect(partitions.length).toBeGreaterThan(0)
      assigned.push(...partitions.map(partition => `${topic}-${partition}`))
    }
  }
  const wanted = new Set([...members.values()].flatMap(({ subscribedTopicIds }) => [...subscribedTopicIds]))
  const all = [...wanted].flatMap(topic =>
    Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => `${topic}-${partition}`)
  )
  expect(assigned.sort()).toEqual(all.sort())
}

export function loadOf(assignment: MemberAssignment | undefined): number {
  let load = 0
  for (const partitions of assignment?.values() ?? []) load += partitions.length
  return load
}

/** Partitions that were somebody's and are now somebody else's, or came to somebody anew. */
export function gained(before: Assignments, after: Assignments): number {
  let count = 0
  for (const [id, assignment] of after) {
    for (const [topic, partitions] of assignment) {
      const had = new Set(before.get(id)?.get(topic))
      count += partitions.filter(partition => !had.has(partition)).length
    }
  }
  return count
}
