import fs from 'node:fs'
import net from 'node:net'
import { pathToFileURL } from 'node:url'
import { BufferPool, crc32c } from '@streambus/base'
import { type BatchShape, buildBatch, stampBaseOffset } from './batch.ts'
import { FrameBuffer } from './frame-buffer.ts'
import {
  apiKeyAt,
  CORRELATION_AT,
  fetchAnswer,
  fetchOffsetPosition,
  produceAnswer,
  produceAnswerPositions
} from './kafka-frames.ts'

/** The only topic it knows: its answers are prebuilt. */
export const CEILING_TOPIC = 'ceiling'
/** An API key of its own: echoes a few bytes without touching the disk. */
export const PING_KEY = 9999
const FETCH_KEY = 1
/** Bytes of a frame that differ between sends: length, key, version, correlation id. */
const UNSUMMED_BYTES = CORRELATION_AT + 4

export interface CeilingOptions {
  readonly directory: string
  /** CRC-32C of every frame before it is written. */
  readonly checksum: boolean
  /** Answers wait for an fdatasync that covers them, one at a time for all that is waiting. */
  readonly sync: boolean
}

export interface CeilingStats {
  readonly frames: number
  readonly bytes: number
  /** Sum modulo 2^32 of the checksums of all frames in the file, without what differs between sends. */
  readonly crcSum: number
}

export interface FetchFill {
  readonly shape: BatchShape
  readonly batches: number
  readonly answerBytesMax: number
}

/**
 * What Node can do at best on this machine: socket → page cache → socket and nothing else. No decoding, no
 * validation, no offsets, no index, no limits. Frames land in a buffer of the connection (the accepted socket's handle
 * is adopted, as in the broker: Node's own reads allocate 64 KiB each), one write per frame, a prebuilt answer.
 */
