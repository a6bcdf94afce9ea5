import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { Log, RepeatedLines } from './log.ts'
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

const TRACES_PATH = '/v1/traces'

/** Null when tracing is off. */
export async function openTracing(options: TracingOptions): Promise<SpanSink | null> {
  const { endpoint, version, environment, brokerId, clusterId, clock, metrics, log, repeated } = options
  if (endpoint === '') return null
  const url = urlOf(endpoint)
  const { otelSpans } = metrics.cells
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
    epochMs: () => clock.wallMs() - clock.monotonicMs(),
    probe: {
      exported: count => otelSpans.child('exported').add(count),
      dropped: count => otelSpans.child('dropped').add(count),
      failed(count, error) {
        otelSpans.child('failed').add(count)
        const fields = { event: 'spans_not_exported', url, count, err: error ?? undefined }
        repeated.write('spans', { log, level: 'warn', message: 'spans could not be sent', fields })
      }
    }
  })
  log.info('tracing', { event: 'tracing_started', url })
  return sink
}

/** As OpenTelemetry's environment variables mean it: an endpoint without a path gets the usual one. */
function urlOf(endpoint: string): string {
  const url = new URL(endpoint)
  if (url.pathname === '/' || url.pathname === '') url.pathname = TRACES_PATH
  return url.href
}
