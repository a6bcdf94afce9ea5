import { createBrokerMetrics, RuntimeMonitor } from '@streambus/metrics'
import { expect, test } from 'vitest'
import type { AdminRequest } from '../../src/admin/route.ts'
import { monitoringMetricsRoute } from '../../src/admin/routes/monitoring-metrics.ts'
import { bindState } from '../../src/observability/bind-state.ts'
import { FakeBrokerView } from '../observability/fake-broker-view.ts'
import { ManualClock } from '../observability/manual-clock.ts'

const REQUEST: AdminRequest = {
  params: new Map(),
  query: new URLSearchParams(),
  body: undefined,
  accept: undefined,
  acceptEncoding: undefined,
  correlationId: 'test',
  signal: new AbortController().signal
}

function setup() {
  const metrics = createBrokerMetrics()
  const view = new FakeBrokerView()
  const clock = new ManualClock()
  bindState(metrics, view, clock)
  new RuntimeMonitor(metrics, { clock, openDescriptors: () => 7, maxDescriptors: 100 })
  const route = monitoringMetricsRoute(metrics, view)
  const read = async (): Promise<Record<string, unknown>> => JSON.parse((await route.handle(REQUEST)).text)
  return { metrics, view, cells: metrics.cells, read }
}

/** The value of one series of a scrape, or the sum over a family. */
function promValue(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
    Number(value)
  )
  return values.reduce((sum, value) => sum + value, 0)
}

/** Each path of the JSON, the metric it repeats, and how many of its units one of the metric's is. */
const SAME: readonly (readonly [path: string, metric: string, unit?: number])[] = [
  ['uptime_seconds', 'streambus_broker_uptime_seconds'],
  ['num_active_handles', 'nodejs_active_resources'],
  ['memory_alloc_mb', 'nodejs_heap_size_used_bytes', 2 ** 20],
  ['memory_total_alloc_mb', 'nodejs_heap_size_total_bytes', 2 ** 20],
  ['memory_sys_mb', 'process_resident_memory_bytes', 2 ** 20],
  ['num_gc', 'go_gc_duration_seconds_count'],
  ['broker.connections', 'streambus_broker_connections'],
  ['broker.active_requests', 'streambus_broker_active_requests'],
  ['network.bytes_in', 'streambus_network_bytes_in_total'],
  ['network.bytes_out', 'streambus_network_bytes_out_total'],
  ['network.requests', 'streambus_network_requests_total'],
  ['network.errors', 'streambus_network_errors_total'],
  ['messages.produced', 'streambus_messages_produced_total'],
  ['messages.consumed', 'streambus_messages_consumed_total'],
  ['messages.stored', 'streambus_messages_stored_total'],
  ['groups.total', 'streambus_consumer_groups_total'],
  ['groups.members', 'streambus_consumer_group_members_total'],
  ['storage.total_topics', 'streambus_topics_total'],
  ['storage.total_partitions', 'streambus_partitions_total'],
  ['storage.total_segments', 'streambus_segments_total'],
  ['storage.total_size_gb', 'streambus_storage_used_bytes', 2 ** 30],
  ['storage.available_gb', 'streambus_storage_available_bytes', 2 ** 30],
  ['cluster.size', 'streambus_cluster_size'],
  ['cluster.term', 'streambus_raft_term'],
  ['cluster.commit_index', 'streambus_raft_commit_index'],
  ['cluster.under_replicated', 'streambus_under_replicated_partitions'],
  ['transactions.active', 'streambus_transactions_active'],
  ['transactions.committed', 'streambus_transactions_committed_total'],
  ['transactions.aborted', 'streambus_transactions_aborted_total']
]

test('has the keys of the guides, every one with the value of its metric at the same moment', async () => {
  const { metrics, view, cells, read } = setup()
  const pendingDeletion = { topics: 0, replicas: 0 }
  view.currentCounts = { topics: 2, partitions: 12, replicas: 36, segments: 20, pendingRequests: 5, pendingDeletion }
  let next = 100
  for (const cell of Object.values(cells)) if ('add' in cell) cell.add(next++)
  cells.goGcDuration.observe(0.004)
  cells.goGcDuration.observe(0.0025)
  // The first one loads what writes it; from then on both share one look at everything.
  await metrics.render()
  const [text, body] = await Promise.all([metrics.render(), read()])
  const flat = new Map(
    Object.entries(body).flatMap(([key, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([name, inner]) => [`${key}.${name}`, inner])
        : [[key, value]]
    )
  )
  for (const [path, metric, unit = 1] of SAME) expect(Number(flat.get(path)) * unit, path).toBe(promValue(text, metric))
  const rest = [...flat.keys()].filter(path => !SAME.some(([known]) => known === path))
  expect(Object.fromEntries(rest.map(path => [path, flat.get(path)]))).toEqual({
    version: '0.1.0',
    node_version: process.version,
    gc_pause_ms: 2.5,
    'broker.status': 'running',
    'groups.max_lag': 0,
    'cluster.is_leader': true,
    'quotas.throttled_clients': 0
  })
})

test('the highest lag is that of a single group', async () => {
  const { cells, read } = setup()
  for (const [group, lag] of [
    ['a', 3],
    ['b', 9],
    ['__other__', 700]
  ] as const)
    cells.consumerGroupLag.child(group).set(lag)
  expect(await read()).toMatchObject({ groups: { max_lag: 9 } })
})
