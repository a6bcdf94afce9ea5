import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { BatchQueue } from '../../src/produce/batch-queue.ts'

type Event = 'push' | 'send' | 'take' | 'lose-answer' | 'lose-request'
const EVENTS: readonly Event[] = ['push', 'send', 'take', 'lose-answer', 'lose-request']

/** A broker that takes the next batch in sequence, recognises repeated ones and refuses all others. */
function brokerTakes(log: number[], batch: number): boolean {
  if (log.includes(batch)) return true
  if (batch !== log.length) return false
  log.push(batch)
  return true
}

it('gets every batch into the log once and in order, whatever is lost on the way', () => {
  const events = fc.array(fc.constantFrom(...EVENTS), { maxLength: 200 })
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 5 }), (script, inFlightMax) => {
      const queue = new BatchQueue<number>(inFlightMax)
      const log: number[] = []
      const wire: number[] = []
      let pushed = 0
      const step = (event: Event): void => {
        if (event === 'push') queue.push(pushed++)
        else if (event === 'send') {
          const batch = queue.next()
          if (batch !== null) wire.push(batch)
        } else if (wire.length > 0) {
          // Answers come in the order of the requests.
          const batch = wire.shift() as number
          const isTaken = event !== 'lose-request' && brokerTakes(log, batch)
          if (isTaken && event === 'take') queue.succeeded(batch)
          else queue.failed()
        }
        if (queue.mustRewind) queue.rewind()
        expect(wire.length).toBeLessThanOrEqual(inFlightMax)
      }
      for (const event of script) step(event)
      // From here on nothing is lost any more, so everything must get through.
      for (let round = 0; round < 3 * pushed + 20; round++) {
        step('send')
        step('take')
      }
      expect(queue.count).toBe(0)
      expect(log).toEqual([...Array(pushed).keys()])
    })
  )
})

it('hands out nothing new between a failure and the rewind', () => {
  const queue = new BatchQueue<string>(3)
  for (const batch of ['a', 'b', 'c', 'd']) queue.push(batch)
  expect([queue.next(), queue.next()]).toEqual(['a', 'b'])
  queue.failed()
  expect(queue.next()).toBe(null)
  queue.succeeded('b')
  expect(queue.mustRewind).toBe(true)
  queue.rewind()
  expect([queue.next(), queue.next(), queue.next()]).toEqual(['a', 'c', 'd'])
})
