import { assert } from '@streambus/base'
import type { BrokerMetrics, Counter, Gauge, Histogram } from '@streambus/metrics'
import type { FieldSpec } from '@streambus/protocol'
import type { WaitOperation, WaitProbe } from '../partition/wait-probe.ts'
import type { ParseErrorReason, RequestProbe, RequestTrack } from '../pipeline/request-probe.ts'
import { classOf, type ErrorClass } from './error-class.ts'
import { compileErrorWalk, type ErrorWalk } from './error-walk.ts'
import { ownMsOf, type Phase, restPhaseOf } from './request-phases.ts'

/** What an API is to the metrics. */
export interface MeasuredApi {
  readonly key: number
  readonly name: string
  readonly accepted: { readonly min: number; readonly max: number }
  readonly response: { readonly fields: readonly FieldSpec[] }
}

/** The settings that divide good from bad. */
export interface RequestLimits {
  readonly 'slow.request.ms': number
  readonly 'slo.produce.latency.ms': number
  readonly 'slo.fetch.latency.ms': number
}

export interface RequestBinding {
  /** Those that have a handler; a request of another is a bug. */
  readonly apis: Iterable<MeasuredApi>
  /** In force now. */
  readonly limits: () => RequestLimits
  /** Hears of requests that waited. */
  readonly waits: WaitProbe
  /**
   * Hears, before anybody else is told that it finished, of each request whose answer has error codes: the first of
   * all, and the first that is the broker's fault (0: none is).
   */
  readonly onError?: (request: RequestTrack, first: number, ours: number) => void
}

const WAITS: Readonly<Record<string, WaitOperation>> = {
  Produce: 'produce',
  Fetch: 'fetch',
  JoinGroup: 'join',
  SyncGroup: 'sync'
}
const LABELS: Readonly<Record<string, string>> = { Fetch: 'FetchConsumer' }

/** What an API is called in labels. */
export function apiLabel(name: string): string {
  return LABELS[name] ?? name
}

/** Those with histograms of their own by phase: six phases of 18 lines each. */
const HOT: ReadonlySet<string> = new Set(['Produce', 'Fetch', 'OffsetCommit'])

const PARSE_ERRORS: Record<ParseErrorReason, string> = {
  malformed: 'malformed',
  'unknown-api': 'unknown_api',
  'unsupported-version': 'unsupported_version'
}

interface Level {
  /** The contract's histogram of all its requests. */
  readonly latency: Histogram
  readonly available: { readonly good: Counter; readonly bad: Counter }
  readonly fast: { readonly good: Counter; readonly bad: Counter }
  readonly goodMs: (limits: RequestLimits) => number
}

/** The cells of one phase of an API. */
class PhaseCells {
  readonly #time: Counter
  readonly #seconds: Histogram

  constructor(time: Counter, seconds: Histogram) {
    this.#time = time
    this.#seconds = seconds
  }

  spent(ms: number): void {
    const seconds = ms > 0 ? ms / 1000 : 0
    this.#time.value += seconds
    this.#seconds.observe(seconds)
  }
}

/** The cells of one API; all there before its first request, but for versions and errors that nobody has seen. */
class ApiCells {
  readonly duration: Histogram
  readonly inFlight: Gauge
  readonly failures: Counter
  readonly slow: Counter
  /** Parts of answers, by whether this broker is to blame for them. */
  readonly results: { readonly good: Counter; readonly bad: Counter }
  readonly requestSize: Histogram
  readonly responseSize: Histogram
  readonly restPhase: Phase
  /** Taken by their names where the code stands: a look-up by a name that changes costs more than the rest. */
  readonly phases: Readonly<Record<Phase, PhaseCells>>
  readonly waitsAs: WaitOperation | null
  readonly walk: ErrorWalk
  readonly level: Level | null
  readonly #name: string
  readonly #cells: BrokerMetrics['cells']
  readonly #versions: (Counter | undefined)[] = []
  readonly #errors = new Map<number, { readonly counter: Counter; readonly errorClass: ErrorClass }>()
  /** Of the last answer: the first error code, and the first that is the broker's fault; 0: none. */
  firstError = 0
  serverError = 0
  /** That answer is about the whole request, which was not looked into. */
  isRefused = false
  /** Of the answer that is being walked. */
  #goodCount = 0
  #badCount = 0

  readonly #visit = (code: number, isNested: boolean): void => {
    if (code !== 0 && this.#noteError(code, isNested) === 'server') this.#badCount++
    else if (isNested) this.#goodCount++
  }

  constructor(cells: BrokerMetrics['cells'], { name, response }: MeasuredApi) {
    const label = apiLabel(name)
    this.#name = label
    this.#cells = cells
    this.duration = cells.requestDuration.child(label)
    this.inFlight = cells.requestsInFlight.child(label)
    this.failures = cells.requestFailures.child(label)
    this.slow = cells.slowRequests.child(label)
    const { requestResults } = cells
    this.results = { good: requestResults.child(label, 'good'), bad: requestResults.child(label, 'bad') }
    this.requestSize = cells.requestSize.child(label)
    this.responseSize = cells.responseSize.child(label)
    this.restPhase = restPhaseOf(name)
    this.waitsAs = WAITS[name] ?? null
    this.walk = compileErrorWalk(response.fields)
    this.level = levelOf(cells, name)
    const shared = HOT.has(name) ? label : 'other'
    const phase = (name: Phase) =>
      new PhaseCells(cells.requestPhaseTime.child(label, name), cells.requestPhase.child(shared, name))
    this.phases = {
      queue: phase('queue'),
      local: phase('local'),
      commit: phase('commit'),
      remote: phase('remote'),
      response_queue: phase('response_queue'),
      send: phase('send')
    }
  }