export class CeilingServer {
  readonly #options: CeilingOptions
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  readonly #fd: number
  readonly #answer = produceAnswer(CEILING_TOPIC)
  readonly #baseOffsetAt = 4 + produceAnswerPositions(CEILING_TOPIC).baseOffsetAt
  readonly #fetchOffsetAt = fetchOffsetPosition(CEILING_TOPIC) - 4
  readonly #pool = new BufferPool(512 * 1024 * 1024)
  #fetch: {
    template: Buffer
    recordsAt: number
    recordsBytes: number
    fd: number
    recordCount: number
    batchBytes: number
  } | null = null
  #frames = 0
  #bytes = 0
  #waiting: (() => void)[] = []
  #isSyncing = false

  private constructor(options: CeilingOptions) {
    this.#options = options
    this.#fd = fs.openSync(`${options.directory}/ceiling.log`, 'w+')
    this.#server = net.createServer({ noDelay: true }, socket => this.#accept(socket))
  }

  static async start(options: CeilingOptions): Promise<CeilingServer> {
    const server = new CeilingServer(options)
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject)
      server.#server.listen(0, '127.0.0.1', resolve)
    })
    return server
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** Reads the file back: what is counted is what was written, not what was received. */
  stats(): CeilingStats {
    const lengthBytes = Buffer.alloc(4)
    let [at, frames, crcSum] = [0, 0, 0]
    while (at < this.#bytes && fs.readSync(this.#fd, lengthBytes, 0, 4, at) === 4) {
      const frame = Buffer.allocUnsafe(4 + lengthBytes.readInt32BE(0))
      fs.readSync(this.#fd, frame, 0, frame.length, at)
      crcSum = (crcSum + frameSum(frame)) >>> 0
      frames++
      at += frame.length
    }
    return { frames, bytes: at, crcSum }
  }

  /** Forgets what was produced. */
  reset(): void {
    fs.ftruncateSync(this.#fd, 0)
    this.#bytes = this.#frames = 0
  }

  /** Writes a file of batches for the fetch direction. Returns the offset at which it ends. */
  fill({ shape, batches, answerBytesMax }: FetchFill): number {
    const batch = buildBatch(shape, 1)
    const perAnswer = Math.max(1, Math.floor(answerBytesMax / batch.length))
    const total = Math.ceil(batches / perAnswer) * perAnswer // every answer is full
    const fd = fs.openSync(`${this.#options.directory}/ceiling-fetch.log`, 'w+')
    for (let i = 0; i < total; i++) {
      stampBaseOffset(batch, i * shape.recordCount)
      fs.writeSync(fd, batch)
    }
    const recordsBytes = perAnswer * batch.length
    const { frame, recordsAt } = fetchAnswer(CEILING_TOPIC, Buffer.alloc(recordsBytes, 0xa5))
    if (this.#fetch !== null) fs.closeSync(this.#fetch.fd)
    this.#fetch = {
      template: frame,
      recordsAt,
      recordsBytes,
      fd,
      recordCount: shape.recordCount,
      batchBytes: batch.length
    }
    return total * shape.recordCount
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
    fs.closeSync(this.#fd)
    if (this.#fetch !== null) fs.closeSync(this.#fetch.fd)
  }

  #accept(accepted: net.Socket): void {
    const frames: FrameBuffer = new FrameBuffer((buffer, start, end) => this.#onFrame(socket, buffer, start, end))
    const socket = adopt(accepted, {
      buffer: () => frames.target(),
      callback: count => {
        socket.cork()
        frames.received(count)
        socket.uncork()
        return true
      }
    })
    socket.setNoDelay(true)
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #onFrame(socket: net.Socket, ...[buffer, start, end]: [Buffer, number, number]): void {
    const key = buffer.readInt16BE(apiKeyAt(start))
    const correlationId = buffer.readInt32BE(start + CORRELATION_AT - 4)
    if (key === FETCH_KEY)
      this.#onFetch(socket, correlationId, Number(buffer.readBigInt64BE(start + this.#fetchOffsetAt)))
    else if (key === PING_KEY) socket.write(Buffer.from(buffer.subarray(start - 4, end)))
    else this.#onProduce(socket, correlationId, buffer.subarray(start - 4, end))
  }

  #onProduce(socket: net.Socket, correlationId: number, frame: Buffer): void {
    if (this.#options.checksum) crc32c(frame)
    this.#bytes += fs.writeSync(this.#fd, frame, 0, frame.length, this.#bytes)
    const answer = Buffer.from(this.#answer)
    answer.writeInt32BE(correlationId, 4)
    answer.writeBigInt64BE(BigInt(this.#frames++), this.#baseOffsetAt)
    if (!this.#options.sync) {
      socket.write(answer)
      return
    }
    this.#waiting.push(() => socket.write(answer))
    this.#sync()
  }

  #sync(): void {
    if (this.#isSyncing || this.#waiting.length === 0) return
    this.#isSyncing = true
    const covered = this.#waiting
    this.#waiting = []
    fs.fdatasync(this.#fd, error => {
      if (error !== null) throw error
      this.#isSyncing = false
      for (const answer of covered) answer()
      this.#sync()
    })
  }

  #onFetch(socket: net.Socket, correlationId: number, offset: number): void {
    const fetch = this.#fetch
    if (fetch === null) throw new Error('fetch before fill')
    const { template, recordsAt, recordsBytes } = fetch
    const answer = this.#pool.take(template.length)
    template.copy(answer, 0, 0, recordsAt)
    template.copy(answer, recordsAt + recordsBytes, recordsAt + recordsBytes)
    answer.writeInt32BE(correlationId, 4)
    fs.readSync(fetch.fd, answer, recordsAt, recordsBytes, (offset / fetch.recordCount) * fetch.batchBytes)
    socket.write(answer.subarray(0, template.length), () => this.#pool.give(answer))
  }
}

export function frameSum(frame: Buffer): number {
  return crc32c(frame.subarray(UNSUMMED_BYTES))
}

export function pingFrame(): Buffer {
  const frame = Buffer.alloc(64)
  frame.writeInt32BE(60, 0)
  frame.writeInt16BE(PING_KEY, 4)
  return frame
}

function adopt(accepted: net.Socket, onread: { buffer(): Uint8Array; callback(count: number): boolean }): net.Socket {
  const internals = accepted as unknown as { _handle: object | null }
  const handle = internals._handle
  internals._handle = null
  accepted.destroy()
  return new net.Socket({ handle, onread } as unknown as net.SocketConstructorOpts)
}

/** As a process of its own: options as JSON in the first argument, then one message per command. */
async function main(): Promise<void> {
  const server = await CeilingServer.start(JSON.parse(process.argv[2] ?? '{}') as CeilingOptions)
  process.send?.({ port: server.port })
  process.on('message', (command: { stats?: true; reset?: true; fill?: FetchFill }) => {
    if (command.reset) server.reset()
    process.send?.(
      command.stats ? server.stats() : { endOffset: command.fill === undefined ? 0 : server.fill(command.fill) }
    )
  })
  process.on('disconnect', () => process.exit(0))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
