import { ManualClock } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { PendingAnswers } from '../../../src/coordinator/runtime/pending-answers.ts'

function open(timeoutMs = 5_000) {
  const clock = new ManualClock()
  const pending = new PendingAnswers(clock, () => timeoutMs)
  const said: string[] = []
  const push = (endOffset: number): void =>
    pending.push({
      endOffset,
      committed: () => said.push(`${endOffset} committed`),
      timedOut: () => said.push(`${endOffset} timed out`)
    })
  return { clock, pending, said, push }
}

test('answers are given in order, as far as the high watermark has come', () => {
  const { pending, said, push } = open()
  for (const offset of [1, 3, 3, 7]) push(offset)
  pending.advance(2)
  pending.advance(3)
  expect(said).toEqual(['1 committed', '3 committed', '3 committed'])
  pending.advance(7)
  expect([said.at(-1), pending.isEmpty]).toEqual(['7 committed', true])
})

test('what is not committed in time is told so, once, each by its own time', () => {
  const { clock, pending, said, push } = open()
  push(1)
  clock.advance(3_000)
  push(2)
  clock.advance(2_000)
  expect(said).toEqual(['1 timed out'])
  clock.advance(3_000)
  expect(said).toEqual(['1 timed out', '2 timed out'])
  pending.advance(10)
  expect(said).toHaveLength(2)
  expect(clock.timerCount).toBe(0)
})

test('nothing is left behind: neither a timer nor memory', () => {
  const { clock, pending, said, push } = open()
  for (let offset = 1; offset <= 1_000; offset++) {
    push(offset)
    if (offset % 10 === 0) pending.advance(offset - 5)
  }
  pending.failAll()
  expect([said.filter(line => line.endsWith('timed out')).length, pending.isEmpty]).toEqual([5, true])
  expect(clock.timerCount).toBe(0)
})

test('who answers may decide the next thing at once', () => {
  const clock = new ManualClock()
  const pending = new PendingAnswers(clock, () => 1_000)
  const said: number[] = []
  const next = (endOffset: number): void =>
    pending.push({
      endOffset,
      committed() {
        said.push(endOffset)
        if (endOffset < 5) next(endOffset + 1)
      },
      timedOut() {}
    })
  next(1)
  pending.advance(4)
  expect(said).toEqual([1, 2, 3, 4])
  expect(pending.isEmpty).toBe(false)
})
