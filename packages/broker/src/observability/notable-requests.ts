import type { Prng } from '@streambus/base'
import { errorByCode } from '@streambus/protocol'
import type { RequestProbe, RequestTrack } from '../pipeline/request-probe.ts'
import { RatioSampler } from './ratio-sampler.ts'
import type { RequestLines } from './request-lines.ts'
import { ownMsOf, type Phase, type PhaseSpan, phasesOf, restPhaseOf } from './request-phases.ts'
import { type RequestSubject, spansOf } from './request-spans.ts'
import { NOTHING, namesOf, subjectOf, type TopicNames, withAnswer } from './request-subject.ts'
import type { SpanSink } from './span-exporter.ts'
import { TraceBudget } from './trace-budget.ts'

export interface NotableLimits {
  readonly 'slow.request.ms': number
  readonly 'tracing.sample.ratio': number
}

export interface NotableOptions {
  readonly apis: Iterable<{ readonly key: number; readonly name: string }>
  readonly limits: () => NotableLimits
  readonly lines: RequestLines
  readonly topicNames: TopicNames
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
}

/** Kept with a request until its answer has left. */
class Note {
  readonly isSampled: boolean
  subject: RequestSubject
  isSlow = false
  /** Of the answer, whosever fault it is. */
  errorType: string | null = null
  /** The same if it is the broker's. */
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
 * Requests that somebody may want to look at: slow ones and failed ones get a log line; with tracing, both and a share
 * of all become spans, made from their times after the fact. What is not notable costs some comparisons.
 */
export class NotableRequests implements RequestProbe {
  readonly #options: NotableOptions
  readonly #apis: Api[] = []
  readonly #sampler = new RatioSampler()
  readonly #slow = new TraceBudget()
  readonly #failed = new TraceBudget()

  constructor(options: NotableOptions) {
    this.#options = options
    for (const { key, name } of options.apis) {
      this.#apis[key] = { name, restPhase: restPhaseOf(name) }
    }
  }

  refused(): void {}

  started(track: RequestTrack, request: object): void {
    const { spans, limits, topicNames } = this.#options
    // Without traces its names are read when it turns out to be notable: most are not.
    if (spans === null) track.note = request
    else track.note = new Note(this.#sampler.takes(limits()['tracing.sample.ratio']), subjectOf(request, topicNames))
  }

  /** Comes before `finished`: codes of the answer, the first one and the first that is the broker's fault, or 0. */
  erred(track: RequestTrack, first: number, ours: number): void {
    const { spans, lines } = this.#options
    if (ours === 0 && spans === null && !lines.wantsAll) return
    const note = this.#noteOf(track)
    note.errorType = errorByCode(ours === 0 ? first : ours).name
    if (ours !== 0) note.error = note.errorType
    track.note = note
  }

  finished(track: RequestTrack, answer: object): void {
    const { limits, spans, lines } = this.#options
    const { restPhase } = this.#apis[track.apiKey] as Api
    const isSlow = ownMsOf(track, restPhase) > limits()['slow.request.ms']
    const isPlain = spans === null && !isSlow && !(track.note instanceof Note) && !lines.wantsAll
    const note = isPlain ? null : this.#noteOf(track)
    track.note = note
    if (note === null) return
    note.isSlow = isSlow
    if (!note.isNotable && !lines.wantsAll) track.note = null
    else {
      note.subject = withAnswer(note.subject, answer)
      if (track.responseBytes === 0) this.#conclude(track, note, null)
    }
  }

  /** The handler threw, so there is no answer. */
  failed(track: RequestTrack): void {
    const note = this.#noteOf(track)
    note.error = note.errorType = 'UNKNOWN_SERVER_ERROR'
    this.#conclude(track, note, null)
  }

  sent(track: RequestTrack, flushedMs: number, sentMs: number): void {
    if (track.note instanceof Note) this.#conclude(track, track.note, { flushedMs, sentMs })
  }

  #noteOf({ note }: RequestTrack): Note {
    if (note instanceof Note) return note
    return new Note(false, note === null ? NOTHING : namesOf(note, this.#options.topicNames))
  }

  #conclude(track: RequestTrack, note: Note, sent: { flushedMs: number; sentMs: number } | null): void {
    const { lines } = this.#options
    const { name, restPhase } = this.#apis[track.apiKey] as Api
    const { subject, error, errorType } = note
    const phases = phasesOf(track, restPhase, sent)
    const traceId = note.isNotable ? this.#trace(track, note, phases) : null
    const ownMs = ownMsOf(track, restPhase)
    const story = { apiName: name, track, subject, phases, ownMs, error: errorType, traceId }
    if (note.isSlow) lines.slow(story)
    if (error !== null) lines.failed(story)
    if (lines.wantsAll) lines.all(story)
  }

  /** The id of the trace; null when there is none. */
  #trace(track: RequestTrack, note: Note, phases: readonly PhaseSpan[]): string | null {
    const { spans, prng, traced } = this.#options
    if (spans === null) return null
    const { name } = this.#apis[track.apiKey] as Api
    const specs = spansOf({
      apiName: name,
      track,
      subject: note.subject,
      phases,
      error: note.error,
      errorType: note.errorType
    })
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

function hex(prng: Prng, byteCount: number): string {
  for (;;) {
    const text = Buffer.from(prng.bytes(byteCount)).toString('hex')
    if (!/^0+$/.test(text)) return text
  }
}
