import net from 'node:net'
import type { BufferPool, Clock, Timer } from '@streambus/base'
import type { ClientSoftware, Execute, Peer } from '../pipeline/exchange.ts'
import type { RequestClock } from '../pipeline/request-clock.ts'
import { Connection, type ConnectionEnd } from './connection.ts'
import type { ConnectionLog } from './connection-log.ts'
import type { ConnectionProbe, RejectReason } from './connection-probe.ts'
import type { MemoryBudget } from './memory-budget.ts'

const SWEEP_MS = 1_000
/**
 * Shared by all connections. Several frames of a busy producer fit: with 64 KiB, which most frames just miss, each
 * frame cost two reads and a copy (0.42× the bare ceiling instead of 0.55×, bench/RESULTS.md).
 */
const SCRATCH_BYTES = 256 * 1024
const BACKLOG = 1_024

export interface ListenerLimits {
  readonly connectionsMax: number
  readonly connectionsPerIpMax: number
  readonly frameBytesMax: number
  readonly inFlightMax: number
  readonly idleMs: number
  /** How long a frame may make no progress. */
  readonly frameStallMs: number
}

export interface ListenerOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** What clients of this listener are told to connect to; null: the bound address. */
  readonly advertised: { readonly host: string; readonly port: number } | null
  /** Another number for every connection of the broker. */
  readonly nextConnectionId: () => number
  readonly limits: ListenerLimits
  readonly execute: Execute
  readonly probe: ConnectionProbe
  readonly clock: Clock
  readonly requestClock: RequestClock
  readonly pool: BufferPool
  readonly budget: MemoryBudget
  readonly log: ConnectionLog
}

/** The connections of a listener at one moment. */
export interface SocketTotals {
  connections: number
  /** Not read, because their peers do not take their answers. */
  backpressured: number
  /** Bytes of answers that sockets have not taken yet. */
  outputBytes: number
  /** Answers that wait for an earlier one of their connection. */
  queuedAnswers: number
  /** What their clients say they are, one entry for each connection that does. */
  readonly software: ClientSoftware[]
}

/** Accepts client connections within limits and closes those that stall. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #server: net.Server
  readonly #connections = new Set<Connection>()
  readonly #countByIp = new Map<string, number>()
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #advertised: { readonly host: string; readonly port: number } = { host: '', port: 0 }
  #sweep: Timer | null = null
  #onEmpty: (() => void) | null = null

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true })
    this.#server.on('connection', socket => this.#onConnection(socket))
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  get isListening(): boolean {
    return this.#server.listening
  }

  get advertised(): { readonly host: string; readonly port: number } {
    return this.#advertised
  }

  /** Requests that were decoded and whose answer has not been handed to the socket. */
  get pendingCount(): number {
    let count = 0
    for (const connection of this.#connections) count += connection.pendingCount
    return count
  }

  /** Looks at every connection. */
  sockets(): SocketTotals {
    const totals: SocketTotals = {
      connections: this.#connections.size,
      backpressured: 0,
      outputBytes: 0,
      queuedAnswers: 0,
      software: []
    }
    for (const connection of this.#connections) {
      if (connection.isBackpressured) totals.backpressured++
      totals.outputBytes += connection.outputBytes
      totals.queuedAnswers += connection.queuedCount
      const { software } = connection.peer
      if (software !== null) totals.software.push(software)
    }
    return totals
  }

  /** Rejects with the system's error when the address cannot be bound. */
  start(): Promise<{ host: string; port: number }> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, backlog: BACKLOG }, () => {
        this.#server.off('error', reject)
        // Accept errors (EMFILE and kin) are libuv's to retry; without a listener they would end the process.
        this.#server.on('error', () => this.#options.probe.rejected('descriptors'))
        const bound = this.#server.address() as net.AddressInfo
        this.#advertised = this.#options.advertised ?? { host, port: bound.port }
        if (this.#advertised.port === 0) this.#advertised = { host: this.#advertised.host, port: bound.port }
        this.#planSweep()
        resolve({ host: bound.address, port: bound.port })
      })
    })
  }

  /**
   * No new connections or requests; pending answers leave. Resolves when all connections are gone or after `graceMs`.
   */
  async stop(graceMs: number): Promise<void> {
    this.#sweep?.cancel()
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const connection of this.#connections) connection.finish()
    if (this.#connections.size > 0) {
      await new Promise<void>(resolve => {
        const timer = this.#options.clock.after(graceMs, resolve)
        this.#onEmpty = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    for (const connection of this.#connections) connection.close('shutdown', 'broker stops')
    await closed
  }

  #onConnection(socket: net.Socket): void {
    const host = socket.remoteAddress
    const { limits, probe, log } = this.#options
    const fromHere = this.#countByIp.get(host ?? '') ?? 0
    const isOverAll = this.#connections.size >= limits.connectionsMax
    if (host === undefined || isOverAll || fromHere >= limits.connectionsPerIpMax) {
      if (host !== undefined) this.#reject(host, isOverAll ? 'connections-max' : 'connections-per-ip')
      socket.destroy()
      return
    }
    this.#countByIp.set(host, fromHere + 1)
    probe.opened()
    const peer: Peer = {
      connectionId: this.#options.nextConnectionId(),
      host,
      port: socket.remotePort ?? 0,
      software: null,
      advertised: this.#advertised
    }
    log.opened(peer)
    this.#connections.add(
      new Connection(socket, {
        execute: this.#options.execute,
        peer,
        probe,
        scratch: this.#scratch,
        pool: this.#options.pool,
        budget: this.#options.budget,
        frameBytesMax: limits.frameBytesMax,
        inFlightMax: limits.inFlightMax,
        clock: this.#options.requestClock,
        onClosed: (connection, end) => this.#onClosed(connection, end)
      })
    )
  }

  #reject(host: string, reason: RejectReason): void {
    this.#options.probe.rejected(reason)
    this.#options.log.rejected(host, reason)
  }

  #onClosed(connection: Connection, end: ConnectionEnd): void {
    if (!this.#connections.delete(connection)) return
    const { host } = connection.peer
    const left = (this.#countByIp.get(host) ?? 1) - 1
    if (left === 0) this.#countByIp.delete(host)
    else this.#countByIp.set(host, left)
    this.#options.probe.closed(end.reason)
    this.#options.log.closed(connection.peer, end)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  #planSweep(): void {
    this.#sweep = this.#options.clock.after(SWEEP_MS, () => {
      this.#closeStalled()
      this.#planSweep()
    })
  }

  #closeStalled(): void {
    const { limits, budget, clock } = this.#options
    const nowMs = clock.monotonicMs()
    // When others wait for memory, a frame that does not grow has to make room sooner.
    const stallMs = budget.isContended ? limits.frameStallMs / 3 : limits.frameStallMs
    for (const connection of this.#connections) {
      const quietMs = nowMs - connection.lastActivityMs
      if (connection.isMidFrame && connection.pendingCount === 0 && quietMs > stallMs) {
        connection.close('timeout', `a request stayed incomplete for ${Math.round(quietMs)} ms`)
      } else if (connection.pendingCount === 0 && quietMs > limits.idleMs) {
        connection.close('idle', `idle for ${Math.round(quietMs)} ms`)
      }
    }
  }
}
