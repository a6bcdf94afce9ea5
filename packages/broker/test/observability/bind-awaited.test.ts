import { createBrokerMetrics } from '@streambus/metrics'
import { expect, test } from 'vitest'
import type { TransactionState } from '../../src/coordinator/transaction/transaction-probe.ts'
import { bindLogLines } from '../../src/observability/bind-log-lines.ts'
import { bindReplication } from '../../src/observability/bind-replication.ts'
import { bindTransactions } from '../../src/observability/bind-transactions.ts'
import type { PeerState } from '../../src/partition/replication-probe.ts'

test('transactions by state and by how they ended', () => {
  const metrics = createBrokerMetrics()
  const { cells } = metrics
  const byState = new Map<TransactionState, number>([
    ['Ongoing', 2],
    ['PrepareAbort', 1],
    ['Empty', 4]
  ])
  const probe = bindTransactions(metrics, () => ({ byState, oldestOpenMs: 1_500, hanging: 1, markersPending: 3 }))
  probe.started()
  probe.committed(20)
  probe.aborted(3_000, 'timeout')
  probe.markerFailed()
  probe.phaseEnded('markers', 40)
  probe.verificationFailed()
  metrics.collect()
  expect([cells.transactionsActive.value, cells.transactionalIds.value]).toEqual([3, 7])
  expect(cells.transactionsByState.child('Empty').value).toBe(4)
  expect([cells.transactionOldestOpen.value, cells.transactionsHanging.value]).toEqual([1.5, 1])
  expect([cells.transactionMarkersPending.value, cells.transactionMarkerErrors.value]).toEqual([3, 1])
  expect([cells.transactionsStarted.value, cells.transactionsCommitted.value]).toEqual([1, 1])
  expect([cells.transactionsAborted.value, cells.transactionAborts.child('timeout').value]).toEqual([1, 1])
  expect(cells.transactionPhase.child('markers').sum).toBeCloseTo(0.04)
  expect(cells.transactionVerificationFailures.value).toBe(1)
  expect([cells.transactionDuration.count, cells.transactionDuration.sum]).toEqual([2, 3.02])
})

test('replicas by broker, of those that are there', () => {
  const metrics = createBrokerMetrics()
  const { cells } = metrics
  const peer: PeerState = { peer: 2, lagMessages: 5, lagMs: 200, quorum: { lagEntries: 3, sinceContactMs: 50 } }
  let peers = [peer, { ...peer, peer: 3, quorum: null }]
  const probe = bindReplication(metrics, () => ({ peers, reassigning: 4 }))
  probe.replicated(7)
  probe.isrShrunk()
  probe.isrExpanded()
  probe.isrUpdateFailed()
  probe.elected('unclean', 500)
  probe.fetchFailed(2, 'NOT_LEADER_OR_FOLLOWER')
  probe.bytesIn(10, false)
  probe.bytesIn(3, true)
  probe.bytesOut(20, true)
  probe.truncated()
  probe.quorum.electionEnded('won')
  probe.quorum.leaderChanged(1_500)
  probe.quorum.peerAnswered(2, 4)
  probe.quorum.peerSilent(3)
  probe.quorum.message('vote', 'out')
  probe.quorum.snapshot('write', 250, 4_096)
  metrics.collect()
  expect(cells.replicationLatency.sum).toBeCloseTo(0.007)
  expect([cells.isrShrinks.value, cells.isrExpands.value]).toEqual([1, 1])
  expect(cells.leaderElections.child('unclean').value).toBe(1)
  expect(cells.replicaFetchFailures.child('2', 'NOT_LEADER_OR_FOLLOWER').value).toBe(1)
  expect(cells.raftElections.child('metadata', 'won').value).toBe(1)
  expect(cells.raftLeaderChanges.child('metadata').value).toBe(1)
  expect([cells.isrUpdateFailures.value, cells.leaderElectionDuration.sum]).toEqual([1, 0.5])
  expect([cells.replicationBytesIn.value, cells.reassignmentBytesIn.value]).toEqual([13, 3])
  expect([cells.replicationBytesOut.value, cells.reassignmentBytesOut.value]).toEqual([20, 20])
  expect(cells.logTruncations.value).toBe(1)
  expect(cells.raftLeaderChanges.child('metadata').value).toBe(1)
  expect(cells.raftElectionDuration.child('metadata').sum).toBe(1.5)
  expect(cells.raftPeerRoundTrip.child('metadata', '2').sum).toBe(0.004)
  expect(cells.raftHeartbeatFailures.child('metadata', '3').value).toBe(1)
  expect(cells.raftMessages.child('metadata', 'vote', 'out').value).toBe(1)
  expect(cells.raftSnapshots.child('metadata', 'write').value).toBe(1)
  expect(cells.raftSnapshotDuration.child('metadata', 'write').sum).toBe(0.25)
  expect(cells.raftSnapshotSize.child('metadata', 'write').value).toBe(4_096)
  expect(cells.replicaMaxLagSeconds.child('3').value).toBe(0.2)
  expect([...cells.raftPeerLag.children()].map(({ labels, cell }) => [labels['peer'], cell.value])).toEqual([['2', 3]])
  expect(cells.reassigningPartitions.value).toBe(4)
  peers = [peer]
  metrics.collect()
  expect(cells.replicaMaxLagMessages.size).toBe(1)
})

test('lines of the log by level, each level from the start', () => {
  const metrics = createBrokerMetrics()
  const lines = bindLogLines(metrics)
  lines.written('error')
  lines.suppressed()
  expect([...metrics.cells.logMessages.children()].map(({ labels, cell }) => [labels['level'], cell.value])).toEqual([
    ['debug', 0],
    ['info', 0],
    ['warn', 0],
    ['error', 1],
    ['fatal', 0]
  ])
  expect(metrics.cells.logSuppressed.value).toBe(1)
})
