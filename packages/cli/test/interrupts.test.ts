import { EventEmitter } from 'node:events'
import { ManualClock } from '@streambus/testkit'
import { expect, it } from 'vitest'
import { onInterrupt } from '../src/interrupts.ts'

function listening() {
  const clock = new ManualClock()
  const codes: number[] = []
  const source = Object.assign(new EventEmitter(), { exit: (code: number) => void codes.push(code) })
  let runs = 0
  const undo = onInterrupt(() => runs++, { source, clock })
  return { clock, source, codes, undo, runs: () => runs }
}

it('runs at the first signal, whichever, and takes what npm sends after it for the same', () => {
  const { source, clock, codes, runs } = listening()
  source.emit('SIGINT')
  clock.advance(20)
  source.emit('SIGINT')
  expect([runs(), codes]).toEqual([1, []])
  clock.advance(1_000)
  source.emit('SIGTERM')
  expect([runs(), codes]).toEqual([1, [130]])
})

it('leaves nothing behind', () => {
  const { source, undo, runs } = listening()
  undo()
  expect([source.listenerCount('SIGINT'), source.listenerCount('SIGTERM')]).toEqual([0, 0])
  source.emit('SIGINT')
  expect(runs()).toBe(0)
})
