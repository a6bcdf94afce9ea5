import type { BrokerMetrics } from '@streambus/metrics'
import type { ElectionType, ReplicationProbe, ReplicationState } from '../partition/replication-probe.ts'

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
    elected: type => cells.leaderElections.child(type).add(1),
    fetchFailed: (peer, error) => cells.replicaFetchFailures.child(String(peer), error).add(1),
    bytesIn: count => cells.replicationBytesIn.add(count),
    bytesOut: count => cells.replicationBytesOut.add(count),
    quorumElectionEnded: result => cells.raftElections.child(GROUP, result).add(1),
    quorumLeaderChanged: () => cells.raftLeaderChanges.child(GROUP).add(1)
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
