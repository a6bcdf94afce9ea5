import type { Prng } from '@streambus/base'
import type { FieldSpec } from '@streambus/protocol'
import type { RequestProbe, RequestTrack } from '../pipeline/request-probe.ts'
import { classOf } from './error-class.ts'
import { compileErrorWalk, type ErrorWalk } from './error-walk.ts'
import { clientText, type Log } from './log.ts'
import { RatioSampler } from './ratio-sampler.ts'
import type { RepeatedLines } from './repeated-lines.ts'
import { ownMsOf, type Phase, type PhaseSpan, phasesOf, restPhaseOf } from './request-phases.ts'
import { type RequestSubject, spansOf } from './request-spans.ts'
import { NOTHING, subjectOf } from './request-subject.ts'
import type { SpanSink } from './span-exporter.ts'
import { TraceBudget } from './trace-budget.ts'

export interface NotableLimits {
  readonly 'slow.request.ms': number
  readonly 'tracing.sample.ratio': number
}

export interface NotableOptions {
  readonly apis: Iterable<{
    readonly key: number
    readonly name: string
    readonly response: { readonly fields: readonly FieldSpec[] }
  }>
  readonly limits: () => NotableLimits
  readonly log: Log
  readonly repeated: RepeatedLines
  /** Null: nothing is traced, and nothing is read for it. */
  readonly spans: SpanSink | null
  readonly prng: Prng
  /** Of each trace that is sent, when its request is over. */
  readonly traced: (track: RequestTrack, root: TracedRoot) => void
}

/** Names a trace and its root. */
export interface TracedRoot {
  readonly traceId: string
  readonly spanId: string
}

interface Api {
  readonly name: string
  readonly restPhase: Phase
  readonly walk: ErrorWalk
}

/** Kept with a request until its answer has left. */
class Note {
  readonly isSampled: boolean
  readonly subject: RequestSubject
  isSlow = false
  error: string | null = null

  constructor(isSampled: boolean, subject: RequestSubject) {
    this.isSampled = isSampled
    this.subject = subject
  }

  get isNotable(): boolean {
    return this.isSlow || this.isSampled || this.error !== null
  }
}

/**
 * Requests that somebody may want to look at: slow ones get a log line; with tracing, slow ones, failed ones and a
 * share of all become spans, made from their times after the fact. What is not notable costs some comparisons.
 */
export class NotableRequests implements RequestProbe {
  readonly #options: NotableOptions
  readonly #apis: Api[] = []
  readonly #sampler = new RatioSampler()
  readonly #slow = new TraceBudget()
  readonly #failed = new TraceBudget()

  constructor(options: NotableOptions) {
    this.#options = options
    for (const { key, name, response } of options.apis) {
      this.#apis[key] = { name, restPhase: restPhaseOf(name), walk: compileErrorWalk(response.fields) }
    }
  }

  refused(): void {}

  started(track: RequestTrack, request: object): void {
    const { spans, limits } = this.#options
    if (spans === null) return
    track.note = new Note(this.#sampler.takes(limits()['tracing.sample.ratio']), subjectOf(request))
  }

  finished(track: RequestTrack, answer: object): void {
    const { limits, spans } = this.#options
    const { restPhase, walk } = this.#apis[track.apiKey] as Api
    const isSlow = ownMsOf(track, restPhase) > limits()['slow.request.ms']
    if (spans === null && !isSlow) return
    const note = noteOf(track)
    note.isSlow = isSlow
    if (spans !== null) note.error = serverError(walk, answer)
    if (!note.isNotable) track.note = null
    else if (track.responseBytes === 0) this.#conclude(track, note, null)
    else track.note = note
  }

  /** The handler threw, so there is no answer. */
  failed(track: RequestTrack): void {
    if (this.#options.spans === null) return
    const note = noteOf(track)
    note.error = 'UNKNOWN_SERVER_ERROR'
    this.#conclude(track, note, null)
  }

  sent(track: RequestTrack, flushedMs: number, sentMs: number): void {
    if (track.note instanceof Note) this.#conclude(track, track.note, { flushedMs, sentMs })
  }

  #conclude(track: RequestTrack, note: Note, sent: { flushedMs: number; sentMs: number } | null): void {
    const { restPhase } = this.#apis[track.apiKey] as Api
    const phases = phasesOf(track, restPhase, sent)
    const traceId = this.#trace(track, note, phases)
    if (note.isSlow) this.#logSlow(track, phases, traceId)
  }

  /** The id of the trace; null when there is none. */
  #trace(track: RequestTrack, note: Note, phases: readonly PhaseSpan[]): string | null {
    const { spans, prng, traced } = this.#options
    if (spans === null) return null
    const { name } = this.#apis[track.apiKey] as Api
    const specs = spansOf({ apiName: name, track, subject: note.subject, phases, error: note.error })
    const budget = note.error === null ? this.#slow : this.#failed
    if (!note.isSampled && !budget.takes(Math.max(track.receivedMs, track.readyMs))) {
      spans.leaveOut(specs.length)
      return null
    }
    const traceId = hex(prng, 16)
    const spanIds = specs.map(() => hex(prng, 8))
    // Of a trace that nobody will find neither logs nor metrics speak.
    if (!spans.emit(specs, { traceId, spanIds })) return null
    traced(track, { traceId, spanId: spanIds[0] ?? '' })
    return traceId
  }

  #logSlow(track: RequestTrack, phases: readonly PhaseSpan[], traceId: string | null): void {
    const { log, repeated } = this.#options
    const { name, restPhase } = this.#apis[track.apiKey] as Api
    const took = Object.fromEntries(
      phases.map(({ phase, startMs, endMs }) => [`${phase}_ms`, rounded(endMs - startMs)])
    )
    const fields = {
      event: 'slow_request',
      request_id: `${track.connectionId}-${track.correlationId}`,
      api: name,
      api_version: track.apiVersion,
      client_id: clientText(track.clientId),
      client_host: track.clientHost,
      duration_ms: rounded(ownMsOf(track, restPhase)),
      request_bytes: track.requestBytes,
      response_bytes: track.responseBytes,
      ...took,
      ...(traceId === null ? {} : { trace_id: traceId })
    }
    repeated.write('slow', { log, level: 'warn', message: 'slow request', fields })
  }
}

/** Several probes as one. */
export function bothProbes(first: RequestProbe, second: RequestProbe): RequestProbe {
  return {
    refused(reason) {
      first.refused(reason)
      second.refused(reason)
    },
    started(track, request) {
      first.started(track, request)
      second.started(track, request)
    },
    finished(track, answer) {
      first.finished(track, answer)
      second.finished(track, answer)
    },
    failed(track) {
      first.failed(track)
      second.failed(track)
    },
    sent(track, flushedMs, sentMs) {
      first.sent(track, flushedMs, sentMs)
      second.sent(track, flushedMs, sentMs)
    }
  }
}

function noteOf(track: RequestTrack): Note {
  return track.note instanceof Note ? track.note : new Note(false, NOTHING)
}

/** The first code that is the broker's fault. */
function serverError(walk: ErrorWalk, answer: object): string | null {
  let found: string | null = null
  walk(answer, code => {
    if (code === 0 || found !== null) return
    const { name, errorClass } = classOf(code)
    if (errorClass === 'server') found = name
  })
  return found
}

function hex(prng: Prng, byteCount: number): string {
  for (;;) {
    const text = Buffer.from(prng.bytes(byteCount)).toString('hex')
    if (!/^0+$/.test(text)) return text
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
