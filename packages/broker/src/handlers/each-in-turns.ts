import type { Clock } from '@streambus/base'
import { inTurns } from '../partition/in-turns.ts'

/** Of each turn of the event loop: other connections are served in between. */
const TURN_MS = 5

/**
 * `ask` for every item, in order, as many as a turn has time for; the rest in further turns. One request may name as
 * many groups as fit in a frame, and none of them should keep the heartbeats of others waiting.
 */
export async function eachInTurns<T, R>(
  clock: Clock,
  items: readonly T[],
  ask: (item: T) => R | Promise<R>
): Promise<R[]> {
  const answers: (R | Promise<R>)[] = []
  function* work(): Generator<void, void> {
    for (const item of items) {
      answers.push(ask(item))
      yield
    }
  }
  await inTurns(clock, work(), TURN_MS)
  return Promise.all(answers)
}
