import type { Clock } from '@streambus/base'

/** Long enough for the usual topic to be there within the turn that began it. */
const BUDGET_MS = 20

/**
 * Does `work` at once, as far as 20 ms go, and the rest in further turns of the event loop with everything else in
 * between. Null when all of it is done; else resolves when it is. Throws and rejects what a step throws.
 */
export function inTurns(clock: Clock, work: Iterator<void, void>): Promise<void> | null {
  if (isDoneInOneTurn(clock, work)) return null
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      try {
        if (isDoneInOneTurn(clock, work)) resolve()
        else clock.after(0, turn)
      } catch (error) {
        reject(error)
      }
    }
    clock.after(0, turn)
  })
}

function isDoneInOneTurn(clock: Clock, work: Iterator<void, void>): boolean {
  const untilMs = clock.monotonicMs() + BUDGET_MS
  while (work.next().done !== true) if (clock.monotonicMs() >= untilMs) return false
  return true
}
