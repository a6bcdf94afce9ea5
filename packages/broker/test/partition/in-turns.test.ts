import type { Clock } from '@streambus/base'
import { Errors, produceApi } from '@streambus/protocol'
import { ManualClock } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { inTurns, resultInTurns } from '../../src/partition/in-turns.ts'
import { batchOf, type DataPlane, openDataPlane } from '../data-plane.ts'

/** A clock by which every look at it takes a millisecond, so a turn has room for about 20 steps. */
function busyClock(time: ManualClock): Clock {
  let busyMs = 0
  return {
    monotonicMs: () => time.monotonicMs() + busyMs++,
    wallMs: () => time.wallMs(),
    after: (delayMs, run) => time.after(delayMs, run)
  }
}

function* steps(count: number, done: number[]): Generator<void, void> {
  for (let i = 0; i < count; i++) {
    done.push(i)
    yield
  }
}

test('little work is done at once, much work in turns, and the promise resolves with the last', async () => {
  const time = new ManualClock()
  const done: number[] = []
  expect(inTurns(busyClock(time), steps(5, done))).toBe(null)
  expect([done.length, time.timerCount]).toEqual([5, 0])
  done.length = 0
  let isOver = false
  const rest = inTurns(busyClock(time), steps(50, done))?.then(() => (isOver = true))
  expect(done.length).toBeGreaterThan(0)
  expect(done.length).toBeLessThanOrEqual(20)
  await Promise.resolve()
  expect(isOver).toBe(false)
  time.advance(0)
  await rest
  expect([done.length, isOver]).toEqual([50, true])
})

test('what a step throws rejects, at once or later', async () => {
  const time = new ManualClock()
  function* broken(count: number): Generator<void, void> {
    yield* steps(count, [])
    throw new Error('boom')
  }
  expect(() => inTurns(busyClock(time), broken(1))).toThrow('boom')
  const later = inTurns(busyClock(time), broken(50))
  time.advance(10)
  await expect(later).rejects.toThrow('boom')
})

test('a turn has as much time as it is given, and work may have a result', async () => {
  const time = new ManualClock()
  const done: number[] = []
  function* work(count: number): Generator<void, string> {
    yield* steps(count, done)
    return 'result'
  }
  const small = await resultInTurns(busyClock(time), work(3), 5)
  expect([small, done.length, time.timerCount]).toEqual(['result', 3, 0])
  done.length = 0
  const large = resultInTurns(busyClock(time), work(30), 5)
  expect(done.length).toBeLessThanOrEqual(5)
  time.advance(0)
  expect(await large).toBe('result')
  expect(done.length).toBe(30)
  // oxlint-disable-next-line require-yield -- it fails before
  const broken = function* (): Generator<void, string> {
    throw new Error('boom')
  }
  await expect(resultInTurns(busyClock(time), broken(), 5)).rejects.toThrow('boom')
})

function produce(plane: DataPlane, topic: string) {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batchOf(['x']) }] }]
  return plane.inject(produceApi, 9, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
}

test('while a topic of many partitions comes into being, others are served; it is answered when all are open', async () => {
  const time = new ManualClock()
  const plane = await openDataPlane({ turns: busyClock(time) })
  await plane.createTopic('small')
  let isAnswered = false
  const creation = plane.createTopic('large', 100).then(() => (isAnswered = true))
  await plane.settle()
  expect([isAnswered, plane.partitions.find('large', 0) === undefined]).toEqual([false, false])
  expect(plane.partitions.find('large', 99)).toBe(undefined)
  const other = produce(plane, 'small')
  await plane.settle()
  expect(other.body?.responses[0]?.partitionResponses[0]?.errorCode).toBe(Errors.NONE.code)
  expect(isAnswered).toBe(false)
  time.advance(100)
  await creation
  expect(plane.partitions.find('large', 99)).toBeDefined()
  expect([...plane.partitions.all()].length).toBe(101)
})

test('a topic that is deleted in turns is gone with the first, and a stop in between ends the rest', async () => {
  const time = new ManualClock()
  const plane = await openDataPlane({ turns: busyClock(time) })
  const creation = plane.createTopic('t', 60)
  await plane.settle()
  time.advance(100)
  await creation
  const deletion = plane.controller.deleteTopic(plane.controller.image.topicByName('t')?.id ?? '')
  await plane.settle()
  expect([[...plane.partitions.all()].length, plane.partitions.find('t', 59)]).toEqual([0, undefined])
  const left = (): number => plane.disk.list('/data').filter(({ name }) => name.startsWith('t-')).length
  const before = left()
  expect(before).toBeGreaterThan(0)
  plane.partitions.close(false)
  time.advance(100)
  await deletion
  expect(left()).toBe(before)
})
