import net from 'node:net'
import type { Clock } from '@streambus/base'
import { nodeClock } from '@streambus/base/node'
import {
  type AnyApi,
  type ApiSchema,
  type ApiVersionsResponse,
  apiVersionsApi,
  decodeResponse,
  encodeRequestFrame,
  Framer,
  type Input
} from '@streambus/protocol'
import { type Address, formatAddress } from './address.ts'
import {
  closedEarlyError,
  connectError,
  connectTimeoutError,
  httpPeerError,
  notKafkaError,
  tlsPeerError,
  WireError
} from './errors.ts'
import { InFlight, type Pending } from './in-flight.ts'
import {
  decodeApiVersions,
  highestCommonVersion,
  negotiate,
  type PeerVersions,
  unsupportedError
} from './negotiation.ts'

export interface ConnectionOptions {
  readonly address: Address
  /** Sent with every request; at most 255 bytes. */
  readonly clientId: string
  /** For TCP and version negotiation together. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Default for `send`; 30 s unless given. */
  readonly requestTimeoutMs?: number
  /** Longest answer accepted. Default 128 MiB. */
  readonly frameBytesMax?: number
  readonly clock?: Clock
}

export interface SendOptions {
  /** Instead of the highest common version. Not checked against what the peer advertises. */
  readonly version?: number
  readonly timeoutMs?: number
}

/** What ApiVersions v3+ tells the broker about us. */
const SOFTWARE = { clientSoftwareName: 'streambus', clientSoftwareVersion: '0.1.0' } as const

const CONNECT_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const FRAME_BYTES_MAX = 128 * 1024 * 1024
/** A peer that owes more answers than this gets no more requests. */
const IN_FLIGHT_MAX = 4096
/** After an orderly `close` the peer gets this long to close its side. */
const CLOSE_GRACE_MS = 1000

const HTTP_START = Buffer.from('HTTP/')
const TLS_ALERT = 0x15
const TLS_MAJOR_VERSION = 0x03

/**
 * One connection to one broker: any number of requests in flight, answers matched by correlation id. All failures are
 * WireErrors. A failed or closed connection stays so; whoever needs another opens another.
 */
export class Connection {
  readonly address: Address
  readonly #options: ConnectionOptions
  readonly #clock: Clock
  readonly #socket: net.Socket
  readonly #framer: Framer
  readonly #inFlight = new InFlight()
  #versions: PeerVersions | null = null
  #hasReceived = false
  #isClosing = false
  #failure: WireError | null = null
  #whenIdle: (() => void) | null = null
  readonly #closed = Promise.withResolvers<void>()

