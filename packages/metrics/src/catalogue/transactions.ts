import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Parts of the guide's transaction metrics, at zero until there are transactions.

const owner = { scope: 'owner' } as const

export const transactionMetrics = ownedBy('transactions', {
  transactionsStarted: counter('streambus_transactions_started_total', 'Transactions begun.', owner),
  transactionAborts: counter('streambus_transaction_aborts_total', 'Transactions aborted, by reason.', {
    ...owner,
    labels: ['reason'],
    whenEmpty: ['client']
  }),
  transactionsByState: gauge('streambus_transactions_by_state', 'Transactional ids by the state they are in.', {
    ...owner,
    labels: ['state'],
    whenEmpty: ['Ongoing']
  }),
  transactionalIds: gauge('streambus_transactional_ids', 'Transactional ids that are known.', owner),
  transactionOldestOpen: gauge(
    'streambus_transaction_oldest_open_seconds',
    'How long the oldest open transaction has been open; 0 when none is.',
    { ...owner, unit: 'seconds' }
  ),
  transactionsHanging: gauge(
    'streambus_transactions_hanging',
    'Transactions open in a partition that their coordinator does not know.',
    owner
  ),
  transactionMarkersPending: gauge(
    'streambus_transaction_markers_pending',
    'Commit and abort markers that are not written yet.',
    owner
  ),
  transactionMarkerErrors: counter(
    'streambus_transaction_marker_errors_total',
    'Attempts to write markers that failed.',
    owner
  ),
  transactionPhase: histogram(
    'streambus_transaction_phase_seconds',
    'Ending a transaction, by phase: until the decision is durable (prepare), until all markers are written (markers).',
    { ...owner, labels: ['phase'], whenEmpty: ['prepare'], unit: 'seconds', buckets: 'requestSeconds' }
  ),
  transactionVerificationFailures: counter(
    'streambus_transaction_verification_failures_total',
    'Transactional batches refused because their coordinator does not know the transaction.',
    owner
  )
})
