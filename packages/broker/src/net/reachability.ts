import net from 'node:net'
import type { Clock } from '@streambus/base'

const WAIT_MS = 2_000

/**
 * Why this process cannot connect to an address it tells clients to use; null when it can. A wrong advertised
 * address is the classic first-hour failure: the first connection works, every later one does not.
 */
export function unreachableBecause(address: { host: string; port: number }, clock: Clock): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = net.connect(address)
  const timer = clock.after(WAIT_MS, () => resolve(`no answer within ${WAIT_MS} ms`))
  socket.once('connect', () => resolve(null))
  socket.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
  return promise.finally(() => {
    timer.cancel()
    socket.destroy()
  })
}
