import { counter, gauge } from '../definition.ts'

// Identity, life cycle and health of one broker, and correctly named twins of the guide's gauges ending in `_total`.

const cluster = { scope: 'cluster' } as const
const owner = { scope: 'owner' } as const

export const brokerMetrics = {
  topics: gauge('streambus_topics', 'Topics in the cluster, internal ones included.', cluster),
  partitions: gauge('streambus_partitions', 'Partitions in the cluster.', cluster),
  offlinePartitions: gauge('streambus_offline_partitions', 'Partitions whose log is damaged or missing here.'),
  replicas: gauge('streambus_replicas', 'Replica assignments in the cluster.', cluster),
  consumerGroups: gauge('streambus_consumer_groups', 'Consumer groups coordinated here, by state and type.', {
    ...owner,
    labels: ['state', 'type'],
    whenEmpty: ['Empty', 'classic']
  }),
  consumerGroupMembers: gauge(
    'streambus_consumer_group_members',
    'Members of each group coordinated here; group="" while there is none.',
    { ...owner, labels: ['group'], whenEmpty: [''] }
  ),
  segments: gauge('streambus_segments', 'Log segments on disk.'),
  buildInfo: gauge('streambus_build_info', 'Always 1; what runs here stands in the labels.', {
    labels: ['version', 'node_version', 'environment']
  }),
  brokerInfo: gauge('streambus_broker_info', 'Always 1; who runs here stands in the labels.', {
    labels: ['broker_id', 'cluster_id', 'rack', 'roles']
  }),
  startTimestamp: gauge('streambus_start_timestamp_seconds', 'Unix time at which the broker began to start.', {
    unit: 'seconds'
  }),
  brokerState: gauge('streambus_broker_state', '1 for the state the broker is in, 0 for the others.', {
    labels: ['state']
  }),
  ready: gauge('streambus_ready', '1 while the broker serves clients, 0 otherwise.'),
  shutdownInProgress: gauge('streambus_shutdown_in_progress', '1 from the request to stop on.'),
  healthCheckStatus: gauge(
    'streambus_health_check_status',
    'Result of the last run of a check: 1 ok, 0.5 degraded, 0 failing.',
    {
      labels: ['check']
    }
  ),
  metricsSeries: gauge('streambus_metrics_series', 'Series in this scrape.'),
  metricsSeriesDropped: counter(
    'streambus_metrics_series_dropped_total',
    'Times that label values got no series of their own because a limit was reached, and were added to __other__.',
    { labels: ['family'], whenEmpty: [''] }
  ),
  activeController: gauge('streambus_active_controller', '1 on the active controller, 0 elsewhere.')
}
