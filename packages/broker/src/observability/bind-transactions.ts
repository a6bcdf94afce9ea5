import type { BrokerMetrics } from '@streambus/metrics'
import type {
  AbortReason,
  TransactionCounts,
  TransactionProbe,
  TransactionState
} from '../coordinator/transaction/transaction-probe.ts'

const ACTIVE: readonly TransactionState[] = ['Ongoing', 'PrepareCommit', 'PrepareAbort']
const STATES: readonly TransactionState[] = [
  ...ACTIVE,
  'Empty',
  'CompleteCommit',
  'CompleteAbort',
  'PrepareEpochFence',
  'Dead'
]
const REASONS: readonly AbortReason[] = ['client', 'timeout', 'fenced', 'coordinator']

/** Connects the transaction coordinator to the metrics; `counts` is asked before each scrape. */
export function bindTransactions(metrics: BrokerMetrics, counts: () => TransactionCounts): TransactionProbe {
  const { cells } = metrics
  for (const reason of REASONS) cells.transactionAborts.child(reason)
  metrics.beforeRender(() => {
    const { byState, oldestOpenMs, hanging, markersPending } = counts()
    const countOf = (state: TransactionState): number => byState.get(state) ?? 0
    for (const state of STATES) cells.transactionsByState.child(state).set(countOf(state))
    cells.transactionalIds.set(STATES.reduce((sum, state) => sum + countOf(state), 0))
    cells.transactionsActive.set(ACTIVE.reduce((sum, state) => sum + countOf(state), 0))
    cells.transactionOldestOpen.set(oldestOpenMs / 1000)
    cells.transactionsHanging.set(hanging)
    cells.transactionMarkersPending.set(markersPending)
  })
  return {
    started: () => cells.transactionsStarted.add(1),
    committed(durationMs) {
      cells.transactionsCommitted.add(1)
      cells.transactionDuration.observe(durationMs / 1000)
    },
    aborted(durationMs, reason) {
      cells.transactionsAborted.add(1)
      cells.transactionAborts.child(reason).add(1)
      cells.transactionDuration.observe(durationMs / 1000)
    },
    markerFailed: () => cells.transactionMarkerErrors.add(1),
    phaseEnded: (phase, durationMs) => cells.transactionPhase.child(phase).observe(durationMs / 1000),
    verificationFailed: () => cells.transactionVerificationFailures.add(1)
  }
}
