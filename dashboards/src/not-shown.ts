import type { MetricKey } from '@streambus/metrics'

const TWIN = 'a gauge of the monitoring guide with a misleading name; its twin is shown'
const COMPAT = 'served for dashboards of other software; the same number is shown under its own name'

/** Metrics on no dashboard, each with the reason. A test keeps this list exact. */
export const NOT_SHOWN: Partial<Record<MetricKey, string>> = {
  topicsTotal: TWIN,
  partitionsTotal: TWIN,
  replicasTotal: TWIN,
  consumerGroupsTotal: TWIN,
  consumerGroupMembersTotal: TWIN,
  segmentsTotal: TWIN,
  clusterLeader: 'the same as streambus_active_controller, which is shown',
  processStart: 'streambus_start_timestamp_seconds is shown: several brokers can share a process',
  processVirtualMemoryMax: 'as good as always unlimited; streambus_memory_limit_bytes is shown',
  goGcDuration: COMPAT,
  eventLoopLagMs: COMPAT,
  eventLoopLag: COMPAT,
  eventLoopLagMin: COMPAT,
  eventLoopLagMax: COMPAT,
  eventLoopLagMean: COMPAT,
  eventLoopLagP50: COMPAT,
  eventLoopLagP90: COMPAT,
  eventLoopLagP99: COMPAT,
  memoryRss: COMPAT,
  memoryHeapTotal: COMPAT,
  memoryHeapUsed: COMPAT,
  memoryExternal: COMPAT,
  memoryArrayBuffers: COMPAT
}
