/** One request as routes see it: no sockets, no streams. */
export interface AdminRequest {
  /** From the pattern's `:name` parts, decoded. */
  readonly params: ReadonlyMap<string, string>
  readonly query: URLSearchParams
  /** The `Accept` header. */
  readonly accept: string | undefined
  /** The `Accept-Encoding` header. */
  readonly acceptEncoding: string | undefined
  /** The parsed JSON of a PUT; undefined otherwise. */
  readonly body: unknown
  readonly correlationId: string
  /** Aborted when the exchange is over: the client has its answer, or is gone. */
  readonly signal: AbortSignal
}

export interface AdminResponse {
  readonly status: number
  readonly contentType: string
  readonly text: string
  /** Sent instead of `text`, one in each turn of the event loop. */
  readonly pieces?: readonly (string | Uint8Array)[]
  /** Sent instead of `text`, as fast as the client takes it. */
  readonly stream?: AsyncIterable<Uint8Array | string>
  readonly headers?: Readonly<Record<string, string>>
}

export type AdminMethod = 'GET' | 'PUT'

/** 'token': only with a bearer token, never without one configured. 'token-if-set': open while none is configured. */
export type Access = 'open' | 'token' | 'token-if-set'

/** One file in routes/ each. */
export interface Route {
  readonly method: AdminMethod
  /** Segments of text or `:name`, which matches one segment. */
  readonly path: string
  /** One line for people; `GET /` shows it. */
  readonly summary: string
  /** Default 'open'. */
  readonly access?: Access
  /** HEAD is refused: what GET does here costs too much for an answer without a body. */
  readonly hasNoHead?: true
  /** Served however many requests are under way: who is refused here restarts the broker. */
  readonly isVital?: true
  handle(request: AdminRequest): AdminResponse | Promise<AdminResponse>
}

/** Indented: most readers of this port are people with curl. */
export function json(status: number, body: unknown): AdminResponse {
  return { status, contentType: 'application/json; charset=utf-8', text: `${JSON.stringify(body, null, 2)}\n` }
}

/** `code` is for programs and stable; `message` tells a person what to do. */
export function failure(status: number, code: string, message: string, details: object = {}): AdminResponse {
  return json(status, { error: code, message, ...details })
}

/** RFC 3339 in UTC with whole seconds, as the monitoring guide prints it. */
export function timestamp(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`
}
