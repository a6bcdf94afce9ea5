import { type Address, formatAddress } from './address.ts'
import type { Connection } from './connection.ts'

export type OpenConnection = (address: Address) => Promise<Connection>

/**
 * At most one connection per address and lane. Lanes keep apart what must not wait for each other: a long-polling
 * fetch holds back everything behind it on its connection.
 */
export class ConnectionPool {
  readonly #open: OpenConnection
  readonly #connections = new Map<string, Promise<Connection>>()

  constructor(open: OpenConnection) {
    this.#open = open
  }

  /** The open connection, the one being opened, or a new one. Rejects with a WireError. */
  async get(address: Address, lane = ''): Promise<Connection> {
    const key = `${formatAddress(address)} ${lane}`
    const known = this.#connections.get(key)
    if (known !== undefined) {
      const connection = await known
      if (connection.isOpen) return connection
      // Another caller may have replaced it while this one waited.
      if (this.#connections.get(key) !== known) return this.get(address, lane)
    }
    const opening = this.#open(address)
    this.#connections.set(key, opening)
    try {
      return await opening
    } catch (error) {
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
      throw error
    }
  }

  /** Orderly; requests in flight get their answers first. */
  async closeAll(): Promise<void> {
    const all = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.allSettled(all.map(async opening => (await opening).close()))
  }

  /** At once; requests in flight are rejected. */
  async destroyAll(): Promise<void> {
    const all = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.allSettled(all.map(async opening => (await opening).destroy()))
  }
}
