import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { AssertionError, type Clock, type Prng } from '@streambus/base'
import type { BrokerMetrics, Counter } from '@streambus/metrics'
import { clientText, type Log } from '../observability/log.ts'
import type { RepeatedLines } from '../observability/repeated-lines.ts'
import { refusal } from './access.ts'
import { readJson } from './body.ts'
import { ClientErrors } from './client-errors.ts'
import { AdminConnections } from './connections.ts'
import { correlationId } from './correlation-id.ts'
import { type AdminResponse, failure, type Route } from './route.ts'
import { type Found, Router } from './router.ts'
import { send } from './send.ts'
import type { Tokens } from './tokens.ts'

const LIMITS = {
  /** Beyond it the one longest without a request gives way. */
  connections: 256,
  /** More than connections, because requests may be sent without waiting for answers. */
  inFlight: 512,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  idleMs: 90_000,
  /** How often the times for headers and requests are looked at; Node's 30 s would make 40 s of 10 s. */
  checkMs: 1_000
}

export type AdminLimits = Readonly<typeof LIMITS>

export interface AdminServerOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly routes: readonly Route[]
  readonly metrics: BrokerMetrics
  readonly clock: Clock
  readonly prng: Prng
  readonly log: Log
  readonly repeated: RepeatedLines
  readonly tokens: Tokens
  /** Where Kafka clients should connect instead, for the log: `host:port`. */
  readonly kafkaAddress: () => string
  /** Others than those that users are told, for tests. */
  readonly limits?: Partial<AdminLimits>
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: string
  readonly startedMs: number
  isBeingHandled: boolean
}

/**
 * The HTTP server of the admin port: limits, correlation ids, metrics and errors; what is answered stands in routes/.
 */
export class AdminServer {
  readonly #options: AdminServerOptions
  readonly #router: Router
  readonly #server: Server
  readonly #limits: AdminLimits
  readonly #connections: AdminConnections
  readonly #limited: { readonly requests: Counter; readonly connections: Counter }
  #underWay = 0

