import { ManualClock } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { SharedResult } from '../../../src/coordinator/lag/shared-result.ts'

function setup() {
  const clock = new ManualClock()
  const runs: PromiseWithResolvers<string>[] = []
  const compute = (): Promise<string> => {
    const run = Promise.withResolvers<string>()
    runs.push(run)
    return run.promise
  }
  return { clock, runs, shared: new SharedResult({ clock, youngMs: 1_000, compute }) }
}

test('who asks while it is computed gets the same result, and so does who asks within a second', async () => {
  const { clock, runs, shared } = setup()
  const asked = [shared.get(), shared.get()]
  // However long it takes: it is young from when it is there.
  clock.advance(5_000)
  asked.push(shared.get())
  runs[0]?.resolve('one')
  expect(await Promise.all(asked)).toEqual(['one', 'one', 'one'])
  clock.advance(999)
  expect(await shared.get()).toBe('one')
  expect(runs).toHaveLength(1)
  clock.advance(1)
  const again = shared.get()
  runs[1]?.resolve('two')
  expect(await again).toBe('two')
})

test('a failure is told to all who wait, and to nobody after them', async () => {
  const { runs, shared } = setup()
  const asked = [shared.get(), shared.get()]
  runs[0]?.reject(new Error('boom'))
  for (const each of asked) await expect(each).rejects.toThrow('boom')
  const again = shared.get()
  runs[1]?.resolve('two')
  expect(await again).toBe('two')
})

test('what is old is dropped without being asked for, what is young is kept', async () => {
  const { clock, runs, shared } = setup()
  const first = shared.get()
  runs[0]?.resolve('one')
  await first
  shared.dropOld()
  expect(await shared.get()).toBe('one')
  clock.advance(1_000)
  shared.dropOld()
  void shared.get()
  expect(runs).toHaveLength(2)
})
