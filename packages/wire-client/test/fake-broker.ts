import net from 'node:net'
import {
  type ApiVersionsResponse,
  apiByKey,
  apiVersionsApi,
  decodeRequestHeader,
  encodeResponseFrame,
  Framer,
  type Input,
  type MetadataResponse,
  metadataApi,
  type RequestHeader,
  WireReader
} from '@streambus/protocol'
import type { Address } from '../src/address.ts'

export interface Exchange {
  readonly socket: net.Socket
  readonly header: RequestHeader
  /** The frame, at the first byte of the body. */
  readonly reader: WireReader
}

/** Answers one request, or does not. */
export type Script = (exchange: Exchange) => void

export interface FakeBroker {
  readonly address: Address
  readonly connectionCount: () => number
  stop(): Promise<void>
}

/** A server that does what the test says with each frame that arrives. */
export function startFrames(script: Script): Promise<FakeBroker> {
  return startBytes(socket => {
    const framer = new Framer(1 << 20)
    socket.on('data', chunk => {
      for (const frame of framer.push(chunk)) {
        const reader = new WireReader(frame)
        script({ socket, header: decodeRequestHeader(reader), reader })
      }
    })
  })
}

/** A server that does what the test says with each connection. */
export async function startBytes(onConnection: (socket: net.Socket) => void): Promise<FakeBroker> {
  const sockets = new Set<net.Socket>()
  let count = 0
  const server = net.createServer(socket => {
    count++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as net.AddressInfo
  return {
    address: { host: '127.0.0.1', port },
    connectionCount: () => count,
    stop() {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => {
        server.close(() => resolve())
      })
    }
  }
}

export const ALL_VERSIONS: Input<ApiVersionsResponse> = {
  errorCode: 0,
  apiKeys: [
    { apiKey: 3, minVersion: 0, maxVersion: 12 },
    { apiKey: 18, minVersion: 0, maxVersion: 4 }
  ]
}

export function answerVersions({ socket, header }: Exchange, body: Input<ApiVersionsResponse> = ALL_VERSIONS): void {
  const { apiVersion: version, correlationId } = header
  for (const part of encodeResponseFrame({ api: apiVersionsApi, version, correlationId, body })) socket.write(part)
}

export function metadataFrame(correlationId: number, body: Input<MetadataResponse>, version = 12): Buffer {
  return Buffer.concat(encodeResponseFrame({ api: metadataApi, version, correlationId, body }))
}

/** A script that negotiates and leaves everything else to `rest`. */
export function afterVersions(rest: Script): Script {
  return exchange => {
    if (apiByKey(exchange.header.apiKey) === apiVersionsApi) answerVersions(exchange)
    else rest(exchange)
  }
}

/** A port where nobody listens: it was free a moment ago. */
export async function freeAddress(): Promise<Address> {
  const broker = await startBytes(() => {})
  await broker.stop()
  return broker.address
}
