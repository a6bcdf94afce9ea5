import { type BrokerMetrics, type Cells, OVERFLOW_LABEL } from '@streambus/metrics'
import type { BrokerView } from '../../observability/broker-view.ts'
import { json, type Route } from '../route.ts'
import { metricsAreOff } from './metrics.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/**
 * What a person or a script without Prometheus asks for. Every number is that of a metric at the same moment; sizes are
 * powers of 1024. No subsystem throttles clients in this version, so none is throttled.
 */
export function monitoringMetricsRoute(metrics: BrokerMetrics, view: BrokerView): Route {
  return {
    method: 'GET',
    path: '/api/v1/monitoring/metrics',
    summary: 'the most asked for metrics as JSON',
    access: 'token',
    async handle() {
      if (!metrics.isEnabled) return metricsAreOff()
      await metrics.refresh()
      const { cells } = metrics
      return json(200, {
        uptime_seconds: cells.brokerUptime.value,
        version: view.version,
        node_version: process.version,
        num_active_handles: sum(cells.activeResources),
        memory_alloc_mb: cells.heapUsed.value / MIB,
        memory_total_alloc_mb: cells.heapTotal.value / MIB,
        memory_sys_mb: cells.processResidentMemory.value / MIB,
        num_gc: cells.goGcDuration.count,
        gc_pause_ms: cells.goGcDuration.last * 1000,
        ...sections(cells, view)
      })
    }
  }
}

function sections(cells: Cells, view: BrokerView): object {
  return {
    broker: {
      status: view.status(),
      connections: cells.brokerConnections.value,
      active_requests: cells.brokerActiveRequests.value
    },
    network: {
      bytes_in: cells.networkBytesIn.value,
      bytes_out: cells.networkBytesOut.value,
      requests: cells.networkRequests.value,
      errors: cells.networkErrors.value
    },
    messages: {
      produced: cells.messagesProduced.value,
      consumed: cells.messagesConsumed.value,
      stored: cells.messagesStored.value
    },
    groups: {
      total: cells.consumerGroupsTotal.value,
      members: cells.consumerGroupMembersTotal.value,
      max_lag: maxLag(cells)
    },
    storage: {
      total_topics: cells.topicsTotal.value,
      total_partitions: cells.partitionsTotal.value,
      total_segments: cells.segmentsTotal.value,
      total_size_gb: cells.storageUsed.value / GIB,
      available_gb: cells.storageAvailable.value / GIB
    },
    cluster: {
      size: cells.clusterSize.value,
      is_leader: cells.clusterLeader.value === 1,
      term: cells.raftTerm.value,
      commit_index: cells.raftCommitIndex.value,
      under_replicated: cells.underReplicated.value
    },
    transactions: {
      active: cells.transactionsActive.value,
      committed: cells.transactionsCommitted.value,
      aborted: cells.transactionsAborted.value
    },
    quotas: { throttled_clients: 0 }
  }
}

function sum(family: Cells['activeResources']): number {
  let total = 0
  for (const { cell } of family.children()) total += cell.value
  return total
}

/** Of a single group: groups beyond the limit of series are added up, and each of them lags less than the others. */
function maxLag({ consumerGroupLag }: Cells): number {
  let highest = 0
  for (const { labels, cell } of consumerGroupLag.children()) {
    if (labels['group'] !== OVERFLOW_LABEL) highest = Math.max(highest, cell.value)
  }
  return highest
}
