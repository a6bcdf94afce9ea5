import net from 'node:net'
import { FrameBuffer, type OnFrame } from './frame-buffer.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** The load generator's end of a connection: one reusable read buffer, no allocation per answer. */
export class WireSocket {
  readonly #socket: net.Socket
  readonly #closed: Promise<void>
  #onFailure: ((error: Error) => void) | null = null
  #failure: Error | null = null
  #isClosing = false

  private constructor(socket: net.Socket) {
    this.#socket = socket
    this.#closed = new Promise(resolve => {
      socket.once('close', () => {
        this.#fail(new Error('the peer closed the connection'))
        resolve()
      })
    })
    socket.on('error', error => this.#fail(error))
  }

  static async connect(address: Address, onFrame: OnFrame): Promise<WireSocket> {
    const frames = new FrameBuffer(onFrame)
    let wire: WireSocket | null = null
    const socket = net.connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      onread: {
        buffer: () => frames.target(),
        callback: count => {
          try {
            frames.received(count)
          } catch (error) {
            if (wire === null) throw error
            wire.#fail(error as Error)
          }
          return true
        }
      }
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    wire = new WireSocket(socket)
    return wire
  }

  /**
   * Called once when the peer or the system ends the connection before `close`; at once when that has happened
   * already.
   */
  set onFailure(onFailure: (error: Error) => void) {
    this.#onFailure = onFailure
    if (this.#failure !== null) onFailure(this.#failure)
  }

  /** False: the kernel's buffer is full; `done` of the last write tells when it has room. */
  write(frame: Buffer, done?: () => void): boolean {
    return done === undefined ? this.#socket.write(frame) : this.#socket.write(frame, () => done())
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#socket.destroy()
    await this.#closed
  }

  #fail(error: Error): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#failure = error
    this.#socket.destroy()
    this.#onFailure?.(error)
  }
}

/** Sends frames and awaits their answers one by one: set-up and checks, never what is timed. */
export class Caller {
  #wire: WireSocket | null = null
  readonly #waiting: { resolve: (body: Buffer) => void; reject: (error: Error) => void }[] = []

  static async connect(address: Address): Promise<Caller> {
    const caller = new Caller()
    const wire = await WireSocket.connect(address, (buffer, start, end) => {
      caller.#waiting.shift()?.resolve(Buffer.from(buffer.subarray(start, end)))
    })
    wire.onFailure = error => {
      for (const { reject } of caller.#waiting.splice(0)) reject(error)
    }
    caller.#wire = wire
    return caller
  }

  /** The answer's frame without its length, correlation id first. */
  call(frame: readonly Buffer[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      for (const chunk of frame) this.#wire?.write(chunk)
    })
  }

  async close(): Promise<void> {
    await this.#wire?.close()
  }
}
