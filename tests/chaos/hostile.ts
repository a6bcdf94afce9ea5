import { once } from 'node:events'
import net from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Connections that behave badly together. */
export class Crowd {
  readonly #sockets: net.Socket[] = []

  /** Opens `count` connections at once; returns how many were taken and not closed again within `settleMs`. */
  async arrive(address: Address, count: number, settleMs = 500): Promise<number> {
    const arriving = Array.from({ length: count }, async () => {
      const socket = net.connect(address)
      socket.on('error', () => undefined)
      this.#sockets.push(socket)
      await once(socket, 'connect').catch(() => undefined)
    })
    await Promise.all(arriving)
    await new Promise(resolve => setTimeout(resolve, settleMs))
    return this.openCount
  }

  get openCount(): number {
    return this.#sockets.filter(socket => !socket.destroyed && socket.readyState === 'open').length
  }

  /** Each announces a frame of `announcedBytes` and sends the first `sentBytes` of it, as far as the broker reads. */
  announce(announcedBytes: number, sentBytes: number): void {
    const frame = Buffer.alloc(sentBytes)
    frame.writeInt32BE(announcedBytes, 0)
    // Produce v8, so that it looks like a big batch under way.
    frame.writeInt16BE(8, 6)
    for (const socket of this.#sockets) if (!socket.destroyed) socket.write(frame)
  }

  leave(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.length = 0
  }
}

/** Runs `work` again and again until `until` settles; returns how long each run took, in milliseconds, ascending. */
export async function latencies(work: () => Promise<unknown>, until: Promise<unknown>): Promise<number[]> {
  const samples: number[] = []
  const done = new AbortController()
  const ending = until.finally(() => done.abort())
  do {
    const beganMs = performance.now()
    await work()
    samples.push(performance.now() - beganMs)
  } while (!done.signal.aborted)
  await ending
  return samples.sort((a, b) => a - b)
}
