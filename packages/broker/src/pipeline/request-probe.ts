import type { WaitResult } from '../handlers/handler.ts'

/**
 * One request on its way, as probes see it. Times are of the monotonic clock in ms; one object per request, filled in
 * as the request goes on, so nothing of it may be kept beyond `sent`.
 */
export interface RequestTrack {
  /** Has been checked: a handler for it exists. */
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** Of this broker's life; with the correlation id it names the request. */
  readonly connectionId: number
  readonly clientId: string
  readonly clientHost: string
  readonly clientPort: number
  /** The address under which its client reaches this broker. */
  readonly advertised: { readonly host: string; readonly port: number }
  /** Without the length field. */
  readonly requestBytes: number
  /** With it; 0 when there is no answer. */
  readonly responseBytes: number
  /** The read that completed its frame. */
  readonly arrivedMs: number
  /** Its turn came. Later than `arrivedMs` when an earlier request of the connection held it back. */
  readonly receivedMs: number
  /** The handler had done what it could do at once. */
  readonly handledMs: number
  /** The part between `handledMs` and `readyMs` that a long poll waited on purpose. */
  readonly parkedMs: number
  /** Of a handler that waited for something and knows. */
  readonly waitResult: WaitResult | null
  /** The answer was ready. */
  readonly readyMs: number
  /** Whatever a probe keeps with the request; null at first. */
  note: object | null
}

/** Why a request got no further than its header. */
export type ParseErrorReason = 'malformed' | 'unknown-api' | 'unsupported-version'

/** What the pipeline reports, once per request. */
export interface RequestProbe {
  /** It will not be handled: the connection is closed, unless an ApiVersions request is newer than we are. */
  refused(reason: ParseErrorReason): void
  /** `request` is the decoded body; its bytes are there during the call only. */
  started(track: RequestTrack, request: object): void
  /** `answer` is what was encoded, or would have been: `responseBytes` is 0 when none was wanted (acks=0). */
  finished(request: RequestTrack, answer: object): void
  /** The handler threw; the connection is closed. */
  failed(track: RequestTrack): void
  /**
   * Follows `finished` when there was an answer and its socket has taken it: handed over at `flushedMs`, after the
   * earlier answers of its connection, and taken whole at `sentMs`.
   */
  sent(request: RequestTrack, flushedMs: number, sentMs: number): void
}

export const SILENT_REQUEST_PROBE: RequestProbe = { refused() {}, started() {}, finished() {}, failed() {}, sent() {} }
