import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { Log } from './log.ts'
import type { RepeatedLines } from './repeated-lines.ts'
import { openSpanExporter, type SpanSink } from './span-exporter.ts'

export interface TracingOptions {
  /** Of OTLP over HTTP; empty: no tracing. */
  readonly endpoint: string
  readonly version: string
  readonly environment: string
  readonly brokerId: number
  readonly clusterId: string
  readonly clock: Clock
  readonly metrics: BrokerMetrics
  readonly log: Log
  readonly repeated: RepeatedLines
}

/** What OTLP asks for when an exporter is not told otherwise. */
const TRACES_PATH = '/v1/traces'

const RESULTS = ['exported', 'dropped', 'failed', 'left_out'] as const

/** Null when tracing is off. */
export async function openTracing(options: TracingOptions): Promise<SpanSink | null> {
  const { endpoint, version, environment, brokerId, clusterId, clock, metrics, log, repeated } = options
  // At zero from the start, so that the first one is seen as a rise.
  const [exported, dropped, failed, leftOut] = RESULTS.map(result => metrics.cells.otelSpans.child(result))
  if (endpoint === '') return null
  const url = urlOf(endpoint)
  // Without its path: some collectors are told apart, and guarded, by one that nobody can guess.
  const collector = new URL(endpoint).origin
  const sink = await openSpanExporter({
    url,
    version,
    resource: {
      'service.name': 'streambus',
      'service.version': version,
      'service.instance.id': String(brokerId),
      'deployment.environment.name': environment,
      'streambus.cluster.id': clusterId
    },
    clock,
    probe: {
      exported: count => exported?.add(count),
      dropped: count => dropped?.add(count),
      leftOut: count => leftOut?.add(count),
      failed(count, error) {
        failed?.add(count)
        const fields = { event: 'spans_not_exported', collector, count, err: error ?? undefined }
        repeated.remind('spans', { log, level: 'warn', message: 'spans could not be sent', fields })
      }
    }
  })
  log.info('tracing', { event: 'tracing_started', collector })
  return sink
}

/** As OpenTelemetry's environment variables mean it: an endpoint without a path gets the usual one. */
function urlOf(endpoint: string): string {
  const url = new URL(endpoint)
  if (url.pathname === '/' || url.pathname === '') url.pathname = TRACES_PATH
  return url.href
}
