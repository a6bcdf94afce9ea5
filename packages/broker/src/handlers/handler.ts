import type { AnyApi, ApiSchema, Input } from '@streambus/protocol'

/** Expired: time was up before there was what was waited for. */
export type WaitResult = 'satisfied' | 'expired'

/** What a handler may know about the request besides its body. One fixed shape for all requests. */
export interface RequestContext {
  readonly apiVersion: number
  /** Empty when the client sent null. */
  readonly clientId: string
  /** Peer address without port. */
  readonly clientHost: string
  /** The address under which this listener's clients reach this broker. */
  readonly advertised: { readonly host: string; readonly port: number }
  /** Set by a handler that waited for something: whether it came, or time was up. */
  waitResult: WaitResult | null
  /**
   * The request has waited on purpose (long poll) since `handle` returned: that is no latency, what follows is. At most
   * once.
   */
  unpark(): void
  /** What the client of this connection says it is (KIP-511). */
  identify(name: string, version: string): void
  /** `run` is called once, after the answer's bytes have left (or never will): pooled buffers go back then. */
  afterWrite(run: () => void): void
}

/** To a request that must not be answered (acks=0): what would have been said, for who watches the broker. */
export class Unanswered<Res> {
  readonly body: Res
  /** It failed: the end of its connection is the only sign that its client can notice. */
  readonly closesConnection: boolean

  constructor(body: Res, closesConnection: boolean) {
    this.body = body
    this.closesConnection = closesConnection
  }
}

export type Answer<Res> = Res | Unanswered<Res>

/**
 * One API. Byte slices inside `request` are valid only until `handle` returns or first awaits: the connection
 * reuses its read buffer. Whatever must live longer is copied by the handler.
 * A returned promise holds back later requests of the same connection unless `pipelined` is set.
 */
export interface Handler<Req, Res> {
  readonly api: ApiSchema<Req, Res>
  readonly pipelined?: boolean
  handle(request: Req, context: RequestContext): Answer<Input<Res>> | Promise<Answer<Input<Res>>>
}

/** Handlers of different messages side by side; each is called only with what its own codec decoded. */
export interface AnyHandler {
  readonly api: AnyApi
  readonly pipelined?: boolean
  handle(request: never, context: RequestContext): Answer<object> | Promise<Answer<object>>
}
