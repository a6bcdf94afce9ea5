import { gauge, ownedBy, summary } from '../definition.ts'

// Names that users' queries and dashboards for other software ask for; metrics.compat.enable turns all of them off.

const compat = { stability: 'compat' } as const
const seconds = { ...compat, unit: 'seconds' } as const
const bytes = { ...compat, unit: 'bytes' } as const

function memory(what: string): string {
  return `Compatibility: ${what}, under the name of Node's own memoryUsage().`
}

function lag(what: string): string {
  return `Compatibility: ${what} of nodejs_eventloop_delay_seconds over the last 5 seconds, in prom-client's spelling.`
}

export const compatMetrics = ownedBy('compat', {
  goGcDuration: summary(
    'go_gc_duration_seconds',
    'Compatibility: pauses for garbage collection (of V8), under the name that the monitoring guide asks for.',
    seconds
  ),
  eventLoopLagMs: gauge('event_loop_lag_milliseconds', 'Compatibility: the last event loop delay.', compat),
  eventLoopLag: gauge('nodejs_eventloop_lag_seconds', lag('last value'), seconds),
  eventLoopLagMin: gauge('nodejs_eventloop_lag_min_seconds', lag('minimum'), seconds),
  eventLoopLagMax: gauge('nodejs_eventloop_lag_max_seconds', lag('maximum'), seconds),
  eventLoopLagMean: gauge('nodejs_eventloop_lag_mean_seconds', lag('mean'), seconds),
  eventLoopLagP50: gauge('nodejs_eventloop_lag_p50_seconds', lag('median'), seconds),
  eventLoopLagP90: gauge('nodejs_eventloop_lag_p90_seconds', lag('90th percentile'), seconds),
  eventLoopLagP99: gauge('nodejs_eventloop_lag_p99_seconds', lag('99th percentile'), seconds),
  memoryRss: gauge('process_memory_rss_bytes', memory('resident memory'), bytes),
  memoryHeapTotal: gauge('process_memory_heapTotal_bytes', memory('heap that V8 holds'), bytes),
  memoryHeapUsed: gauge('process_memory_heapUsed_bytes', memory('heap in use'), bytes),
  memoryExternal: gauge('process_memory_external_bytes', memory('memory outside the heap'), bytes),
  memoryArrayBuffers: gauge('process_memory_arrayBuffers_bytes', memory('buffers'), bytes)
})
