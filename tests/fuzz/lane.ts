import { once } from 'node:events'
import net from 'node:net'
import { apiVersionsApi, encodeRequestFrame, Framer } from '@streambus/protocol'

export type Outcome = 'answered' | 'closed' | 'hung' | 'refused'

const FRAME_BYTES_MAX = 64 << 20
const PONG = 0x7ffffffe

/** An honest request behind each frame: its answer shows that the frame before it was dealt with. */
const PING = Buffer.concat(
  encodeRequestFrame({ api: apiVersionsApi, version: 0, correlationId: PONG, clientId: 'ping', body: {} })
)

/** Of the answers that `chunk` completes. What is no frame, such as an answer in another protocol, is no answer. */
function correlationIds(framer: Framer, chunk: Buffer): number[] {
  try {
    return framer.push(chunk).map(frame => (frame.length >= 4 ? frame.readInt32BE(0) : Number.NaN))
  } catch {
    return []
  }
}

/** One connection after the other to a broker, one frame at a time. */
export class Lane {
  readonly #address: { readonly host: string; readonly port: number }
  readonly #waitMs: number
  #socket: net.Socket | null = null
  #framer = new Framer(FRAME_BYTES_MAX)
  #answered: number[] = []
  /** Called with 'answered' when the pong came, 'closed' when the peer ended the connection. */
  #settle: ((outcome: Outcome) => void) | null = null

  constructor(address: { readonly host: string; readonly port: number }, waitMs: number) {
    this.#address = address
    this.#waitMs = waitMs
  }

  /** Correlation ids of the answers to the last frame, apart from the pong. */
  get answered(): readonly number[] {
    return this.#answered
  }

  /** 'hung' when neither an answer nor a close comes in time; 'refused' when there is no broker to connect to. */
  async send(bytes: Buffer, isOpenEnded: boolean): Promise<Outcome> {
    const socket = this.#socket ?? (await this.#connect())
    if (socket === null) return 'refused'
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const timer = setTimeout(() => resolve('hung'), this.#waitMs)
    this.#settle = resolve
    this.#answered = []
    socket.write(bytes)
    if (isOpenEnded) socket.end()
    else socket.write(PING)
    const outcome = await promise
    clearTimeout(timer)
    this.#settle = null
    if (outcome !== 'answered' || isOpenEnded) this.close()
    return outcome
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  async #connect(): Promise<net.Socket | null> {
    const socket = net.connect(this.#address)
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(this.#waitMs) })
    } catch {
      socket.destroy()
      return null
    }
    socket.setNoDelay(true)
    this.#framer = new Framer(FRAME_BYTES_MAX)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      const answers = correlationIds(this.#framer, chunk)
      this.#answered.push(...answers.filter(id => id !== PONG))
      if (answers.includes(PONG)) this.#settle?.('answered')
    })
    socket.on('end', () => this.#settle?.('closed'))
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null
      this.#settle?.('closed')
    })
    this.#socket = socket
    return socket
  }
}
