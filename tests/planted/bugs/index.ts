import type { Bug } from '../bug.ts'
import { CUTTING_BUGS } from './cutting.ts'
import { DURABILITY_BUGS } from './durability.ts'
import { RECOVERY_BUGS } from './recovery.ts'
import { TRANSACTION_BUGS } from './transactions.ts'

export const BUGS: readonly Bug[] = [...DURABILITY_BUGS, ...RECOVERY_BUGS, ...CUTTING_BUGS, ...TRANSACTION_BUGS]
