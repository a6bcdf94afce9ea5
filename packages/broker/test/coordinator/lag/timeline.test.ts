import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type GroupEvent, GroupTimelines, type TimelineEvent } from '../../../src/coordinator/lag/timeline.ts'

const member = { clientId: 'c', instanceId: null }

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ group: fc.constantFrom('a', 'b', 'c'), forget: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ group: fc.constantFrom('a', 'b', 'c'), forget: fc.constant(true) }) }
)

test('of each group the newest events are kept, and of all groups together the newest', () => {
  const limits = fc.record({
    eventsPerGroup: fc.integer({ min: 1, max: 6 }),
    eventsMax: fc.integer({ min: 1, max: 12 })
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), limits, (steps, { eventsPerGroup, eventsMax }) => {
      const timelines = new GroupTimelines({ eventsPerGroup, eventsMax })
      let list: { group: string; event: TimelineEvent }[] = []
      let id = 0
      for (const [i, { group, forget }] of steps.entries()) {
        if (forget) {
          timelines.forget(group)
          list = list.filter(each => each.group !== group)
        } else {
          const event: GroupEvent = { kind: 'joined', memberId: `m${i}`, ...member }
          timelines.add(group, i * 10, event)
          list.push({ group, event: { ...event, id: ++id, timeMs: i * 10 } })
          const ofGroup = list.filter(each => each.group === group)
          if (ofGroup.length > eventsPerGroup) list = list.filter(each => each !== ofGroup[0])
          list = list.slice(-eventsMax)
        }
        for (const name of ['a', 'b', 'c']) {
          const wanted = list.filter(each => each.group === name).map(({ event }) => event)
          expect(timelines.eventsOf(name)).toEqual(wanted)
          expect(timelines.eventsOf(name, id - 2)).toEqual(wanted.filter(event => event.id > id - 2))
        }
        expect(timelines.eventCount).toBe(list.length)
        expect(timelines.groupCount).toBe(new Set(list.map(each => each.group)).size)
      }
    })
  )
})

test('a rebalance has a reason and a duration; names of clients are cut', () => {
  const timelines = new GroupTimelines()
  const long = 'x'.repeat(300)
  timelines.add('g', 5, { kind: 'expired', memberId: long, clientId: long, instanceId: long })
  timelines.add('g', 6, { kind: 'rebalance-started', generation: 3, reason: long })
  timelines.add('g', 9, { kind: 'rebalance-ended', generation: 4, reason: 'member expired', durationMs: 3 })
  const cut = 'x'.repeat(256)
  expect(timelines.eventsOf('g')).toEqual([
    { id: 1, timeMs: 5, kind: 'expired', memberId: cut, clientId: cut, instanceId: cut },
    { id: 2, timeMs: 6, kind: 'rebalance-started', generation: 3, reason: cut },
    { id: 3, timeMs: 9, kind: 'rebalance-ended', generation: 4, reason: 'member expired', durationMs: 3 }
  ])
})

test('what was handed out does not change any more', () => {
  const timelines = new GroupTimelines({ eventsPerGroup: 1, eventsMax: 10 })
  timelines.add('g', 1, { kind: 'left', memberId: 'm', ...member })
  const before = timelines.eventsOf('g')
  timelines.add('g', 2, { kind: 'left', memberId: 'n', ...member })
  expect(before.map(({ id }) => id)).toEqual([1])
})