  constructor(options: AdminServerOptions) {
    this.#options = options
    const limits = { ...LIMITS, ...options.limits }
    this.#limits = limits
    this.#connections = new AdminConnections(limits.connections)
    this.#router = new Router(options.routes)
    // Not by import: that would evaluate every export of node:http, WebSocket among them, and with it load undici
    // (25 ms and 11 MB, against 3 ms and 4 MB; Node 24).
    const { createServer } = process.getBuiltinModule('node:http')
    this.#server = createServer(
      {
        maxHeaderSize: limits.headerBytes,
        headersTimeout: limits.headersMs,
        requestTimeout: limits.requestMs,
        keepAliveTimeout: limits.keepAliveMs,
        connectionsCheckingInterval: limits.checkMs
      },
      (request, response) => void this.#serve(request, response)
    )
    this.#server.timeout = limits.idleMs
    const { httpRateLimited } = options.metrics.cells
    this.#limited = {
      requests: httpRateLimited.child('requests'),
      connections: httpRateLimited.child('connections')
    }
    const clientErrors = new ClientErrors(options)
    this.#server.on('clientError', (error, socket) => clientErrors.handle(error, socket))
    this.#server.on('connection', (socket: Socket) => {
      if (!this.#connections.add(socket)) return
      this.#limited.connections.add(1)
      this.#reportFull()
    })
  }

  /** Open now, those that are half closed included. */
  get connectionCount(): number {
    return this.#connections.count
  }

  #reportAccept(error: Error): void {
    const { log, repeated } = this.#options
    const fields = { event: 'admin_accept_failed', err: error }
    repeated.remind('admin-accept', { log, level: 'warn', message: 'admin port: accept failed', fields })
  }

  #reportFull(): void {
    const { log, repeated } = this.#options
    const message = `admin port: more than ${this.#limits.connections} connections; those longest without a request are closed`
    const fields = { event: 'admin_connections_full' }
    repeated.remind('admin-connections', { log, level: 'warn', message, fields })
  }

  /** Rejects with the system's error when the address cannot be bound. */
  start(): Promise<{ host: string; port: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ host: string; port: number }>()
    this.#server.once('error', reject)
    this.#server.listen({ host: this.#options.host, port: this.#options.port }, () => {
      this.#server.off('error', reject)
      // Accept errors are the event loop's to retry; without a listener they would end the process.
      this.#server.on('error', error => this.#reportAccept(error))
      const { address, port } = this.#server.address() as AddressInfo
      resolve({ host: address, port })
    })
    return promise
  }

  /** Requests under way may finish within `graceMs`. Leaves no handle behind; fine when it never started. */
  async stop(graceMs: number): Promise<void> {
    if (!this.#server.listening) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    this.#server.closeIdleConnections()
    const timer = this.#options.clock.after(graceMs, () => this.#server.closeAllConnections())
    await promise
    timer.cancel()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics, clock, prng } = this.#options
    const id = correlationId(request.headers['x-correlation-id'], prng)
    const exchange: Exchange = {
      request,
      response,
      id,
      startedMs: clock.monotonicMs(),
      isBeingHandled: false
    }
    const { path, query } = parseTarget(request.url ?? '/')
    const found = this.#router.find(request.method ?? '', path)
    metrics.cells.httpRequestsInFlight.set(++this.#underWay)
    const answer = await this.#answerOrFailure(found, query, exchange)
    const isLast = !this.#server.listening
    const bodyBytes = await send({ request, response, correlationId: id, isLast }, answer)
    if (exchange.isBeingHandled) this.#connections.ended(request.socket)
    metrics.cells.httpRequestsInFlight.set(--this.#underWay)
    this.#report(exchange, found, { status: answer.status, bodyBytes })
  }

  async #answerOrFailure(found: Found, query: URLSearchParams, exchange: Exchange): Promise<AdminResponse> {
    const { request, id } = exchange
    try {
      return await this.#answer(found, query, exchange)
    } catch (error) {
      if (error instanceof AssertionError) throw error
      const path = clientText(parseTarget(request.url ?? '/').path)
      // The client went away while it sent its body: nobody reads the answer, and nothing here is broken.
      const isAborted = request.errored !== null
      if (!isAborted) {
        const fields = { event: 'admin_failed', correlation_id: id, path, err: error as Error }
        const { log, repeated } = this.#options
        repeated.write('admin-failed', { log, level: 'error', message: 'admin request failed', fields })
      }
      return failure(500, 'internal_error', 'the broker failed to answer; its log has the reason', {
        correlation_id: id
      })
    }
  }

  async #answer(found: Found, query: URLSearchParams, exchange: Exchange): Promise<AdminResponse> {
    const { request, response, id } = exchange
    const isVital = found.kind === 'route' && found.route.isVital === true
    if (!isVital && this.#underWay > this.#limits.inFlight) {
      this.#limited.requests.add(1)
      const busy = failure(503, 'too_many_requests', `${this.#limits.inFlight} requests are under way; try again`)
      return { ...busy, headers: { 'Retry-After': '1' } }
    }
    if (found.kind === 'unknown') {
      const paths = [...new Set(this.#router.routes.map(({ path }) => path))]
      return failure(404, 'not_found', 'nothing is served at this path', { paths })
    }
    if (found.kind === 'wrong-method') {
      const allow = found.allow.join(', ')
      const refused = failure(405, 'method_not_allowed', `this path takes ${allow}`, { allow: found.allow })
      return { ...refused, headers: { Allow: allow } }
    }
    const { route, params } = found
    const refused = refusal(route, this.#options.tokens, request.headers.authorization)
    if (refused !== null) {
      this.#reportRefused(request, id, refused.status)
      return refused
    }
    const given = {
      params,
      query,
      accept: request.headers.accept,
      acceptEncoding: request.headers['accept-encoding'],
      correlationId: id,
      signal: untilOver(response)
    }
    let body: unknown
    if (route.method !== 'GET') {
      const read = await readJson(request)
      if ('refusal' in read) return read.refusal
      body = read.value
    }
    exchange.isBeingHandled = true
    this.#connections.began(request.socket)
    return route.handle({ ...given, body })
  }

  #reportRefused(request: IncomingMessage, id: string, status: number): void {
    const host = clientText(String(request.socket.remoteAddress))
    this.#options.repeated.write(`admin-refused ${host}`, {
      log: this.#options.log,
      level: 'warn',
      message: 'admin request without a valid token',
      fields: { event: 'admin_refused', client_host: host, status, correlation_id: id }
    })
  }

  #report(
    { request, id, startedMs }: Exchange,
    found: Found,
    { status, bodyBytes }: { readonly status: number; readonly bodyBytes: number }
  ): void {
    const { metrics, clock, log } = this.#options
    const durationMs = clock.monotonicMs() - startedMs
    // Templates and known methods only: what clients choose must not become label values.
    const route = found.kind === 'route' ? found.route.path : 'unmatched'
    const method = found.kind === 'route' ? (request.method ?? '') : 'other'
    metrics.cells.httpRequests.child(method, route, String(status)).add(1)
    metrics.cells.httpRequestDuration.child(method, route).observe(durationMs / 1000)
    metrics.cells.httpRequestSize.observe(Number(request.headers['content-length'] ?? 0))
    metrics.cells.httpResponseSize.observe(bodyBytes)
    if (!log.isEnabled('debug')) return
    const { path, query } = parseTarget(request.url ?? '')
    // Of what is not served here nothing is written, and of a query the names only: either may hold a secret.
    const names = [...new Set(query.keys())].join(',')
    log.debug('admin request', {
      event: 'admin_request',
      correlation_id: id,
      method: clientText(request.method ?? ''),
      path: found.kind === 'unknown' ? 'unmatched' : clientText(path),
      ...(names === '' || found.kind === 'unknown' ? {} : { query: clientText(names) }),
      status,
      duration_ms: durationMs
    })
  }
}

/** Split by hand: the URL parser throws for targets that a client may well send, such as `//`. */
function parseTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?')
  if (mark === -1) return { path: target, query: new URLSearchParams() }
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) }
}

/** Aborted when the answer is complete or the connection closed. */
function untilOver(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  return controller.signal
}
