import type { BrokerMetrics } from '@streambus/metrics'
import type { ElectionType, QuorumProbe, ReplicationProbe, ReplicationState } from '../partition/replication-probe.ts'

const GROUP = 'metadata'
const ELECTIONS: readonly ElectionType[] = ['clean', 'unclean', 'preferred', 'controlled_shutdown']

/** Connects replication to the metrics; `state` is asked before each scrape. */
export function bindReplication(metrics: BrokerMetrics, state: () => ReplicationState): ReplicationProbe {
  const { cells } = metrics
  for (const type of ELECTIONS) cells.leaderElections.child(type)
  metrics.beforeRender(() => showPeers(metrics, state()))
  return {
    replicated: latencyMs => cells.replicationLatency.observe(latencyMs / 1000),
    isrShrunk: () => cells.isrShrinks.add(1),
    isrExpanded: () => cells.isrExpands.add(1),
    isrUpdateFailed: () => cells.isrUpdateFailures.add(1),
    elected(type, leaderlessMs) {
      cells.leaderElections.child(type).add(1)
      cells.leaderElectionDuration.observe(leaderlessMs / 1000)
    },
    fetchFailed: (peer, error) => cells.replicaFetchFailures.child(String(peer), error).add(1),
    bytesIn(count, isMoving) {
      cells.replicationBytesIn.add(count)
      if (isMoving) cells.reassignmentBytesIn.add(count)
    },
    bytesOut(count, isMoving) {
      cells.replicationBytesOut.add(count)
      if (isMoving) cells.reassignmentBytesOut.add(count)
    },
    truncated: () => cells.logTruncations.add(1),
    quorum: bindQuorum(metrics)
  }
}

function bindQuorum({ cells }: BrokerMetrics): QuorumProbe {
  return {
    electionEnded: result => cells.raftElections.child(GROUP, result).add(1),
    leaderChanged(leaderlessMs) {
      cells.raftLeaderChanges.child(GROUP).add(1)
      cells.raftElectionDuration.child(GROUP).observe(leaderlessMs / 1000)
    },
    peerAnswered: (peer, roundTripMs) => cells.raftPeerRoundTrip.child(GROUP, String(peer)).observe(roundTripMs / 1000),
    peerSilent: peer => cells.raftHeartbeatFailures.child(GROUP, String(peer)).add(1),
    message: (type, direction) => cells.raftMessages.child(GROUP, type, direction).add(1),
    snapshot(op, durationMs, bytes) {
      cells.raftSnapshots.child(GROUP, op).add(1)
      cells.raftSnapshotDuration.child(GROUP, op).observe(durationMs / 1000)
      cells.raftSnapshotSize.child(GROUP, op).set(bytes)
    }
  }
}

/** Anew each time: a broker that has left must not stay at its last lag. */
function showPeers({ cells }: BrokerMetrics, { peers, reassigning }: ReplicationState): void {
  const { replicaMaxLagMessages, replicaMaxLagSeconds, raftPeerLag, raftPeerContact } = cells
  for (const family of [replicaMaxLagMessages, replicaMaxLagSeconds]) family.clear()
  for (const family of [raftPeerLag, raftPeerContact]) family.clear()
  for (const { peer, lagMessages, lagMs, quorum } of peers) {
    replicaMaxLagMessages.child(String(peer)).set(lagMessages)
    replicaMaxLagSeconds.child(String(peer)).set(lagMs / 1000)
    if (quorum === null) continue
    raftPeerLag.child(GROUP, String(peer)).set(quorum.lagEntries)
    raftPeerContact.child(GROUP, String(peer)).set(quorum.sinceContactMs / 1000)
  }
  cells.reassigningPartitions.set(reassigning)
}
