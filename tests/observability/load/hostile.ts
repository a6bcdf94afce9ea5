import { once } from 'node:events'
import net from 'node:net'
import type { LoadStage } from './load-stage.ts'

/** Bytes that are no requests, or none that is served: the connection is closed for them, and counted by the reason. */
const CLOSED_FOR: Readonly<Record<string, Buffer>> = {
  'an API that nobody knows': Buffer.from('0000000a7fff000000000001ffff', 'hex'),
  'a version of Produce that is refused': Buffer.from('0000000a0000000200000001ffff', 'hex'),
  'a header that breaks off': Buffer.from('000000060003000c0000', 'hex'),
  'a body that breaks off': Buffer.from('0000000c00030001000000010000ffff', 'hex'),
  'a length of 2 GiB': Buffer.from('7fffffff', 'hex'),
  'a length below nothing': Buffer.from('ffffffff', 'hex'),
  'a request for a web page': Buffer.from('GET / HTTP/1.1\r\n\r\n')
}
/** ApiVersions, from a client newer than any broker. */
const NEWER_CLIENT = Buffer.from('0000000b0012006300000007000000', 'hex')
const API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex')

/** Connections that no client would make. */
export async function withHostileConnections(stage: LoadStage): Promise<void> {
  stage.say('connections that speak something else, or vanish')
  for (const [what, bytes] of Object.entries(CLOSED_FOR)) {
    const socket = await connect(stage)
    const closed = once(socket, 'close')
    socket.resume().write(bytes)
    const late = setTimeout(() => socket.destroy(new Error(`the broker kept a connection with ${what}`)), 5_000)
    await closed
    clearTimeout(late)
  }
  await ask(stage, NEWER_CLIENT, socket => socket.end())
  await ask(stage, API_VERSIONS, socket => socket.resetAndDestroy())
  const silent = await connect(stage)
  silent.end()
  await once(silent.resume(), 'close')
}

async function connect({ proxy }: LoadStage): Promise<net.Socket> {
  const socket = net.connect(proxy.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Waits for the answer, then leaves as `leave` does. */
async function ask(stage: LoadStage, request: Buffer, leave: (socket: net.Socket) => void): Promise<void> {
  const socket = await connect(stage)
  socket.write(request)
  await once(socket, 'data')
  const closed = once(socket, 'close')
  leave(socket)
  await closed
}
