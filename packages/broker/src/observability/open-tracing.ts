import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import { clientText, type Log } from './log.ts'
import type { RepeatedLines } from './repeated-lines.ts'
import { openSpanExporter, type SpanSink } from './span-exporter.ts'
import type { SpanProbe } from './span-queue.ts'

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

/** What OTLP calls that of which spans are parts; metrics are scraped, logs are read from where they are written. */
const SIGNAL = 'traces'
const REASON_LENGTH_MAX = 500
const RESULTS = ['exported', 'dropped', 'failed', 'left_out'] as const

/** Null when tracing is off. */
export async function openTracing(options: TracingOptions): Promise<SpanSink | null> {
  const { endpoint, version, environment, brokerId, clusterId, clock, metrics, log, repeated } = options
  // At zero from the start, so that the first one is seen as a rise.
  const [exported, dropped, failed, leftOut] = RESULTS.map(result => metrics.cells.otelSpans.child(result))
  const exports = bindExports(metrics)
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
      ...exports,
      failed(count, error) {
        failed?.add(count)
        // Not the error itself: it holds the whole answer of the collector, whatever that says.
        const reason = clientText(error?.message ?? 'unknown', REASON_LENGTH_MAX)
        const fields = { event: 'spans_not_exported', collector, count, reason, status: statusOf(error) }
        repeated.remind('spans', { log, level: 'warn', message: 'spans could not be sent', fields })
      }
    }
  })
  log.info('tracing', { event: 'tracing_started', collector })
  return sink
}

function bindExports({ cells }: BrokerMetrics): Pick<SpanProbe, 'waiting' | 'exportEnded'> {
  const [queue, duration] = [cells.otelQueueSize.child(SIGNAL), cells.otelExport.child(SIGNAL)]
  const errors = cells.otelExportErrors.child(SIGNAL)
  return {
    waiting: count => queue.set(count),
    exportEnded(durationMs, isTaken) {
      duration.observe(durationMs / 1000)
      if (!isTaken) errors.add(1)
    }
  }
}

/** The HTTP status that the collector answered with; undefined: it did not. */
function statusOf(error: Error | null): number | undefined {
  const code = error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'number' ? code : undefined
}

/** As OpenTelemetry's environment variables mean it: an endpoint without a path gets the usual one. */
function urlOf(endpoint: string): string {
  const url = new URL(endpoint)
  if (url.pathname === '/' || url.pathname === '') url.pathname = TRACES_PATH
  return url.href
}
