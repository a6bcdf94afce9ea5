import type { RequestTrack } from '../pipeline/request-probe.ts'
import { clientText, type Log, type LogLevel } from './log.ts'
import type { RepeatedLines } from './repeated-lines.ts'
import type { PhaseSpan } from './request-phases.ts'
import type { RequestSubject } from './request-spans.ts'

/** What is known of a request when its answer has left, or cannot. */
export interface RequestStory {
  readonly apiName: string
  readonly track: RequestTrack
  readonly subject: Pick<RequestSubject, 'topic' | 'partition' | 'groupId'>
  readonly phases: readonly PhaseSpan[]
  /** Without what it waited for on purpose. */
  readonly ownMs: number
  /** Kafka's name of what went wrong; null: nothing. */
  readonly error: string | null
  /** Of the trace that was sent; null: there is none. */
  readonly traceId: string | null
}

/** What clients settle by trying again, and what comes and goes with every start: no reason to wake somebody. */
const PASSING: ReadonlySet<string> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND'
])

/** Lines about requests of clients: slow ones, those that the broker failed, and at level debug all. */
export class RequestLines {
  readonly #log: Log
  readonly #repeated: RepeatedLines

  constructor(log: Log, repeated: RepeatedLines) {
    this.#log = log
    this.#repeated = repeated
  }

  /** Whether every request is a line of its own now. */
  get wantsAll(): boolean {
    return this.#log.isEnabled('debug')
  }

  all(story: RequestStory): void {
    this.#log.debug('request', { event: 'request', ...fieldsOf(story) })
  }

  slow(story: RequestStory): void {
    const fields = { event: 'slow_request', ...fieldsOf(story) }
    this.#repeated.write('slow', { log: this.#log, level: 'warn', message: 'slow request', fields })
  }

  failed(story: RequestStory): void {
    const level: LogLevel = PASSING.has(story.error ?? '') ? 'warn' : 'error'
    const fields = { event: 'request_failed', ...fieldsOf(story) }
    this.#repeated.write('failed', { log: this.#log, level, message: 'the broker failed a request', fields })
  }
}

function fieldsOf({ apiName, track, subject, phases, ownMs, error, traceId }: RequestStory) {
  const { topic, partition, groupId } = subject
  const took = Object.fromEntries(phases.map(({ phase, startMs, endMs }) => [`${phase}_ms`, rounded(endMs - startMs)]))
  return {
    request_id: `${track.connectionId}-${track.correlationId}`,
    api: apiName,
    api_version: track.apiVersion,
    client_id: clientText(track.clientId),
    client_host: track.clientHost,
    ...(topic === null ? {} : { topic: clientText(topic) }),
    ...(partition < 0 ? {} : { partition }),
    ...(groupId === null ? {} : { group: clientText(groupId) }),
    ...(error === null ? {} : { error }),
    duration_ms: rounded(ownMs),
    request_bytes: track.requestBytes,
    response_bytes: track.responseBytes,
    ...took,
    ...(traceId === null ? {} : { trace_id: traceId })
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
