import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Exclusive } from '../../../src/admin/diagnostics/exclusive.ts'

test('lets one in at a time; leaving twice lets nobody else out', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 100 }), steps => {
      const exclusive = new Exclusive()
      const exits: { readonly name: string; readonly leave: () => void }[] = []
      let inside: string | null = null
      for (const [index, step] of steps.entries()) {
        if (step < 5) {
          const name = `n${index}`
          const leave = exclusive.enter(name)
          expect(leave === null).toBe(inside !== null)
          if (leave !== null) {
            exits.push({ name, leave })
            inside = name
          }
        } else {
          const exit = exits[step % Math.max(1, exits.length)]
          exit?.leave()
          if (exit?.name === inside) inside = null
        }
        expect(exclusive.current).toBe(inside)
      }
    })
  )
})
