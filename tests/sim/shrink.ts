import { type Outcome, type SimulationOptions, simulate } from './simulation.ts'
import { FAULT_KINDS, type FaultKind } from './swarm.ts'

export interface Shrunk {
  readonly outcome: Outcome
  /** Kinds of trouble that the violation does not need. */
  readonly without: readonly FaultKind[]
}

/**
 * Switches off one kind of trouble after the other, as long as the same invariant is violated. Null when the seed has
 * no violation.
 */
export async function shrink(options: SimulationOptions): Promise<Shrunk | null> {
  let without = options.without ?? []
  let outcome = await simulate(options)
  if (outcome.violation === null) return null
  const { invariant } = outcome.violation
  for (const kind of FAULT_KINDS) {
    if (outcome.swarm.rates[kind] === 0) continue
    const attempt = await simulate({ ...options, without: [...without, kind] })
    if (attempt.violation?.invariant !== invariant) continue
    without = [...without, kind]
    outcome = attempt
  }
  return { outcome, without }
}
