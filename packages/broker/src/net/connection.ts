import net from 'node:net'
import type { BufferPool } from '@streambus/base'
import type {
  Exchange,
  Execute,
  NetworkErrorReason,
  OrderlyEnd,
  Peer,
  RequestName,
  SentListener
} from '../pipeline/exchange.ts'
import type { RequestClock } from '../pipeline/request-clock.ts'
import type { ConnectionProbe } from './connection-probe.ts'
import { FrameReader } from './frame-reader.ts'
import type { MemoryBudget } from './memory-budget.ts'

/** Above this a peer that does not read its answers is not asked for more requests. */
const OUTPUT_BYTES_HIGH = 256 * 1024

/** In the detail of an end that was the client's own. */
export const CLOSED_BY_PEER = 'closed by the peer'

export interface ConnectionEnd {
  readonly reason: NetworkErrorReason | OrderlyEnd
  readonly detail: string
  /** The request that ended it, if one did. */
  readonly request: RequestName | null
}

export interface ConnectionOptions {
  readonly execute: Execute
  readonly peer: Peer
  readonly probe: ConnectionProbe
  readonly scratch: Buffer
  readonly pool: BufferPool
  readonly budget: MemoryBudget
  readonly frameBytesMax: number
  readonly inFlightMax: number
  readonly clock: RequestClock
  readonly onClosed: (connection: Connection, end: ConnectionEnd) => void
}

class PendingAnswer implements Exchange {
  holdsBack = false
  afterWrite: (() => void) | null = null
  onSent: SentListener | null = null
  chunks: readonly Buffer[] | null = null
  readonly arrivedMs: number
  readonly #connection: Connection

  constructor(connection: Connection, arrivedMs: number) {
    this.#connection = connection
    this.arrivedMs = arrivedMs
  }

  respond(chunks: readonly Buffer[]): void {
    this.chunks = chunks
    this.holdsBack = false
    this.#connection.answered()
  }

  close(reason: NetworkErrorReason | 'policy', detail: string, request?: RequestName): void {
    this.#connection.close(reason, detail, request)
  }
}

/**
 * One client socket: frames in, answers out in the order of the requests.
 *
 * Reading stops while (a) an answer that holds back later requests is pending, (b) too many answers are pending,
 * (c) the peer does not take its answers, or (d) the memory budget has no room. It goes on when none of them holds.
 */
export class Connection {
  readonly #socket: net.Socket
  readonly #options: ConnectionOptions
  readonly #reader: FrameReader
  readonly #pending: PendingAnswer[] = []
  #isInRead = false
  #isFlushPlanned = false
  #isReadStopped = false
  #isWaitingForBudget = false
  #hasPeerEnded = false
  #isFinishing = false
  #isClosed = false
  #lastActivityMs: number