  version(version: number): Counter {
    return (this.#versions[version] ??= this.#cells.requestVersions.child(this.#name, String(version)))
  }

  /** Counts the error codes of an answer, and what they are to the service level. True when there was one. */
  judge(answer: object): boolean {
    this.#goodCount = 0
    this.#badCount = 0
    this.firstError = 0
    this.serverError = 0
    this.isRefused = false
    this.walk(answer, this.#visit)
    this.level?.available.good.add(this.#goodCount)
    this.level?.available.bad.add(this.#badCount)
    // What has no parts is one.
    this.results.good.value += this.#goodCount === 0 && this.#badCount === 0 ? 1 : this.#goodCount
    this.results.bad.value += this.#badCount
    return this.firstError !== 0
  }

  #noteError(code: number, isNested: boolean): ErrorClass {
    const { counter, errorClass } = this.#errors.get(code) ?? this.#firstError(code)
    counter.value++
    if (this.firstError === 0) this.firstError = code
    if (this.serverError === 0 && errorClass === 'server') this.serverError = code
    if (!isNested) this.isRefused = true
    return errorClass
  }

  #firstError(code: number): { readonly counter: Counter; readonly errorClass: ErrorClass } {
    const { name, errorClass } = classOf(code)
    const found = { counter: this.#cells.requestErrors.child(this.#name, name, errorClass), errorClass }
    this.#errors.set(code, found)
    return found
  }
}

/** Connects the pipeline to the metrics. */
export function bindRequests({ cells }: BrokerMetrics, { apis, limits, waits, onError }: RequestBinding): RequestProbe {
  // Indexed by API key, so that a request costs no look-up by name.
  const byKey: ApiCells[] = []
  for (const api of apis) byKey[api.key] = new ApiCells(cells, api)
  const refused: Record<string, Counter> = {}
  for (const label of Object.values(PARSE_ERRORS)) refused[label] = cells.requestParseErrors.child(label)
  const find = (apiKey: number): ApiCells => {
    const api = byKey[apiKey]
    assert(api !== undefined, 'a request that reached a handler belongs to a known API')
    return api
  }
  return {
    refused: reason => refused[PARSE_ERRORS[reason]]?.add(1),
    started: ({ apiKey }) => find(apiKey).inFlight.add(1),
    finished(request, answer) {
      const api = find(request.apiKey)
      api.inFlight.add(-1)
      const hasErrors = api.judge(answer)
      finish(api, request, limits())
      if (hasErrors) onError?.(request, api.firstError, api.serverError)
      reportWait(waits, api, request)
    },
    failed({ apiKey }) {
      const api = find(apiKey)
      api.inFlight.add(-1)
      api.failures.add(1)
      api.results.bad.add(1)
      api.level?.available.bad.add(1)
    },
    sent({ apiKey, readyMs }, flushedMs, sentMs) {
      const { phases } = find(apiKey)
      phases.response_queue.spent(flushedMs - readyMs)
      phases.send.spent(sentMs - flushedMs)
    }
  }
}

function finish(api: ApiCells, request: RequestTrack, limits: RequestLimits): void {
  const { arrivedMs, receivedMs, handledMs, parkedMs, readyMs } = request
  const { phases } = api
  const restMs = readyMs - handledMs - parkedMs
  const localMs = handledMs - receivedMs
  api.duration.observe((readyMs - receivedMs) / 1000)
  phases.queue.spent(receivedMs - arrivedMs)
  phases.local.spent(api.restPhase === 'local' ? localMs + restMs : localMs)
  if (api.restPhase === 'commit') phases.commit.spent(restMs)
  else if (api.restPhase === 'remote') phases.remote.spent(restMs)
  if (parkedMs > 0) phases.remote.spent(parkedMs)
  api.version(request.apiVersion).value++
  api.requestSize.observe(request.requestBytes)
  if (request.responseBytes > 0) api.responseSize.observe(request.responseBytes)
  const ownMs = ownMsOf(request, api.restPhase)
  if (ownMs > limits['slow.request.ms']) api.slow.add(1)
  if (api.level === null) return
  if (!api.isRefused) api.level.latency.observe(Math.max(0, ownMs) / 1000)
  const { good, bad } = api.level.fast
  if (ownMs <= api.level.goodMs(limits)) good.add(1)
  else bad.add(1)
}

/** A member of a group waits until its answer is there; after a long poll comes work. */
function reportWait(waits: WaitProbe, api: ApiCells, request: RequestTrack): void {
  if (api.waitsAs === null) return
  const { handledMs, parkedMs, readyMs, waitResult } = request
  const waitedMs = readyMs - handledMs
  if (waitResult !== null) waits.waited(api.waitsAs, api.restPhase === 'local' ? parkedMs : waitedMs, waitResult)
  else if (api.restPhase === 'remote' && waitedMs > 0) {
    waits.waited(api.waitsAs, waitedMs, api.firstError === 0 ? 'satisfied' : 'expired')
  }
}

function levelOf(cells: BrokerMetrics['cells'], name: string): Level | null {
  if (name !== 'Produce' && name !== 'Fetch') return null
  const isProduce = name === 'Produce'
  const stem = isProduce ? 'produce' : 'fetch'
  const pair = (sli: string) => {
    return { good: cells.sliEvents.child(sli, 'good'), bad: cells.sliEvents.child(sli, 'bad') }
  }
  return {
    latency: isProduce ? cells.produceLatency : cells.consumeLatency,
    available: pair(`${stem}_availability`),
    fast: pair(`${stem}_latency`),
    goodMs: isProduce ? limits => limits['slo.produce.latency.ms'] : limits => limits['slo.fetch.latency.ms']
  }
}
