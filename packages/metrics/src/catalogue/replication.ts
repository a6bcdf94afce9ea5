import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Replicas, as far as the metadata of this broker tells; what replication itself will report is at zero.

const peer = { labels: ['peer'], whenEmpty: [''] } as const

export const replicationMetrics = {
  ...ownedBy('replicas', {
    underReplicated: gauge(
      'streambus_under_replicated_partitions',
      'Partitions led here with fewer replicas in sync than there are.'
    ),
    underMinIsr: gauge(
      'streambus_under_min_isr_partitions',
      'Partitions led here with fewer replicas in sync than min.insync.replicas.'
    ),
    atMinIsr: gauge(
      'streambus_at_min_isr_partitions',
      'Replicated partitions led here that would refuse producers with one in-sync replica less.'
    ),
    offlineReplicas: gauge('streambus_offline_replicas', 'Replicas of this broker whose log cannot be used.'),
    leaderPartitions: gauge(
      'streambus_leader_partitions',
      'Partitions that this broker leads, without those that are offline.'
    ),
    preferredLeaderImbalance: gauge(
      'streambus_preferred_leader_imbalance_ratio',
      'Share of the partitions preferred here that another broker leads, 0 to 1.'
    )
  }),
  ...ownedBy('replication', {
    isrShrinks: counter('streambus_isr_shrinks_total', 'Replicas that fell out of sync.'),
    isrExpands: counter('streambus_isr_expands_total', 'Replicas that came into sync again.'),
    isrUpdateFailures: counter(
      'streambus_isr_update_failures_total',
      'Changes of in-sync replicas that the controller refused or did not answer.'
    ),
    leaderElections: counter('streambus_leader_elections_total', 'Leaders elected for partitions, by type.', {
      labels: ['type'],
      whenEmpty: ['clean']
    }),
    leaderElectionDuration: histogram(
      'streambus_leader_election_seconds',
      'How long a partition had no leader until one was elected.',
      { unit: 'seconds', buckets: 'longSeconds' }
    ),
    replicaMaxLagMessages: gauge(
      'streambus_replica_max_lag_messages',
      'Records by which the slowest replica of a partition led here is behind, by broker.',
      peer
    ),
    replicaMaxLagSeconds: gauge(
      'streambus_replica_max_lag_seconds',
      'How long the slowest replica of a partition led here has been behind, by broker.',
      { ...peer, unit: 'seconds' }
    ),
    replicaFetchFailures: counter('streambus_replica_fetch_failures_total', 'Fetches from leaders that failed.', {
      labels: ['peer', 'error'],
      whenEmpty: ['', '']
    }),
    replicationBytesIn: counter('streambus_replication_bytes_in_total', 'Batch bytes fetched from leaders.'),
    replicationBytesOut: counter('streambus_replication_bytes_out_total', 'Batch bytes sent to followers.'),
    logTruncations: counter(
      'streambus_log_truncations_total',
      'Logs of followers cut back to where they agree with their leader.'
    ),
    reassigningPartitions: gauge('streambus_reassigning_partitions', 'Partitions whose replicas are being moved.'),
    reassignmentBytesIn: counter(
      'streambus_reassignment_bytes_in_total',
      'Batch bytes fetched for replicas that are being moved here, part of streambus_replication_bytes_in_total.'
    ),
    reassignmentBytesOut: counter(
      'streambus_reassignment_bytes_out_total',
      'Batch bytes sent to replicas that are being moved, part of streambus_replication_bytes_out_total.'
    )
  })
}