  /** Takes over the accepted socket's handle, so that reads go into our own buffers instead of a fresh 64 KiB each. */
  constructor(accepted: net.Socket, options: ConnectionOptions) {
    this.#options = options
    this.#lastActivityMs = options.clock.arrive()
    this.#reader = new FrameReader({
      frameBytesMax: options.frameBytesMax,
      scratch: options.scratch,
      pool: options.pool,
      budget: options.budget,
      onFrame: frame => this.#onFrame(frame)
    })
    this.#socket = adopt(accepted, {
      buffer: () => this.#reader.target(),
      callback: count => this.#onRead(count)
    })
    this.#socket.setNoDelay(true)
    this.#socket.on('end', () => this.#onPeerEnd())
    this.#socket.on('drain', () => this.#readAgain())
    this.#socket.on('error', error => this.close('reset', error.message))
    this.#socket.on('close', () => this.close(this.#isFinishing ? 'shutdown' : 'client', CLOSED_BY_PEER))
  }

  get peer(): Peer {
    return this.#options.peer
  }

  get lastActivityMs(): number {
    return this.#lastActivityMs
  }

  get isMidFrame(): boolean {
    return this.#reader.isMidFrame
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  /** Answers that wait for an earlier one. */
  get queuedCount(): number {
    let count = 0
    for (const { chunks } of this.#pending) if (chunks !== null) count++
    return count
  }

  /** Bytes of answers that the socket has not taken yet. */
  get outputBytes(): number {
    return this.#socket.writableLength
  }

  /** Not read, because its peer does not take its answers. */
  get isBackpressured(): boolean {
    return this.#isReadStopped && this.outputBytes > OUTPUT_BYTES_HIGH
  }

  /** Called by an exchange when its answer is there. */
  answered(): void {
    if (this.#isInRead || this.#isFlushPlanned || this.#isClosed) {
      if (this.#isClosed) this.#dropAnswers()
      return
    }
    // Group commit completes many answers in one turn; one microtask later they leave in one write.
    this.#isFlushPlanned = true
    queueMicrotask(() => {
      this.#isFlushPlanned = false
      this.#options.clock.read()
      this.#flush()
      this.#readAgain()
    })
  }

  /** No new requests; answers under way still leave; then the socket ends. */
  finish(): void {
    this.#isFinishing = true
    this.#hasPeerEnded = true
    this.#stopReading()
    this.#endIfDone()
  }

  close(reason: NetworkErrorReason | OrderlyEnd, detail: string, request: RequestName | null = null): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (!isOrderly(reason)) this.#options.probe.networkError(reason)
    this.#socket.destroy()
    this.#reader.release()
    this.#dropAnswers()
    this.#options.onClosed(this, { reason, detail: isOrderly(reason) ? detail : `${reason}: ${detail}`, request })
  }

  #onRead(count: number): boolean {
    this.#lastActivityMs = this.#options.clock.arrive()
    this.#options.probe.bytesIn(count)
    if (!this.#consume(() => this.#reader.advance(count))) return false
    if (!this.#mustStop()) return true
    this.#isReadStopped = true
    return false
  }

  /** Runs one step of the reader, sends what it answered at once; false when the connection is gone. */
  #consume(step: () => void): boolean {
    this.#isInRead = true
    try {
      step()
    } catch (error) {
      this.#refuse(error)
    } finally {
      this.#isInRead = false
    }
    if (this.#isClosed) return false
    if (this.#reader.isStarved) this.#waitForBudget()
    this.#flush()
    // Answers that were ready at once have made room for the frames behind them.
    return this.#reader.hasHeld && !this.#mustStop() ? this.#goOn() : true
  }

  /** False when the connection is gone. */
  #goOn(): boolean {
    // What held the frames back has taken time.
    this.#options.clock.read()
    return this.#consume(() => this.#reader.goOn())
  }

  #onFrame(frame: Buffer): boolean {
    this.#options.probe.requestFramed()
    // What was held back came with the last read at the latest: nothing is read while requests wait.
    const answer = new PendingAnswer(this, this.#lastActivityMs)
    this.#pending.push(answer)
    this.#options.execute(frame, this.#options.peer, answer)
    return !this.#isClosed && !answer.holdsBack && this.#pending.length < this.#options.inFlightMax
  }

  #refuse(error: unknown): void {
    if (!(error instanceof Error) || error.name !== 'FrameError') throw error
    this.close('frame-size', error.message)
  }

  #mustStop(): boolean {
    return (
      this.#isWaitingForBudget ||
      this.#pending.length >= this.#options.inFlightMax ||
      this.#socket.writableLength > OUTPUT_BYTES_HIGH ||
      (this.#pending.at(-1)?.holdsBack ?? false)
    )
  }

  #waitForBudget(): void {
    if (this.#isWaitingForBudget) return
    this.#isWaitingForBudget = true
    this.#options.budget.wait(() => {
      this.#isWaitingForBudget = false
      this.#readAgain()
    })
  }

  #stopReading(): void {
    this.#isReadStopped = true
    this.#socket.pause()
  }

  #readAgain(): void {
    if (this.#isClosed || !this.#isReadStopped || this.#isInRead || this.#mustStop()) return
    if (!this.#goOn()) return
    if (this.#mustStop() || this.#hasPeerEnded) return
    this.#isReadStopped = false
    this.#socket.resume()
  }

  /** In the turn of a reading of the clock. */
  #flush(): void {
    let count = 0
    while (count < this.#pending.length && this.#pending[count]?.chunks !== null) count++
    if (count === 0 || this.#isClosed) return
    const ready = this.#pending.splice(0, count)
    const flushedMs = this.#options.clock.latestMs
    // Behind it there is nothing to write.
    const last = ready.findLastIndex(({ chunks }) => chunks?.length !== 0)
    this.#socket.cork()
    for (let i = 0; i < ready.length; i++) {
      this.#write(ready[i] as PendingAnswer, i === last ? error => this.#sent(ready, flushedMs, error) : null)
    }
    this.#socket.uncork()
    this.#endIfDone()
  }

  /** `taken` hears when the socket has taken this answer, which has some bytes, and with it all before it. */
  #write(answer: PendingAnswer, taken: ((error?: Error | null) => void) | null): void {
    const chunks = answer.chunks ?? []
    const { afterWrite } = answer
    for (let i = 0; i < chunks.length; i++) {
      const chunk = chunks[i] as Buffer
      if (i < chunks.length - 1 || (afterWrite === null && taken === null)) this.#socket.write(chunk)
      else
        this.#socket.write(chunk, error => {
          afterWrite?.()
          taken?.(error)
        })
    }
    if (chunks.length === 0) afterWrite?.()
  }

  #sent(answers: readonly PendingAnswer[], flushedMs: number, error?: Error | null): void {
    if (error) return
    const sentMs = this.#options.clock.read()
    let bytes = 0
    for (const { chunks, onSent } of answers) {
      if (chunks === null || chunks.length === 0) continue
      for (const chunk of chunks) bytes += chunk.length
      onSent?.sent(flushedMs, sentMs)
    }
    this.#options.probe.bytesOut(bytes)
  }

  #onPeerEnd(): void {
    this.#hasPeerEnded = true
    this.#endIfDone()
  }

  #endIfDone(): void {
    // Not `end`: nobody reads this socket any more, so the peer's own end would never be seen.
    if (this.#hasPeerEnded && this.#pending.length === 0 && !this.#isClosed) this.#socket.destroySoon()
  }

  #dropAnswers(): void {
    for (const answer of this.#pending) {
      if (answer.chunks === null) continue
      answer.afterWrite?.()
      answer.afterWrite = null
    }
  }
}

function isOrderly(reason: NetworkErrorReason | OrderlyEnd): reason is OrderlyEnd {
  return reason === 'policy' || reason === 'client' || reason === 'idle' || reason === 'shutdown'
}

interface ReadInto {
  buffer(): Uint8Array
  callback(count: number): boolean
}

/**
 * Node gives `onread` (reads into the caller's buffer) only to sockets that it constructs itself, so a new socket is
 * built around the accepted handle. `handle` is what net.Server itself passes; the option is not documented, hence
 * the check, and the test that a Node upgrade would break first.
 */
function adopt(accepted: net.Socket, onread: ReadInto): net.Socket {
  const internals = accepted as unknown as { _handle: object | null }
  const handle = internals._handle
  if (handle === null) {
    accepted.destroy()
    return accepted
  }
  internals._handle = null
  accepted.destroy()
  return new net.Socket({ handle, onread, allowHalfOpen: true } as unknown as net.SocketConstructorOpts)
}
