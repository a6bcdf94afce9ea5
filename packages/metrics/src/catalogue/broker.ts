import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Identity, life cycle and health of one broker, and correctly named twins of the guide's gauges ending in `_total`.

const cluster = { scope: 'cluster' } as const
const seconds = { unit: 'seconds' } as const

export const brokerMetrics = {
  ...ownedBy('broker', {
    topics: gauge('streambus_topics', 'Topics in the cluster, internal ones included.', cluster),
    partitions: gauge('streambus_partitions', 'Partitions in the cluster.', cluster),
    offlinePartitions: gauge('streambus_offline_partitions', 'Partitions whose log is damaged or missing here.'),
    replicas: gauge('streambus_replicas', 'Replica assignments in the cluster.', cluster),
    topicsPendingDeletion: gauge(
      'streambus_topics_pending_deletion',
      'Deleted topics whose files on this broker are not all removed yet.'
    ),
    replicasPendingDeletion: gauge(
      'streambus_replicas_pending_deletion',
      'Replicas of deleted topics on this broker whose files are not removed yet.'
    ),
    segments: gauge('streambus_segments', 'Log segments on disk.'),
    buildInfo: gauge(
      'streambus_build_info',
      'Always 1; what runs here stands in the labels. revision: the commit of Git, where it is known.',
      {
        labels: ['version', 'revision', 'node_version', 'environment']
      }
    ),
    brokerInfo: gauge('streambus_broker_info', 'Always 1; who runs here stands in the labels.', {
      labels: ['broker_id', 'cluster_id', 'rack', 'roles']
    }),
    startTimestamp: gauge(
      'streambus_start_timestamp_seconds',
      'Unix time at which the broker began to start.',
      seconds
    ),
    brokerState: gauge('streambus_broker_state', '1 for the state the broker is in, 0 for the others.', {
      labels: ['state']
    }),
    shutdownInProgress: gauge('streambus_shutdown_in_progress', '1 from the request to stop on.'),
    activeController: gauge('streambus_active_controller', '1 on the active controller, 0 elsewhere.')
  }),
  ...ownedBy('health', {
    ready: gauge('streambus_ready', '1 while the broker serves clients, 0 otherwise. What /ready answers.'),
    healthCheckStatus: gauge(
      'streambus_health_check_status',
      'Result of the last run of a check: 1 ok, 0.5 with a warning or degraded, 0 in error.',
      { labels: ['check'] }
    ),
    healthCheckDuration: histogram('streambus_health_check_seconds', 'One run of a health check.', {
      ...seconds,
      labels: ['check'],
      buckets: 'requestSeconds'
    })
  }),
  ...ownedBy('limits', {
    configValue: gauge(
      'streambus_config_value',
      'Limits in force that alerts divide by, by the name of their setting.',
      { labels: ['key'] }
    ),
    bufferPool: gauge(
      'streambus_buffer_pool_bytes',
      'Memory of pooled buffers: taken by requests and answers under way, or idle.',
      { unit: 'bytes', labels: ['state'] }
    )
  }),
  ...ownedBy('self', {
    metricsSeries: gauge('streambus_metrics_series', 'Series in this scrape.'),
    metricsSeriesDropped: counter(
      'streambus_metrics_series_dropped_total',
      'Times that label values got no series of their own because a limit was reached, and were added to __other__.',
      { labels: ['family'], whenEmpty: [''] }
    ),
    metricsRender: histogram(
      'streambus_metrics_render_seconds',
      'Time to render one scrape, by format, without answers from the last one (metrics.cache.ms).',
      {
        ...seconds,
        labels: ['format'],
        buckets: 'requestSeconds'
      }
    )
  })
}
