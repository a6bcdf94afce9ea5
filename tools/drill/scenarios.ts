import { connectionScenarios } from './connections.ts'
import { diskScenario } from './disk-full.ts'
import { lagScenarios } from './lag.ts'
import { processScenarios } from './process.ts'
import { rebalanceScenario } from './rebalances.ts'
import type { Scenario } from './scenario.ts'

/** Every drill, in the order of the list. */
export const scenarios: readonly Scenario[] = [
  ...lagScenarios,
  rebalanceScenario,
  ...connectionScenarios,
  ...processScenarios,
  diskScenario
]
