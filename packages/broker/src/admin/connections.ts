import type { Socket } from 'node:net'

/**
 * The connections of the admin port, the one longest without a request first. There is always room for one more: else
 * whoever opens enough of them and keeps silent would make probes fail, and those restart the broker.
 */
export class AdminConnections {
  readonly #max: number
  /** Answers under way on each. */
  readonly #busyBySocket = new Map<Socket, number>()

  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#busyBySocket.size
  }

  /** True: one was closed for it, the oldest that waits for no answer, or itself when all others do. */
  add(socket: Socket): boolean {
    const isFull = this.#busyBySocket.size >= this.#max
    if (isFull) {
      const idle = this.#oldestIdle()
      if (idle === null) {
        socket.destroy()
        return true
      }
      this.#busyBySocket.delete(idle)
      idle.destroy()
    }
    this.#busyBySocket.set(socket, 0)
    socket.once('close', () => this.#busyBySocket.delete(socket))
    return isFull
  }

  /** A request is being handled, until its answer is handed over. Not while its bytes still come: they may never. */
  began(socket: Socket): void {
    const busy = this.#busyBySocket.get(socket)
    if (busy !== undefined) this.#busyBySocket.set(socket, busy + 1)
  }

  ended(socket: Socket): void {
    const busy = this.#busyBySocket.get(socket)
    if (busy === undefined) return
    // Taken out and put in again, so that the map stays in order of use.
    this.#busyBySocket.delete(socket)
    this.#busyBySocket.set(socket, busy - 1)
  }

  #oldestIdle(): Socket | null {
    for (const [socket, busy] of this.#busyBySocket) if (busy === 0) return socket
    return null
  }
}
