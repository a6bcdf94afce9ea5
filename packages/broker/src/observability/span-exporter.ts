import type { Link } from '@opentelemetry/api'
import type { Clock } from '@streambus/base'
import type { SpanSpec } from './request-spans.ts'
import { SPANS_WAITING_MAX, type SpanProbe, SpanQueue } from './span-queue.ts'
import type { TraceContext } from './trace-context.ts'

/** Where spans go. Nothing of it throws. */
export interface SpanSink {
  /** False: too many are waiting, so they were dropped, all of them. */
  emit(spans: readonly SpanSpec[], ids: SpanIds): boolean
  /** Counts spans that were not made, because there would be too many. */
  leaveOut(count: number): void
  /** Sends what is queued, as far as that goes within `graceMs`; what is left then counts as failed. */
  close(graceMs: number): Promise<void>
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
  readonly clock: Clock
  readonly probe: SpanProbe
}

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
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/resources')
    ])
  const { probe, clock, url } = options
  const queue = new SpanQueue(probe)
  const inner = new otlp.OTLPTraceExporter({ url, timeoutMillis: TIMEOUT_MS })
  const exporter: typeof inner = Object.assign(Object.create(inner) as typeof inner, {
    export(...[spans, done]: Parameters<typeof inner.export>) {
      const sent = queue.send(spans.length, clock)
      inner.export(spans, result => {
        sent(result.code === 0 ? 'exported' : (result.error ?? null))
        done(result)
      })
    }
  })
  const toLink = ({ traceId, spanId, isSampled }: TraceContext): Link => ({
    context: { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true }
  })
  const ids = new PresetIds()
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes(options.resource),
    idGenerator: ids,
    sampler: new sdk.AlwaysOnSampler(),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter,
        maxQueueSize: SPANS_WAITING_MAX,
        maxExportBatchSize: BATCH_MAX,
        scheduledDelayMillis: DELAY_MS
      })
    ]
  })
  const tracer = provider.getTracer('streambus', options.version)
  return {
    emit(specs, { traceId, spanIds }) {
      if (!queue.enter(specs.length)) return false
      const zeroMs = clock.wallMs() - clock.monotonicMs()
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
      return true
    },
    leaveOut: count => probe.leftOut(count),
    async close(graceMs) {
      // What goes wrong is told to the probe, batch by batch.
      const sent = provider.shutdown().catch(() => {})
      await within(sent, graceMs, clock)
      queue.close(graceMs)
    }
  }
}

async function within(work: Promise<void>, limitMs: number, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.after(limitMs, resolve)
  await Promise.race([work, promise])
  timer.cancel()
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
