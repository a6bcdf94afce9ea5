import { type Outcome, type SimulationOptions, simulate } from './simulation.ts'

/** As many as `npm test` runs without a bug. */
export const SEEDS_MAX = 60

/** The first seed in which the invariant is violated; null when there is none. */
export async function firstFound(
  invariant: string,
  options: Omit<SimulationOptions, 'seed'> = {}
): Promise<Outcome | null> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const outcome = await simulate({ ...options, seed })
    if (outcome.violation?.invariant === invariant) return outcome
  }
  return null
}
