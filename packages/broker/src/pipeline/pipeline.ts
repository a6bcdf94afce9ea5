import { AssertionError } from '@streambus/base'
import {
  DecodeError,
  decodeRequestHeader,
  encodeApiVersionsFallback,
  encodeResponseFrame,
  isApiVersionsAboveMax,
  type RequestHeader,
  WireReader
} from '@streambus/protocol'
import { type Answer, type AnyHandler, type Handler, Unanswered } from '../handlers/handler.ts'
import type { HandlerRegistry } from '../handlers/registry.ts'
import { PipelineContext } from './context.ts'
import type { Exchange, Peer, RequestName } from './exchange.ts'
import type { RequestClock } from './request-clock.ts'
import type { RequestProbe, RequestTrack } from './request-probe.ts'

/** A handler whose message types do not matter here: each gets what its own codec decoded. */
type ErasedHandler = Handler<unknown, object>

export interface PipelineOptions {
  readonly registry: HandlerRegistry
  readonly probe: RequestProbe
  readonly clock: RequestClock
  /**
   * A handler threw what no rule expects: a bug. The connection is closed; the process goes on unless it is an
   * assertion.
   */
  readonly onBug: (apiName: string, error: unknown, track: RequestTrack) => void
}

/**
 * The stages of a request, in order, once: header → route → body → handler → encode → exchange.
 * The only try/catch around handlers is here. Malformed input closes the connection (never a guessed answer);
 * an unknown key or version closes it too, except ApiVersions, which is answered in v0 (KIP-511).
 */
export class Pipeline {
  readonly #options: PipelineOptions

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  /**
   * `frame` is one request without its length field, valid only during the call. Its turn came with the latest reading
   * of the clock: its own arrival, or the end of the work on the request before it.
   */
  execute(frame: Buffer, peer: Peer, exchange: Exchange): void {
    const receivedMs = this.#options.clock.latestMs
    let header: RequestHeader | null = null
    let handler: AnyHandler | undefined
    let request: unknown
    try {
      const reader = new WireReader(frame)
      header = decodeRequestHeader(reader)
      handler = this.#options.registry.find(header.apiKey)
      if (handler === undefined) {
        this.#options.probe.refused('unknown-api')
        const reason = `API key ${header.apiKey} is not served here`
        return exchange.close('unsupported', reason, nameOf(header, `key ${header.apiKey}`))
      }
      const { accepted, request: codec } = handler.api
      if (header.apiVersion < accepted.min || header.apiVersion > accepted.max) {
        return this.#refuseVersion(header, handler, exchange)
      }
      request = codec.decode(reader, header.apiVersion)
      reader.finish()
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#options.probe.refused('malformed')
      const request = header === null ? undefined : nameOf(header, handler?.api.name ?? `key ${header.apiKey}`)
      return exchange.close('malformed', error.message, request)
    }
    const context = new PipelineContext({
      apiKey: header.apiKey,
      apiVersion: header.apiVersion,
      correlationId: header.correlationId,
      clientId: header.clientId ?? '',
      peer,
      requestBytes: frame.length,
      receivedMs,
      exchange,
      probe: this.#options.probe,
      clock: this.#options.clock
    })
    this.#run(handler as unknown as ErasedHandler, request, context)
  }

  #run(handler: ErasedHandler, request: unknown, context: PipelineContext): void {
    this.#options.probe.started(context, request as object)
    let answer: Answer<object> | Promise<Answer<object>>
    try {
      answer = handler.handle(request, context)
    } catch (error) {
      return this.#fail(handler, context, error)
    }
    if (!(answer instanceof Promise)) return this.#finish(handler, context, answer)
    context.handledMs = this.#options.clock.read()
    context.exchange.holdsBack = handler.pipelined !== true
    answer.then(
      late => this.#finish(handler, context, late),
      error => this.#fail(handler, context, error)
    )
  }

  /** Exactly one of `finished` and `failed` is reported for each request that was started. */
  #finish(handler: ErasedHandler, context: PipelineContext, answer: Answer<object>): void {
    let chunks: readonly Buffer[]
    try {
      chunks = encode(handler, context, answer)
    } catch (error) {
      return this.#fail(handler, context, error)
    }
    const { exchange } = context
    context.readyMs = this.#options.clock.read()
    if (context.handledMs < 0) context.handledMs = context.readyMs
    for (const chunk of chunks) context.responseBytes += chunk.length
    const isUnanswered = answer instanceof Unanswered
    this.#options.probe.finished(context, isUnanswered ? answer.body : answer)
    if (isUnanswered && answer.closesConnection) {
      const { name } = handler.api
      exchange.close('policy', `${name} failed and asked for no answer`, nameOf(context, name))
    } else {
      exchange.onSent = context
      exchange.respond(chunks)
    }
  }

  #fail(handler: ErasedHandler, context: PipelineContext, error: unknown): void {
    const { name } = handler.api
    context.readyMs = this.#options.clock.read()
    if (context.handledMs < 0) context.handledMs = context.readyMs
    this.#options.probe.failed(context)
    context.exchange.close('policy', `${name} failed`, nameOf(context, name))
    if (error instanceof AssertionError) throw error
    this.#options.onBug(name, error, context)
  }

  #refuseVersion(header: RequestHeader, { api }: AnyHandler, exchange: Exchange): void {
    this.#options.probe.refused('unsupported-version')
    if (isApiVersionsAboveMax(header)) return exchange.respond(encodeApiVersionsFallback(header.correlationId))
    const range = `${api.versions.min}…${api.versions.max}`
    const reason = `${api.name} version ${header.apiVersion} is outside ${range}`
    exchange.close('unsupported', reason, nameOf(header, api.name))
  }
}

function nameOf(
  { correlationId, clientId }: { readonly correlationId: number; readonly clientId: string | null },
  api: string
): RequestName {
  return { api, correlationId, clientId: clientId ?? '' }
}

function encode({ api }: ErasedHandler, context: PipelineContext, answer: Answer<object>): readonly Buffer[] {
  if (answer instanceof Unanswered) return []
  const { apiVersion: version, correlationId } = context
  return encodeResponseFrame({ api, version, correlationId, body: answer })
}
