import type { RequestContext } from '../handlers/handler.ts'
import type { Exchange, Peer } from './exchange.ts'

/** The one shape of a request's context. Handlers see the RequestContext part of it. */
export class PipelineContext implements RequestContext {
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string
  readonly clientHost: string
  readonly advertised: { readonly host: string; readonly port: number }
  readonly receivedMs: number
  readonly exchange: Exchange
  parkedMs = 0

  constructor(options: {
    apiVersion: number
    correlationId: number
    clientId: string
    peer: Peer
    receivedMs: number
    exchange: Exchange
  }) {
    this.apiVersion = options.apiVersion
    this.correlationId = options.correlationId
    this.clientId = options.clientId
    this.clientHost = options.peer.host
    this.advertised = options.peer.advertised
    this.receivedMs = options.receivedMs
    this.exchange = options.exchange
  }

  afterWrite(run: () => void): void {
    this.exchange.afterWrite = run
  }
}
