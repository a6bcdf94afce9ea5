import { metadataApi } from '@streambus/protocol'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { InFlight } from '../src/in-flight.ts'

it('gives each id to who waits for it once, to nobody when abandoned, and knows no other ids', () => {
  const step = fc.tuple(fc.constantFrom('add', 'take', 'abandon'), fc.nat(40))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const inFlight = new InFlight()
      const model = new Map<number, 'waiting' | 'abandoned'>()
      for (const [verb, id] of steps) {
        if (verb === 'add') {
          const next = inFlight.nextCorrelationId()
          expect(model.has(next)).toBe(false)
          inFlight.add(next, { api: metadataApi, version: 0, resolve() {}, reject() {}, timer: null })
          model.set(next, 'waiting')
        } else if (verb === 'take') {
          const taken = inFlight.take(id)
          const state = model.get(id)
          expect(taken === undefined ? undefined : taken === null ? 'abandoned' : 'waiting').toBe(state)
          model.delete(id)
        } else {
          expect(inFlight.abandon(id) !== null).toBe(model.get(id) === 'waiting')
          if (model.has(id)) model.set(id, 'abandoned')
        }
        expect(inFlight.count).toBe(model.size)
        expect(inFlight.waitingCount).toBe([...model.values()].filter(state => state === 'waiting').length)
      }
    })
  )
})

it('rejects only those who still wait when everything fails', () => {
  const inFlight = new InFlight()
  const rejected: number[] = []
  for (const id of [0, 1]) {
    const reject = (): number => rejected.push(id)
    inFlight.add(inFlight.nextCorrelationId(), {
      api: metadataApi,
      version: 0,
      resolve() {},
      reject,
      timer: null
    })
  }
  inFlight.abandon(0)
  inFlight.failAll(new Error('gone'))
  expect(rejected).toEqual([1])
  expect(inFlight.count).toBe(0)
})
