/** Why a connection was ended without an answer. */
export type NetworkErrorReason = 'reset' | 'frame-size' | 'malformed' | 'unsupported' | 'timeout' | 'write' | 'memory'

/** An orderly end of a connection, which counts as no network error. */
export type OrderlyEnd = 'policy' | 'client' | 'idle' | 'shutdown'

/** What a client says it is (KIP-511). */
export interface ClientSoftware {
  readonly name: string
  readonly version: string
}

/** Told once when the socket has taken an answer, unless the connection broke first. */
export interface SentListener {
  sent(flushedMs: number, sentMs: number): void
}

/** Whose fault the end of a connection was. */
export interface RequestName {
  readonly api: string
  readonly correlationId: number
  readonly clientId: string
}

/**
 * One request's place in the order of answers. The pipeline answers it; the connection sends answers in order of
 * arrival.
 */
export interface Exchange {
  /** Monotonic time of the read that completed the frame. */
  readonly arrivedMs: number
  /** Set by the pipeline while the answer is pending and later requests of this connection must not start. */
  holdsBack: boolean
  /** Runs once after the bytes have left for the socket or the connection is gone: buffers may be reused then. */
  afterWrite: (() => void) | null
  /** Set by the pipeline with the answer. */
  onSent: SentListener | null
  /** `chunks` are written one after the other, uncopied. Empty: the request has no answer (acks=0). */
  respond(chunks: readonly Buffer[]): void
  /** Ends the connection without an answer. 'policy' is an ordinary end and counts as no network error. */
  close(reason: NetworkErrorReason | 'policy', detail: string, request?: RequestName): void
}

/** One object per connection. */
export interface Peer {
  /** Counts the connections of this broker's life. */
  readonly connectionId: number
  readonly host: string
  /** The client's. */
  readonly port: number
  /** Null until its client has said so. */
  software: ClientSoftware | null
  /** The address under which clients of this peer's listener reach the broker. */
  readonly advertised: { readonly host: string; readonly port: number }
}

/** What the network layer does with a request. `frame` has no length in front and is valid only during the call. */
export type Execute = (frame: Buffer, peer: Peer, exchange: Exchange) => void
