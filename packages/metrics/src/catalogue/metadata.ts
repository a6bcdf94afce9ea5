import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// The controller and the log of the metadata. `group` is the quorum: "metadata".

const cluster = { scope: 'cluster' } as const
const event = { labels: ['event'], unit: 'seconds', buckets: 'requestSeconds' } as const
const quorum = { labels: ['group'] } as const
const quorumTime = { ...quorum, unit: 'seconds', buckets: 'diskSeconds' } as const
const snapshot = { labels: ['group', 'op'], whenEmpty: ['metadata', 'write'] } as const
const peer = { labels: ['group', 'peer'], whenEmpty: ['metadata', ''] } as const

export const metadataMetrics = {
  ...ownedBy('metadata', {
    brokers: gauge('streambus_brokers', 'Registered brokers by state.', { ...cluster, labels: ['state'] }),
    metadataOffset: gauge('streambus_metadata_offset', 'Index of the last metadata record applied on this broker.'),
    metadataLagRecords: gauge(
      'streambus_metadata_lag_records',
      'Metadata records committed and not applied on this broker yet.'
    ),
    metadataLagSeconds: gauge(
      'streambus_metadata_lag_seconds',
      'How long the oldest of them has been committed; 0 when there is none.',
      { unit: 'seconds' }
    ),
    controllerQueueSize: gauge('streambus_controller_queue_size', 'Commands that wait for those before them.'),
    controllerEventQueue: histogram(
      'streambus_controller_event_queue_seconds',
      'How long commands of the controller waited for those before them.',
      event
    ),
    controllerEventProcessing: histogram(
      'streambus_controller_event_processing_seconds',
      'From the begin of a command until it was answered: decided, committed, applied.',
      event
    ),
    metadataErrors: counter(
      'streambus_metadata_errors_total',
      'Commands that the controller could not carry out because their records were not written.'
    ),
    raftState: gauge('streambus_raft_state', '1 for the part this broker plays in the quorum, 0 for the others.', {
      labels: ['group', 'state']
    }),
    raftLeaderId: gauge('streambus_raft_leader_id', 'Leader of the quorum as this broker knows it; -1: none.', quorum),
    raftVoters: gauge('streambus_raft_voters', 'Voters of the quorum.', { ...quorum, ...cluster }),
    raftVotersReachable: gauge('streambus_raft_voters_reachable', 'Voters heard of lately, this one included.', quorum),
    raftLastIndex: gauge('streambus_raft_last_index', 'Index of the last entry in the log.', quorum),
    raftAppliedIndex: gauge('streambus_raft_applied_index', 'Index of the last entry applied.', quorum),
    raftUncommitted: gauge('streambus_raft_uncommitted_entries', 'Entries written and not committed yet.', quorum),
    raftUnapplied: gauge('streambus_raft_unapplied_entries', 'Entries committed and not applied yet.', quorum),
    raftLogEntries: gauge('streambus_raft_log_entries', 'Entries in the log.', quorum),
    raftLogSize: gauge('streambus_raft_log_size_bytes', 'Bytes of the log.', { ...quorum, unit: 'bytes' }),
    raftProposals: counter('streambus_raft_proposals_total', 'Batches of entries proposed, by what became of them.', {
      labels: ['group', 'result']
    }),
    raftProposalsPending: gauge('streambus_raft_proposals_pending', 'Batches of entries not committed yet.', quorum),
    raftAppend: histogram('streambus_raft_append_seconds', 'Writing entries to the log.', quorumTime),
    raftFsync: histogram('streambus_raft_fsync_seconds', 'One sync of the log.', quorumTime),
    raftCommit: histogram('streambus_raft_commit_seconds', 'Entries written until they are committed.', quorumTime),
    raftApply: histogram('streambus_raft_apply_seconds', 'Applying the entries of one batch.', quorumTime)
  }),
  ...ownedBy('replication', {
    raftElections: counter('streambus_raft_elections_total', 'Elections this broker stood in: won, lost, timeout.', {
      labels: ['group', 'result'],
      whenEmpty: ['metadata', 'won']
    }),
    raftLeaderChanges: counter('streambus_raft_leader_changes_total', 'Changes of the leader of the quorum.', {
      ...quorum,
      whenEmpty: ['metadata']
    }),
    raftElectionDuration: histogram(
      'streambus_raft_election_seconds',
      'How long the quorum had no leader that this broker knew.',
      { ...quorum, whenEmpty: ['metadata'], unit: 'seconds', buckets: 'longSeconds' }
    ),
    raftPeerLag: gauge('streambus_raft_peer_lag_entries', 'Entries by which a voter is behind its leader.', peer),
    raftPeerContact: gauge('streambus_raft_peer_last_contact_seconds', 'Time since the leader has heard of a voter.', {
      ...peer,
      unit: 'seconds'
    }),
    raftPeerRoundTrip: histogram('streambus_raft_peer_rtt_seconds', 'A request to a voter until its answer.', {
      ...peer,
      unit: 'seconds',
      buckets: 'diskSeconds'
    }),
    raftHeartbeatFailures: counter(
      'streambus_raft_heartbeat_failures_total',
      'Requests of the leader that a voter did not answer.',
      peer
    ),
    raftMessages: counter('streambus_raft_messages_total', 'Requests of the quorum, sent (out) and received (in).', {
      labels: ['group', 'type', 'direction'],
      whenEmpty: ['metadata', 'fetch', 'in']
    }),
    raftSnapshots: counter(
      'streambus_raft_snapshots_total',
      'Snapshots of the metadata written, sent to a voter, or loaded (op: write, send, load).',
      snapshot
    ),
    raftSnapshotDuration: histogram('streambus_raft_snapshot_seconds', 'Time that one of them took.', {
      ...snapshot,
      unit: 'seconds',
      buckets: 'longSeconds'
    }),
    raftSnapshotSize: gauge('streambus_raft_snapshot_size_bytes', 'Size of the last one.', {
      ...snapshot,
      unit: 'bytes'
    })
  })
}
