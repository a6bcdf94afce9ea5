import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AssertionError, type Clock, type Prng } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import { clientText, type Log, type RepeatedLines } from '../observability/log.ts'
import { readJson } from './body.ts'
import { ClientErrors } from './client-errors.ts'
import { correlationId } from './correlation-id.ts'
import { type AdminResponse, failure, type Route } from './route.ts'
import { type Found, Router } from './router.ts'

const LIMITS = {
  connections: 256,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  idleMs: 90_000
} as const

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
  /** Where Kafka clients should connect instead, for the log: `host:port`. */
  readonly kafkaAddress: () => string
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: string
  readonly startedMs: number
}

/**
 * The HTTP server of the admin port: limits, correlation ids, metrics and errors; what is answered stands in routes/.
 */
export class AdminServer {
  readonly #options: AdminServerOptions
  readonly #router: Router
  readonly #server: Server

  constructor(options: AdminServerOptions) {
    this.#options = options
    this.#router = new Router(options.routes)
    // Not by import: that would evaluate every export of node:http, WebSocket among them, and with it load undici
    // (25 ms and 11 MB, against 3 ms and 4 MB; Node 24).
    const { createServer } = process.getBuiltinModule('node:http')
    this.#server = createServer(
      {
        maxHeaderSize: LIMITS.headerBytes,
        headersTimeout: LIMITS.headersMs,
        requestTimeout: LIMITS.requestMs,
        keepAliveTimeout: LIMITS.keepAliveMs
      },
      (request, response) => void this.#serve(request, response)
    )
    this.#server.maxConnections = LIMITS.connections
    this.#server.timeout = LIMITS.idleMs
    const clientErrors = new ClientErrors(options)
    this.#server.on('clientError', (error, socket) => clientErrors.handle(error, socket))
    this.#server.on('drop', () => {
      const message = `admin port: more than ${LIMITS.connections} connections; the newest are closed`
      options.repeated.write('admin-connections', { log: options.log, level: 'warn', message })
    })
  }

  /** Rejects with the system's error when the address cannot be bound. */
  start(): Promise<{ host: string; port: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ host: string; port: number }>()
    this.#server.once('error', reject)
    this.#server.listen({ host: this.#options.host, port: this.#options.port }, () => {
      this.#server.off('error', reject)
      // Accept errors are the event loop's to retry; without a listener they would end the process.
      this.#server.on('error', error => this.#options.log.warn('admin port: accept failed', { error: error.message }))
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
    const { metrics, clock, prng, log } = this.#options
    const id = correlationId(request.headers['x-correlation-id'], prng)
    const exchange: Exchange = { request, response, id, startedMs: clock.monotonicMs() }
    const { path, query } = parseTarget(request.url ?? '/')
    const found = this.#router.find(request.method ?? '', path)
    metrics.cells.httpRequestsInFlight.add(1)
    let answer: AdminResponse
    try {
      answer = await this.#answer(found, query, exchange)
    } catch (error) {
      if (error instanceof AssertionError) throw error
      // The client went away while it sent its body: nobody reads the answer, and nothing here is broken.
      const isAborted = request.errored !== null
      if (!isAborted)
        log.error('admin request failed', { correlation_id: id, path: clientText(path), err: error as Error })
      answer = failure(500, 'internal_error', 'the broker failed to answer; its log has the reason', {
        correlation_id: id
      })
    } finally {
      metrics.cells.httpRequestsInFlight.add(-1)
    }
    send({ ...exchange, isLast: !this.#server.listening }, answer, found)
    this.#report(exchange, found, answer.status)
  }

  async #answer(found: Found, query: URLSearchParams, { request, id }: Exchange): Promise<AdminResponse> {
    if (found.kind === 'unknown') {
      const paths = [...new Set(this.#router.routes.map(({ path }) => path))]
      return failure(404, 'not_found', 'nothing is served at this path', { paths })
    }
    if (found.kind === 'wrong-method') {
      const allow = found.allow.join(', ')
      return failure(405, 'method_not_allowed', `this path takes ${allow}`, { allow: found.allow })
    }
    const { route, params } = found
    if (route.method === 'GET') return route.handle({ params, query, body: undefined, correlationId: id })
    const body = await readJson(request)
    if ('refusal' in body) return body.refusal
    return route.handle({ params, query, body: body.value, correlationId: id })
  }

  #report({ request, id, startedMs }: Exchange, found: Found, status: number): void {
    const { metrics, clock, log } = this.#options
    const durationMs = clock.monotonicMs() - startedMs
    // Templates and known methods only: what clients choose must not become label values.
    const route = found.kind === 'route' ? found.route.path : 'unmatched'
    const method = found.kind === 'route' ? (request.method ?? '') : 'other'
    metrics.cells.httpRequests.child(method, route, String(status)).add(1)
    metrics.cells.httpRequestDuration.child(method, route).observe(durationMs / 1000)
    if (!log.isEnabled('debug')) return
    const path = clientText(request.url ?? '')
    log.debug('admin request', {
      correlation_id: id,
      method: clientText(request.method ?? ''),
      path,
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

function send(
  { request, response, id, isLast }: Exchange & { readonly isLast: boolean },
  answer: AdminResponse,
  found: Found
): void {
  response.statusCode = answer.status
  response.setHeader('Content-Type', answer.contentType)
  response.setHeader('Content-Length', Buffer.byteLength(answer.text))
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Correlation-ID', id)
  if (found.kind === 'wrong-method') response.setHeader('Allow', found.allow.join(', '))
  // A body that was not read to its end cannot be followed by another request; a server that stops waits for none.
  if (!request.complete || isLast) response.setHeader('Connection', 'close')
  response.end(request.method === 'HEAD' ? undefined : answer.text)
}