  private constructor(socket: net.Socket, options: ConnectionOptions) {
    this.address = options.address
    this.#options = options
    this.#clock = options.clock ?? nodeClock
    this.#socket = socket
    this.#framer = new Framer(options.frameBytesMax ?? FRAME_BYTES_MAX)
    socket.on('data', chunk => this.#receive(chunk))
    socket.on('error', error => this.#fail(this.#closedError(error)))
    socket.on('end', () => this.#fail(this.#closedError()))
    socket.on('close', () => {
      this.#fail(this.#closedError())
      this.#closed.resolve()
    })
  }

  /** Connects and negotiates versions. Rejects with a WireError. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const clock = options.clock ?? nodeClock
    const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    const startedMs = clock.monotonicMs()
    const socket = await dial(options.address, timeoutMs, clock)
    const connection = new Connection(socket, options)
    try {
      await connection.#negotiate(Math.max(1, timeoutMs - (clock.monotonicMs() - startedMs)))
      return connection
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /** False once it failed or `close` was called. */
  get isOpen(): boolean {
    return this.#failure === null && !this.#isClosing
  }

  /** Requests whose answer somebody waits for. */
  get inFlightCount(): number {
    return this.#inFlight.waitingCount
  }

  /** The version `send` would use, or null when the peer does not speak this API. */
  versionOf(api: Pick<AnyApi, 'key' | 'accepted'>): number | null {
    return this.#versions === null ? null : highestCommonVersion(api, this.#versions)
  }

  /** Like `versionOf`, but throws the WireError that says so. */
  requireVersion(api: Pick<AnyApi, 'key' | 'name' | 'accepted'>): number {
    const version = this.versionOf(api)
    if (version === null) throw unsupportedError(this.address, api, this.#versions ?? new Map())
    return version
  }

  /**
   * Sends one request. Answers of one connection come in the order of the requests, so a long-polling one holds back
   * those after it. On a timeout the promise rejects and the late answer is dropped when it comes.
   * Throws EncodeError for a body that cannot be written.
   */
  async send<Req, Res>(api: ApiSchema<Req, Res>, body: Input<Req>, options: SendOptions = {}): Promise<Res> {
    this.#refuseUnlessOpen()
    const version = options.version ?? this.requireVersion(api)
    const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    const correlationId = this.#inFlight.nextCorrelationId()
    const chunks = encodeRequestFrame({ api, version, correlationId, clientId: this.#options.clientId, body })
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const timer = this.#clock.after(timeoutMs, () => this.#expire(correlationId, timeoutMs))
    this.#inFlight.add(correlationId, { api, version, resolve, reject, timer })
    this.#write(chunks)
    return promise as Promise<Res>
  }

  /** Sends a request that has no answer (Produce with acks=0). Resolves when its bytes are with the kernel. */
  async sendOneWay<Req>(api: ApiSchema<Req, unknown>, body: Input<Req>, options: SendOptions = {}): Promise<void> {
    this.#refuseUnlessOpen()
    const version = options.version ?? this.requireVersion(api)
    const correlationId = this.#inFlight.nextCorrelationId()
    const chunks = encodeRequestFrame({ api, version, correlationId, clientId: this.#options.clientId, body })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#write(chunks, error => (error ? reject(this.#failure ?? this.#closedError(error)) : resolve()))
    return promise
  }

  /** Orderly: takes no more requests, waits for the answers that are due, then closes. Never rejects. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#failure === null && this.#inFlight.waitingCount > 0) {
      await new Promise<void>(resolve => {
        this.#whenIdle = resolve
      })
    }
    this.#socket.end()
    const timer = this.#clock.after(CLOSE_GRACE_MS, () => this.#socket.destroy())
    await this.#closed.promise
    timer.cancel()
  }

  /** At once: requests in flight are rejected. */
  destroy(): void {
    this.#fail(
      new WireError('closed', this.address, `the connection to ${formatAddress(this.address)} was closed here`)
    )
  }

  async #negotiate(timeoutMs: number): Promise<void> {
    this.#versions = await negotiate(this.address, version =>
      this.send(apiVersionsApi, version >= 3 ? SOFTWARE : {}, { version, timeoutMs })
    )
  }

  #write(chunks: readonly Buffer[], done?: (error?: Error | null) => void): void {
    const last = chunks.length - 1
    if (last > 0) this.#socket.cork()
    for (let index = 0; index < last; index++) this.#socket.write(chunks[index] as Buffer)
    this.#socket.write(chunks[last] as Buffer, done)
    if (last > 0) this.#socket.uncork()
  }

  #receive(chunk: Buffer): void {
    if (this.#failure !== null) return
    const stranger = this.#hasReceived ? null : strangerError(chunk, this.address)
    this.#hasReceived = true
    if (stranger !== null) return this.#fail(stranger)
    try {
      for (const frame of this.#framer.push(chunk)) this.#answer(frame)
    } catch (error) {
      // FrameError or DecodeError: nothing after these bytes can be understood.
      this.#fail(notKafkaError(this.address, (error as Error).message, error))
    }
  }

  #answer(frame: Buffer): void {
    if (frame.length < 4) throw new RangeError(`an answer of ${frame.length} bytes has no correlation id`)
    const correlationId = frame.readInt32BE(0)
    const pending = this.#inFlight.take(correlationId)
    if (pending === undefined)
      throw new RangeError(`an answer has correlation id ${correlationId}, which was not asked`)
    if (pending === null) return
    let body: unknown
    try {
      body = decodeAnswer(pending, frame)
    } catch (error) {
      pending.reject(notKafkaError(this.address, (error as Error).message, error))
      throw error
    }
    pending.resolve(body)
    if (this.#inFlight.waitingCount === 0) this.#idle()
  }

  #expire(correlationId: number, timeoutMs: number): void {
    const pending = this.#inFlight.abandon(correlationId)
    const where = formatAddress(this.address)
    pending?.reject(
      new WireError(
        'request-timeout',
        this.address,
        `the broker at ${where} did not answer ${pending.api.name} within ${timeoutMs} ms; is it overloaded, stopped, or not a Kafka broker?`
      )
    )
    if (this.#inFlight.waitingCount === 0) this.#idle()
  }

  #refuseUnlessOpen(): void {
    if (this.#failure !== null) throw this.#failure
    if (this.#isClosing) throw this.#closedError()
    if (this.#inFlight.count >= IN_FLIGHT_MAX) {
      const where = formatAddress(this.address)
      throw new WireError('overloaded', this.address, `${where} owes ${IN_FLIGHT_MAX} answers; send less at a time`)
    }
  }

  #closedError(cause?: NodeJS.ErrnoException | null): WireError {
    if (this.#versions === null && !this.#isClosing) return closedEarlyError(this.address, cause)
    const reason = cause ? ` (${cause.code ?? cause.message})` : ''
    const where = formatAddress(this.address)
    return new WireError('closed', this.address, `the connection to ${where} was closed${reason}`, cause)
  }

  #fail(error: WireError): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#socket.destroy()
    this.#inFlight.failAll(error)
    this.#idle()
  }

  #idle(): void {
    this.#whenIdle?.()
    this.#whenIdle = null
  }
}

function decodeAnswer({ api, version }: Pending, frame: Buffer): unknown {
  if (api.key === apiVersionsApi.key) return decodeApiVersions(version, frame) satisfies ApiVersionsResponse
  return decodeResponse(api as ApiSchema<never, unknown>, version, frame).body
}

/** Recognises the two things that most often answer on a wrong port. */
function strangerError(chunk: Buffer, address: Address): WireError | null {
  if (chunk.subarray(0, HTTP_START.length).equals(HTTP_START)) return httpPeerError(address)
  if (chunk[0] === TLS_ALERT && chunk[1] === TLS_MAJOR_VERSION) return tlsPeerError(address)
  return null
}

function dial(address: Address, timeoutMs: number, clock: Clock): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address.host, port: address.port, noDelay: true })
    const timer = clock.after(timeoutMs, () => {
      socket.destroy()
      reject(connectTimeoutError(address, timeoutMs))
    })
    const refuse = (error: NodeJS.ErrnoException): void => {
      timer.cancel()
      reject(connectError(address, error))
    }
    socket.once('error', refuse)
    socket.once('connect', () => {
      timer.cancel()
      socket.off('error', refuse)
      resolve(socket)
    })
  })
}
