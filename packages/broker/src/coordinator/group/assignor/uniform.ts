import type { AssignmentSpec, MemberAssignment, PartitionAssignor } from './assignor.ts'
import { Ledger } from './ledger.ts'
import { shareEqually } from './uniform-equal.ts'
import { shareAmongSubscribers } from './uniform-mixed.ts'

/**
 * Kafka's `uniform`, the default: balance first, then as few moves as possible. With equal subscriptions the numbers
 * of partitions differ by one at most and the fewest possible partitions move; with different ones no chain of moves
 * would improve the balance (`chains.ts` has the limit of that).
 */
export const uniformAssignor: PartitionAssignor = { name: 'uniform', assign }

function assign(spec: AssignmentSpec): ReadonlyMap<string, MemberAssignment> {
  const ledger = new Ledger(spec)
  const [pool] = ledger.pools
  const isEqual = ledger.pools.length === 1 && pool?.subscribers.length === ledger.memberIds.length
  if (isEqual) shareEqually(ledger)
  else shareAmongSubscribers(ledger)
  return ledger.toAssignments()
}
