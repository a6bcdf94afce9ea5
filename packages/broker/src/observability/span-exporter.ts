import type { Link } from '@opentelemetry/api'
import type { SpanSpec } from './request-spans.ts'
import type { TraceContext } from './trace-context.ts'

/** Where spans go. `emit` takes what it is given at once and never throws; a full queue drops. */
export interface SpanSink {
  emit(spans: readonly SpanSpec[], ids: SpanIds): void
  /** Sends what is queued, as far as that goes in time. */
  close(): Promise<void>
}

export interface SpanIds {
  readonly traceId: string
  /** One for each span, the root's first. */
  readonly spanIds: readonly string[]
}

export interface SpanExporterOptions {
  /** Of OTLP over HTTP, with its path. */
  readonly url: string
  readonly resource: Readonly<Record<string, string>>
  readonly version: string
  /** The wall clock's time at the monotonic clock's zero, in ms. */
  readonly epochMs: () => number
  readonly probe: SpanProbe
}

/** What becomes of spans. */
export interface SpanProbe {
  exported(count: number): void
  /** Too many were waiting. */
  dropped(count: number): void
  failed(count: number, error: Error | null): void
}

/** Spans that wait: about 2 MB. */
const QUEUE_MAX = 2_048
const BATCH_MAX = 512
const DELAY_MS = 1_000
const TIMEOUT_MS = 10_000

/**
 * Sends spans to an OpenTelemetry collector. The SDK is loaded by this call, and only by it: who does not trace does
 * not pay for it.
 */
export async function openSpanExporter(options: SpanExporterOptions): Promise<SpanSink> {
  const [{ ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace }, sdk, otlp, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources')
    ])
  const { probe, epochMs } = options
  let waiting = 0
  const inner = new otlp.OTLPTraceExporter({ url: options.url, timeoutMillis: TIMEOUT_MS })
  const exporter: typeof inner = Object.assign(Object.create(inner) as typeof inner, {
    export(...[spans, done]: Parameters<typeof inner.export>) {
      inner.export(spans, result => {
        waiting -= spans.length
        if (result.code === 0) probe.exported(spans.length)
        else probe.failed(spans.length, result.error ?? null)
        done(result)
      })
    }
  })
  const toLink = ({ traceId, spanId, isSampled }: TraceContext): Link => {
    const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE
    return { context: { traceId, spanId, traceFlags, isRemote: true } }
  }
  const ids = new PresetIds()
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes(options.resource),
    idGenerator: ids,
    sampler: new sdk.AlwaysOnSampler(),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter,
        maxQueueSize: QUEUE_MAX,
        maxExportBatchSize: BATCH_MAX,
        scheduledDelayMillis: DELAY_MS
      })
    ]
  })
  const tracer = provider.getTracer('streambus', options.version)
  return {
    emit(specs, { traceId, spanIds }) {
      if (waiting + specs.length > QUEUE_MAX) return probe.dropped(specs.length)
      waiting += specs.length
      const zeroMs = epochMs()
      let parent = ROOT_CONTEXT
      for (const [i, { name, startMs, endMs, attributes, links, error }] of specs.entries()) {
        ids.next(traceId, spanIds[i] ?? '')
        const span = tracer.startSpan(
          name,
          {
            kind: i === 0 ? SpanKind.SERVER : SpanKind.INTERNAL,
            startTime: zeroMs + startMs,
            attributes: { ...attributes },
            links: links.map(toLink)
          },
          parent
        )
        if (i === 0) parent = trace.setSpan(ROOT_CONTEXT, span)
        if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
        span.end(zeroMs + endMs)
      }
    },
    async close() {
      await provider.shutdown()
    }
  }
}

/** Ids are made before the spans, for logs and exemplars. */
class PresetIds {
  #traceId = ''
  #spanId = ''

  next(traceId: string, spanId: string): void {
    this.#traceId = traceId
    this.#spanId = spanId
  }

  generateTraceId(): string {
    return this.#traceId
  }

  generateSpanId(): string {
    return this.#spanId
  }
}
