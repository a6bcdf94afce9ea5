import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommitWindows } from '../../../src/coordinator/lag/commit-windows.ts'

const of = fc.record({
  group: fc.constantFrom('a', 'b'),
  topic: fc.constantFrom('t', 't1'),
  partition: fc.constantFrom(0, 1, 11)
})
const steps = fc.array(
  fc.record({ of, what: fc.constantFrom('add', 'add', 'add', 'forget', 'forget group'), offset: fc.nat(9) }),
  { maxLength: 60 }
)

test('each group and partition has a window of its own, as long as there is room', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 6 }), (all, windowsMax) => {
      const windows = new CommitWindows({ windowsMax, window: { commitsMax: 3, minDistanceMs: 0 } })
      let list: { name: string; group: string; offsets: number[] }[] = []
      for (const [timeMs, { of: pair, what, offset }] of all.entries()) {
        const name = JSON.stringify(pair)
        const known = list.find(each => each.name === name)
        if (what === 'add') {
          if (known !== undefined) known.offsets.push(offset)
          else if (list.length < windowsMax) list.push({ name, group: pair.group, offsets: [offset] })
          const isIn = list.some(each => each.name === name)
          expect(windows.add(pair, { offset, timeMs, lag: null })).toBe(isIn)
        } else if (what === 'forget') {
          windows.forget(pair)
          list = list.filter(each => each.name !== name)
        } else {
          windows.forgetGroup(pair.group)
          list = list.filter(each => each.group !== pair.group)
        }
        expect(windows.windowCount).toBe(list.length)
        const wanted = list.find(each => each.name === name)?.offsets.slice(-3)
        expect(
          windows
            .find(pair)
            ?.commits()
            .map(commit => commit.offset)
        ).toEqual(wanted)
      }
    }),
    { numRuns: 400 }
  )
})
