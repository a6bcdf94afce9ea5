import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// The monitoring guide's 44 metrics. All are served without labels from the first scrape on, because its queries
// divide one series by another and alert on a bare rate(); only the consumer group lag carries its group.
// Six gauges end in `_total` against every convention: the guide's names stand, broker.ts has their twins.

const seed = { stability: 'seed' } as const
const seconds = { stability: 'seed', unit: 'seconds' } as const
const bytes = { stability: 'seed', unit: 'bytes' } as const
const cluster = { stability: 'seed', scope: 'cluster' } as const
const owner = { stability: 'seed', scope: 'owner' } as const
const latency = { stability: 'seed', unit: 'seconds', buckets: 'seedSeconds' } as const

export const seedMetrics = {
  ...ownedBy('broker', {
    brokerUptime: gauge('streambus_broker_uptime_seconds', 'Seconds since the broker began to start.', seconds),
    brokerStatus: gauge('streambus_broker_status', 'Broker status: 0 stopped, 1 starting, 2 running, 3 stopping.', seed)
  }),
  ...ownedBy('connections', {
    brokerConnections: gauge('streambus_broker_connections', 'Open client connections.', seed)
  }),
  ...ownedBy('broker', {
    brokerActiveRequests: gauge(
      'streambus_broker_active_requests',
      'Requests decoded whose answer has not been handed to the socket, parked long polls included.',
      seed
    )
  }),
  ...ownedBy('partitions', {
    messagesProduced: counter('streambus_messages_produced_total', 'Records accepted from producers.', seed),
    messagesConsumed: counter('streambus_messages_consumed_total', 'Records returned to consumers.', seed)
  }),
  ...ownedBy('log', {
    messagesStored: counter('streambus_messages_stored_total', 'Records appended to any local log.', seed)
  }),
  ...ownedBy('partitions', {
    bytesProduced: counter('streambus_bytes_produced_total', 'Batch bytes accepted from producers, as received.', seed),
    bytesConsumed: counter('streambus_bytes_consumed_total', 'Batch bytes returned to consumers, as sent.', seed)
  }),
  ...ownedBy('log', {
    bytesStored: counter('streambus_bytes_stored_total', 'Batch bytes appended to any local log.', seed)
  }),
  ...ownedBy('broker', {
    topicsTotal: gauge(
      'streambus_topics_total',
      'Topics in the cluster, internal ones included. Twin: streambus_topics.',
      cluster
    ),
    partitionsTotal: gauge(
      'streambus_partitions_total',
      'Partitions in the cluster. Twin: streambus_partitions.',
      cluster
    ),
    replicasTotal: gauge(
      'streambus_replicas_total',
      'Replica assignments in the cluster. Twin: streambus_replicas.',
      cluster
    )
  }),
  ...ownedBy('requests', {
    produceLatency: histogram(
      'streambus_produce_latency_seconds',
      'Produce request decoded until its answer is ready, the wait for acks included.',
      latency
    ),
    consumeLatency: histogram(
      'streambus_consume_latency_seconds',
      'Fetch request of a consumer, without the time a long poll waits on purpose.',
      latency
    )
  }),
  ...ownedBy('replication', {
    replicationLatency: histogram(
      'streambus_replication_latency_seconds',
      'Append on the leader until the fetch position of a replica passes the batch.',
      latency
    )
  }),
  ...ownedBy('partitions', {
    commitLatency: histogram(
      'streambus_commit_latency_seconds',
      'Append on the leader until the high watermark passes the batch.',
      latency
    )
  }),
  ...ownedBy('lag', {
    consumerGroupsTotal: gauge(
      'streambus_consumer_groups_total',
      'Consumer groups coordinated here. Twin: sum(streambus_consumer_groups).',
      owner
    ),
    consumerGroupMembersTotal: gauge(
      'streambus_consumer_group_members_total',
      'Members of the groups coordinated here. Twin: sum(streambus_consumer_group_members).',
      owner
    ),
    consumerGroupLag: gauge(
      'streambus_consumer_group_lag',
      'Records between the committed offsets and the ends of the partitions, summed per group; group="" while there is none.',
      { ...owner, labels: ['group'], cardinality: 'G', whenEmpty: [''] }
    )
  }),
  ...ownedBy('transactions', {
    transactionsActive: gauge('streambus_transactions_active', 'Transactions ongoing or being completed.', owner),
    transactionsCommitted: counter('streambus_transactions_committed_total', 'Transactions committed.', owner),
    transactionsAborted: counter(
      'streambus_transactions_aborted_total',
      'Transactions aborted, for any reason.',
      owner
    ),
    transactionDuration: histogram(
      'streambus_transaction_duration_seconds',
      'First partition added until the transaction is complete.',
      { ...latency, scope: 'owner' }
    )
  }),
  ...ownedBy('broker', {
    storageUsed: gauge(
      'streambus_storage_used_bytes',
      'Bytes of segments, their indexes on disk, and the metadata log.',
      bytes
    ),
    storageAvailable: gauge(
      'streambus_storage_available_bytes',
      'Bytes free for the broker; a filesystem that several log directories share counts once.',
      bytes
    ),
    segmentsTotal: gauge('streambus_segments_total', 'Log segments on disk. Twin: streambus_segments.', seed)
  }),
  ...ownedBy('cleaner', {
    compactions: counter('streambus_compactions_total', 'Finished compaction passes.', seed)
  }),
  ...ownedBy('connections', {
    networkBytesIn: counter('streambus_network_bytes_in_total', 'Bytes read from client sockets.', seed),
    networkBytesOut: counter(
      'streambus_network_bytes_out_total',
      'Bytes of answers that client sockets have taken; each answer counts when all of it has been.',
      seed
    ),
    networkRequests: counter('streambus_network_requests_total', 'Complete requests taken off client sockets.', seed),
    networkErrors: counter(
      'streambus_network_errors_total',
      'Resets, framing and parse failures, stalls and write errors; no Kafka error codes and no clean closes.',
      seed
    )
  }),
  ...ownedBy('security', {
    authenticationAttempts: counter(
      'streambus_authentication_attempts_total',
      'Finished authentication attempts.',
      seed
    ),
    authenticationFailures: counter('streambus_authentication_failures_total', 'Failed authentication attempts.', seed),
    authorizationChecks: counter(
      'streambus_authorization_checks_total',
      'Authorization decisions, cached ones included.',
      seed
    ),
    authorizationDenials: counter(
      'streambus_authorization_denials_total',
      'Authorization decisions that denied.',
      seed
    ),
    auditEventsLogged: counter('streambus_audit_events_logged_total', 'Audit events handed to their sink.', seed)
  }),
  ...ownedBy('broker', {
    clusterSize: gauge('streambus_cluster_size', 'Registered brokers, fenced ones included.', cluster),
    clusterLeader: gauge('streambus_cluster_leader', '1 on the active controller, 0 elsewhere.', seed),
    raftTerm: gauge('streambus_raft_term', 'Term of the metadata quorum as this broker knows it.', seed),
    raftCommitIndex: gauge(
      'streambus_raft_commit_index',
      'Committed index of the metadata quorum as this broker knows it.',
      seed
    )
  }),
  ...ownedBy('schemas', {
    schemasRegistered: counter('streambus_schemas_registered_total', 'Schema ids assigned.', owner),
    schemaValidations: counter('streambus_schema_validations_total', 'Schema compatibility and id checks.', seed),
    schemaValidationErrors: counter('streambus_schema_validation_errors_total', 'Schema checks that failed.', seed)
  })
}
