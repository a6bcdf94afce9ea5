import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Counter } from '../src/cells.ts'
import { Family, OVERFLOW_LABEL } from '../src/family.ts'

const create = (): Counter => new Counter()

function sumOf(family: Family<Counter>): number {
  return [...family.children()].reduce((sum, { cell }) => sum + cell.value, 0)
}

describe('Family', () => {
  it('gives the same cell for the same values and another one for others', () => {
    const family = new Family(['api', 'phase'] as const, create)
    expect(family.child('Fetch', 'local')).toBe(family.child('Fetch', 'local'))
    expect(family.child('Fetch', 'local')).not.toBe(family.child('Fetch', 'remote'))
  })

  it('keeps values apart whatever characters they hold', () => {
    // Few strings of few characters, so that joins which look alike do occur.
    const text = fc.string({ unit: fc.constantFrom('a', ',', '"'), maxLength: 2 })
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: pair => JSON.stringify(pair) }), pairs => {
        const family = new Family(['a', 'b'] as const, create)
        expect(new Set(pairs.map(pair => family.child(...pair))).size).toBe(pairs.length)
      })
    )
  })

  it('sends everything beyond its limit to one overflow child, so that the sum over all stays right', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 4 }), (names, childrenMax) => {
        const family = new Family(['client'] as const, create, childrenMax)
        for (const name of names) family.child(name).add(1)
        const total = [...family.children()].reduce((sum, { cell }) => sum + cell.value, 0)
        expect(total).toBe(names.length)
        expect(family.size).toBeLessThanOrEqual(childrenMax + 1)
      })
    )
  })

  it('adds what is gone to the overflow child, so that the sum over all does not fall', () => {
    const family = new Family(['group', 'reason'] as const, create, 4)
    const names = ['a', 'b', 'c', OVERFLOW_LABEL]
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(2), fc.nat(9), fc.boolean())), steps => {
        for (const [group, reason, count, isGone] of steps) {
          const before = sumOf(family)
          if (isGone) family.evict(group, (rest, its) => rest.add(its.value))
          else family.child(group, String(reason)).add(count)
          expect(sumOf(family)).toBe(before + (isGone ? 0 : count))
          const left = [...family.children()].filter(({ labels }) => labels['group'] === group)
          if (isGone && group !== OVERFLOW_LABEL) expect(left).toEqual([])
        }
      })
    )
  })

  it('serves what was filled beside it once that is complete', () => {
    const family = new Family(['topic'] as const, create, 1)
    family.child('old').add(1)
    const blank = family.blank(2)
    for (const name of ['a', 'b', 'c', 'c']) blank.child(name).add(1)
    const shown = (): unknown[] => [...family.children()].map(({ labels, cell }) => [labels['topic'], cell.value])
    expect(shown()).toEqual([['old', 1]])
    expect(family.droppedCount).toBe(0)
    family.become(blank)
    expect(shown()).toEqual([
      ['a', 1],
      ['b', 1],
      [OVERFLOW_LABEL, 2]
    ])
    expect(family.droppedCount).toBe(2)
    const next = family.blank()
    next.noteDropped(3)
    family.become(next)
    expect([family.size, family.droppedCount]).toEqual([0, 5])
  })

  it('names the overflow child', () => {
    const family = new Family(['topic', 'error'] as const, create, 1)
    family.child('orders', 'x')
    family.child('payments', 'x').add(2)
    const children = [...family.children()].map(({ labels, cell }) => [labels, cell.value])
    expect(children).toEqual([
      [{ topic: 'orders', error: 'x' }, 0],
      [{ topic: OVERFLOW_LABEL, error: OVERFLOW_LABEL }, 2]
    ])
  })
})
