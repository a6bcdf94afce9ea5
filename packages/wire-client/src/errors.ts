import type { Address } from './address.ts'
import { formatAddress } from './address.ts'

/**
 * What went wrong between us and a peer. The last six are final: trying the same again changes nothing.
 */
export type WireFailure =
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'closed'
  | 'request-timeout'
  | 'overloaded'
  | 'unresolved'
  | 'http-peer'
  | 'tls-peer'
  | 'not-kafka'
  | 'unsupported'
  | 'advertised-unreachable'

const RETRIABLE: ReadonlySet<WireFailure> = new Set([
  'refused',
  'unreachable',
  'connect-timeout',
  'closed',
  'request-timeout',
  'overloaded'
])

const CONTACT: ReadonlySet<WireFailure> = new Set(['refused', 'unreachable', 'connect-timeout', 'unresolved'])

/** The connection, not the broker's answer, is the trouble. The message says what to do about it. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly failure: WireFailure
  readonly address: Address

  constructor(failure: WireFailure, address: Address, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.failure = failure
    this.address = address
  }

  /** Whether the same request may succeed later, on a new connection. */
  get retriable(): boolean {
    return RETRIABLE.has(this.failure)
  }

  /** No connection came about at all. */
  get isContact(): boolean {
    return CONTACT.has(this.failure)
  }
}

/** Turns what `connect(2)` or the resolver said into a WireError that says what to do. */
export function connectError(address: Address, error: NodeJS.ErrnoException): WireError {
  const where = formatAddress(address)
  switch (error.code ?? '') {
    case 'ECONNREFUSED':
      return new WireError(
        'refused',
        address,
        `no broker listens on ${where} (connection refused); start one with \`streambus start\`, or name another with --bootstrap HOST:PORT`,
        error
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new WireError(
        'unresolved',
        address,
        `the host name ${address.host} cannot be resolved (${error.code}); check the spelling and the DNS`,
        error
      )
    default:
      return new WireError(
        'unreachable',
        address,
        `${where} cannot be reached (${error.code ?? error.message}); check address, route and firewall`,
        error
      )
  }
}

/** Nothing answered the SYN: a firewall that drops, a host that is down, a full backlog. */
export function connectTimeoutError(address: Address, timeoutMs: number): WireError {
  return new WireError(
    'connect-timeout',
    address,
    `${formatAddress(address)} did not accept a connection within ${timeoutMs} ms; check address, route and firewall`
  )
}

/** Node's HTTP server answers a Kafka frame with `HTTP/1.1 400 Bad Request`. */
export function httpPeerError(address: Address): WireError {
  return new WireError(
    'http-peer',
    address,
    `${formatAddress(address)} answers in HTTP: this is an HTTP port — the admin port?; use the Kafka port, usually 9092`
  )
}

/** A TLS server answers a Kafka frame with an alert record. */
export function tlsPeerError(address: Address): WireError {
  return new WireError(
    'tls-peer',
    address,
    `${formatAddress(address)} answers in TLS; use a PLAINTEXT listener of the broker, TLS is not supported here`
  )
}

/** Brokers before 0.10, many TLS stacks and most other servers hang up on an ApiVersions request. */
export function closedEarlyError(address: Address, cause?: unknown): WireError {
  return new WireError(
    'not-kafka',
    address,
    `${formatAddress(address)} closed the connection instead of answering ApiVersions; is this a TLS listener, or the port of something else? The Kafka port is usually 9092`,
    cause
  )
}

/** The peer answered, but not what the protocol says. The connection is useless from here on. */
export function notKafkaError(address: Address, reason: string, cause?: unknown): WireError {
  return new WireError(
    'not-kafka',
    address,
    `${formatAddress(address)} does not speak the Kafka protocol as expected: ${reason}`,
    cause
  )
}

/** `via` told us about `error.address`; it was reached, that address was not. */
export function advertisedError(via: Address, error: WireError): WireError {
  const from = formatAddress(via)
  const to = formatAddress(error.address)
  return new WireError(
    'advertised-unreachable',
    error.address,
    `the broker at ${from} advertises ${to}, which cannot be reached from here (${error.failure}): fix advertised.listeners on the broker`,
    error
  )
}

/** Just the fields of the protocol's error table that matter here. */
export interface ErrorEntry {
  readonly code: number
  readonly name: string
  readonly retriable: boolean
  readonly message: string
}

/** The broker answered, with an error code. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: number
  /** Kafka's name, such as UNKNOWN_TOPIC_OR_PARTITION. */
  readonly errorName: string
  readonly retriable: boolean

  /** `what` is what was tried, in words; `detail` is the broker's own text, if it sent one. */
  constructor(entry: ErrorEntry, what: string, detail?: string | null) {
    // Kafka sends an empty text now and then.
    super(`${what}: ${detail || entry.message} (${entry.name})`)
    this.code = entry.code
    this.errorName = entry.name
    this.retriable = entry.retriable
  }
}

/** Whether the same thing may succeed later: by the error table for brokers, by kind for connections. */
export function isRetriable(error: unknown): boolean {
  return (error instanceof WireError || error instanceof BrokerError) && error.retriable
}
