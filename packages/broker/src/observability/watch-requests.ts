import type { Clock, Prng } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { WaitProbe } from '../partition/wait-probe.ts'
import { type RequestProbe, type RequestTrack, SILENT_REQUEST_PROBE } from '../pipeline/request-probe.ts'
import { apiLabel, bindRequests, type MeasuredApi, type RequestLimits } from './bind-requests.ts'
import type { Log } from './log.ts'
import { bothProbes, NotableRequests, type TracedRoot } from './notable-requests.ts'
import { openTracing } from './open-tracing.ts'
import type { RepeatedLines } from './repeated-lines.ts'
import { RequestLines } from './request-lines.ts'
import type { TopicNames } from './request-subject.ts'

export interface WatchOptions {
  readonly metrics: BrokerMetrics
  readonly apis: readonly MeasuredApi[]
  /** In force now. */
  readonly settings: () => RequestLimits & {
    readonly 'node.id': number
    readonly environment: string
    readonly 'tracing.otlp.endpoint': string
    readonly 'tracing.sample.ratio': number
  }
  readonly waits: WaitProbe
  readonly version: string
  readonly clusterId: string
  readonly topicNames: TopicNames
  readonly clock: Clock
  readonly prng: Prng
  readonly log: Log
  readonly repeated: RepeatedLines
}

/** A collector that does not answer holds up the end of the process for so long. */
const SPANS_GRACE_MS = 2_000

export interface RequestWatch {
  readonly probe: RequestProbe
  /** Sends what is left of the traces: for two seconds at most, not at all when the stop is not clean. */
  close(end: { readonly isClean: boolean }): Promise<void>
}

/** All that is noticed of requests: metrics, the slow-request log, traces. Nothing while metrics are off. */
export async function watchRequests(options: WatchOptions): Promise<RequestWatch> {
  const { metrics, apis, settings: limits, waits, prng, log, repeated, topicNames } = options
  if (!metrics.isEnabled) return { probe: SILENT_REQUEST_PROBE, close: async () => {} }
  const { 'node.id': brokerId, environment, 'tracing.otlp.endpoint': endpoint } = limits()
  const spans = await openTracing({ ...options, endpoint, environment, brokerId, log: log.named('tracing') })
  const names = new Map(apis.map(({ key, name }) => [key, name]))
  const traced = (track: RequestTrack, root: TracedRoot): void => {
    const { cells } = metrics
    const name = names.get(track.apiKey) ?? ''
    const timeMs = options.clock.wallMs()
    const seconds = (track.readyMs - track.receivedMs) / 1000
    cells.requestDuration.child(apiLabel(name)).setExemplar({ ...root, value: seconds, timeMs })
    if (name === 'Produce') cells.produceLatency.setExemplar({ ...root, value: seconds, timeMs })
    if (name !== 'Fetch') return
    cells.consumeLatency.setExemplar({ ...root, value: seconds - track.parkedMs / 1000, timeMs })
  }
  const lines = new RequestLines(log.named('requests'), repeated)
  const notable = new NotableRequests({ apis, limits, lines, topicNames, spans, prng, traced })
  const onError = notable.erred.bind(notable)
  return {
    probe: bothProbes(bindRequests(metrics, { apis, limits, waits, onError }), notable),
    async close({ isClean }) {
      await spans?.close(isClean ? SPANS_GRACE_MS : 0)
    }
  }
}
