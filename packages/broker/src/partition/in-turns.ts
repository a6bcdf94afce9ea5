import type { Clock } from '@streambus/base'

/** Long enough for the usual topic to be there within the turn that began it. */
const BUDGET_MS = 20

/**
 * Does `work` at once, as far as `budgetMs` go, and the rest in further turns of the event loop with everything else in
 * between. A turn is over with the step that passes the budget. Null when all of it is done; else resolves when it is.
 * Throws and rejects what a step throws.
 */
export function inTurns(clock: Clock, work: Iterator<void, void>, budgetMs = BUDGET_MS): Promise<void> | null {
  if (isDoneInOneTurn(clock, work, budgetMs)) return null
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      try {
        if (isDoneInOneTurn(clock, work, budgetMs)) resolve()
        else clock.after(0, turn)
      } catch (error) {
        reject(error)
      }
    }
    clock.after(0, turn)
  })
}

/** The same for work that has a result. Rejects what a step throws, also in the first turn. */
export async function resultInTurns<T>(clock: Clock, work: Generator<void, T>, budgetMs = BUDGET_MS): Promise<T> {
  const results: T[] = []
  function* kept(): Generator<void, void> {
    results.push(yield* work)
  }
  await inTurns(clock, kept(), budgetMs)
  return results[0] as T
}

function isDoneInOneTurn(clock: Clock, work: Iterator<void, void>, budgetMs: number): boolean {
  const untilMs = clock.monotonicMs() + budgetMs
  while (work.next().done !== true) if (clock.monotonicMs() >= untilMs) return false
  return true
}
