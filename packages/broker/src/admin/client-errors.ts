import type { Duplex } from 'node:stream'
import type { Clock, Prng } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import { clientText, type Log } from '../observability/log.ts'
import type { RepeatedLines } from '../observability/repeated-lines.ts'
import { correlationId } from './correlation-id.ts'
import { recognise } from './foreign-protocol.ts'
import { failure } from './route.ts'

/** What Node gives for a request that its parser refused. */
interface ClientError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
}

const STATUS_LINES: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout']]
])

/** For the answer to arrive. */
const LINGER_MS = 500

/**
 * Connections whose bytes are not HTTP. Clients on the wrong port are told apart, so that the log can say where to go.
 */
export class ClientErrors {
  readonly #log: Log
  readonly #repeated: RepeatedLines
  readonly #kafkaAddress: () => string
  readonly #prng: Prng
  readonly #clock: Clock
  readonly #metrics: BrokerMetrics

  constructor(options: {
    readonly log: Log
    readonly repeated: RepeatedLines
    readonly kafkaAddress: () => string
    readonly prng: Prng
    readonly clock: Clock
    readonly metrics: BrokerMetrics
  }) {
    this.#metrics = options.metrics
    this.#prng = options.prng
    this.#clock = options.clock
    this.#log = options.log
    this.#repeated = options.repeated
    this.#kafkaAddress = options.kafkaAddress
  }

  handle(error: ClientError, socket: Duplex): void {
    const protocol = error.rawPacket === undefined ? 'unknown' : recognise(error.rawPacket)
    if (protocol !== 'unknown') this.#report(protocol, socket)
    if (protocol === 'tls' || error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const [status, phrase] = STATUS_LINES.get(error.code ?? '') ?? [400, 'Bad Request']
    this.#metrics.cells.httpRequests.child('other', 'unmatched', String(status)).add(1)
    // Also for Kafka clients: ours and librdkafka tell their user that this is an HTTP port.
    const hint = `this port speaks HTTP/1.1; GET / lists what it serves; Kafka clients belong on ${this.#kafkaAddress()}`
    const { contentType, text } = failure(status, 'bad_request', hint)
    const head = [
      `HTTP/1.1 ${status} ${phrase}`,
      `Content-Type: ${contentType}`,
      `Content-Length: ${Buffer.byteLength(text)}`,
      `X-Correlation-ID: ${correlationId(undefined, this.#prng)}`,
      'Connection: close'
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
    // Who does not close his end would keep the connection half open. Not at once: a reset can overtake the answer.
    const timer = this.#clock.after(LINGER_MS, () => socket.destroy())
    socket.once('close', () => timer.cancel())
  }

  #report(protocol: 'kafka' | 'tls', socket: Duplex): void {
    const host = 'remoteAddress' in socket ? clientText(String(socket.remoteAddress)) : 'unknown'
    const message =
      protocol === 'kafka'
        ? `a Kafka client connected to the admin port; Kafka clients belong on ${this.#kafkaAddress()}`
        : 'a TLS client connected to the admin port, which speaks plain HTTP'
    const fields = { event: 'wrong_port', protocol, client_host: host }
    this.#repeated.remind(`admin-${protocol} ${host}`, { log: this.#log, level: 'warn', message, fields })
  }
}
