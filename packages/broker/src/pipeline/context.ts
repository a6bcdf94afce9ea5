import type { RequestContext, WaitResult } from '../handlers/handler.ts'
import type { Exchange, Peer, SentListener } from './exchange.ts'
import type { RequestClock } from './request-clock.ts'
import type { RequestProbe, RequestTrack } from './request-probe.ts'

export interface ContextOptions {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string
  readonly peer: Peer
  readonly requestBytes: number
  readonly receivedMs: number
  readonly exchange: Exchange
  readonly probe: RequestProbe
  readonly clock: RequestClock
}

/** The one shape of a request's context. Handlers see the RequestContext part of it, probes the RequestTrack. */
export class PipelineContext implements RequestContext, RequestTrack, SentListener {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string
  readonly requestBytes: number
  readonly arrivedMs: number
  readonly receivedMs: number
  readonly exchange: Exchange
  readonly #peer: Peer
  readonly #probe: RequestProbe
  readonly #clock: RequestClock
  responseBytes = 0
  handledMs = -1
  parkedMs = 0
  waitResult: WaitResult | null = null
  readyMs = 0
  note: object | null = null

  constructor(options: ContextOptions) {
    this.apiKey = options.apiKey
    this.apiVersion = options.apiVersion
    this.correlationId = options.correlationId
    this.clientId = options.clientId
    this.#peer = options.peer
    this.requestBytes = options.requestBytes
    this.arrivedMs = options.exchange.arrivedMs
    this.receivedMs = options.receivedMs
    this.exchange = options.exchange
    this.#probe = options.probe
    this.#clock = options.clock
  }

  get connectionId(): number {
    return this.#peer.connectionId
  }

  get clientHost(): string {
    return this.#peer.host
  }

  get clientPort(): number {
    return this.#peer.port
  }

  get advertised(): { readonly host: string; readonly port: number } {
    return this.#peer.advertised
  }

  identify(name: string, version: string): void {
    this.#peer.software = { name, version }
  }

  unpark(): void {
    this.parkedMs = this.#clock.read() - this.handledMs
  }

  afterWrite(run: () => void): void {
    this.exchange.afterWrite = run
  }

  sent(flushedMs: number, sentMs: number): void {
    this.#probe.sent(this, flushedMs, sentMs)
  }
}
