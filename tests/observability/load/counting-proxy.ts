import { once } from 'node:events'
import net from 'node:net'
import { type EndedBy, WireConnection } from './wire-connection.ts'
import { WireTally } from './wire-tally.ts'

/** `socket.request.max.bytes` as shipped. */
const FRAME_BYTES_MAX = 100 * 1024 * 1024

/** Where a broker listens. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/**
 * Stands between clients and a broker that advertises this port, and counts what passes. Whoever counts must have seen
 * everything: an end is passed on as an end, and the other direction stays open until it ends by itself, so that an
 * answer reaches the tally also when its client is gone.
 */
export class CountingProxy {
  readonly tally = new WireTally()
  readonly port: number
  readonly #server: net.Server
  readonly #links = new Set<Link>()
  #broker: BrokerAddress | null = null

  private constructor(server: net.Server) {
    this.#server = server
    this.port = (server.address() as net.AddressInfo).port
    server.on('connection', client => this.#connect(client))
  }

  /** Listens on a free port of the loopback interface. Until it knows its broker it closes what connects. */
  static async start(): Promise<CountingProxy> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new CountingProxy(server)
  }

  /** For clients, and for the broker's `advertised.listeners`. */
  get bootstrap(): string {
    return `127.0.0.1:${this.port}`
  }

  /** For a broker's `advertised.listeners`. */
  get advertised(): string {
    return `PLAINTEXT://${this.bootstrap}`
  }

  get openCount(): number {
    return this.#links.size
  }

  /** 'host:port', as a broker prints its own address. */
  lead(bootstrap: string): void {
    const colon = bootstrap.lastIndexOf(':')
    this.#broker = { host: bootstrap.slice(0, colon), port: Number(bootstrap.slice(colon + 1)) }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const link of this.#links) link.destroy()
    await closed
  }

  #connect(client: net.Socket): void {
    if (this.#broker === null) {
      client.on('error', () => undefined)
      client.destroy()
      return
    }
    const link: Link = new Link(client, this.#broker, this.tally, () => this.#links.delete(link))
    this.#links.add(link)
  }
}

/** One client's connection and the one to the broker that belongs to it. */
class Link {
  readonly #client: net.Socket
  readonly #broker: net.Socket
  readonly #tally: WireTally
  readonly #onClosed: () => void
  #wire: WireConnection | null = null
  #endedBy: EndedBy | null = null
  #hasClientEnded = false

  constructor(client: net.Socket, address: BrokerAddress, tally: WireTally, onClosed: () => void) {
    this.#client = client
    this.#tally = tally
    this.#onClosed = onClosed
    client.pause()
    this.#broker = net.connect({ ...address, allowHalfOpen: true, noDelay: true })
    this.#broker.once('connect', () => this.#begin())
    this.#broker.on('error', () => undefined)
    this.#broker.on('close', () => this.#brokerClosed())
    // It may be gone before the broker is reached.
    client.on('end', () => this.#clientEnded())
    client.on('close', () => this.#clientEnded())
    client.on('error', error => this.#clientFailed((error as NodeJS.ErrnoException).code))
  }

  destroy(): void {
    this.#client.destroy()
    this.#broker.destroy()
  }

  #begin(): void {
    const wire = new WireConnection(this.#tally, FRAME_BYTES_MAX)
    this.#wire = wire
    this.#client.on('data', chunk => {
      wire.clientSent(chunk)
      pass(chunk, this.#client, this.#broker)
    })
    this.#broker.on('data', chunk => {
      wire.brokerSent(chunk)
      // What the client does not want any more is counted all the same.
      if (!this.#client.destroyed && this.#client.writable) pass(chunk, this.#broker, this.#client)
    })
    this.#broker.on('end', () => this.#brokerEnded())
    if (!this.#hasClientEnded) this.#client.resume()
  }

  #clientEnded(): void {
    if (this.#hasClientEnded) return
    this.#hasClientEnded = true
    this.#endedBy ??= 'client'
    if (this.#endedBy !== 'reset') this.#broker.end()
    // Nobody drains what was waiting for the client.
    this.#broker.resume()
  }

  /** Passed on only where nothing that was counted can get lost by it. */
  #clientFailed(code: string | undefined): void {
    if (code !== 'ECONNRESET' || this.#hasClientEnded || this.#wire?.isSettled !== true) return
    this.#endedBy = 'reset'
    this.#broker.resetAndDestroy()
  }

  #brokerEnded(): void {
    this.#endedBy ??= 'broker'
    this.#client.end()
    this.#broker.end()
  }

  #brokerClosed(): void {
    this.#client.destroySoon()
    this.#wire?.ended(this.#endedBy ?? 'broker')
    this.#onClosed()
  }
}

function pass(chunk: Buffer, from: net.Socket, to: net.Socket): void {
  if (to.write(chunk)) return
  from.pause()
  to.once('drain', () => from.resume())
}
