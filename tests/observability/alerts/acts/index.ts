import type { Act } from '../act.ts'
import { budgetActs } from './budgets.ts'
import { clientActs } from './clients.ts'
import { diskActs } from './disks.ts'
import { groupActs } from './groups.ts'
import { machineActs } from './machine.ts'
import { monitoringActs } from './monitoring.ts'
import { processActs } from './process.ts'

/** Acts on brokers of their own, several at once; those that take longest first. */
export const acts: readonly Act[] = [
  ...budgetActs,
  ...groupActs,
  ...diskActs,
  ...machineActs,
  ...monitoringActs,
  ...processActs,
  ...clientActs
]

export { nothingScraped } from './monitoring.ts'
