import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AdminResponse } from './route.ts'

/** A client that takes longer for a streamed answer is cut off: what it reads from may be large. */
const STREAM_MS_MAX = 300_000

type Pieces = NonNullable<AdminResponse['pieces']>

export interface Delivery {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly correlationId: string
  /** No request follows on this connection. */
  readonly isLast: boolean
}

/** Sends an answer; resolves with the bytes of its body when the last of them is handed over, or the client is gone. */
export async function send(delivery: Delivery, answer: AdminResponse): Promise<number> {
  const { request, response, correlationId, isLast } = delivery
  const { stream, text, pieces, status, contentType, headers = {} } = answer
  response.statusCode = status
  response.setHeader('Content-Type', contentType)
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Correlation-ID', correlationId)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  // A body that was not read to its end cannot be followed by another request; a server that stops waits for none.
  if (!request.complete || isLast) response.setHeader('Connection', 'close')
  if (stream !== undefined) return sendStream(response, stream)
  if (pieces !== undefined && request.method !== 'HEAD') return sendPieces(response, pieces)
  const bytes = pieces === undefined ? Buffer.byteLength(text) : lengthOf(pieces)
  response.setHeader('Content-Length', bytes)
  response.end(request.method === 'HEAD' ? undefined : text)
  return request.method === 'HEAD' ? 0 : bytes
}

async function sendPieces(response: ServerResponse, pieces: Pieces): Promise<number> {
  const bytes = lengthOf(pieces)
  response.setHeader('Content-Length', bytes)
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await nextTurn()
    if (response.destroyed) break
    // Encoded now: left to the socket, all that it has no room for would be encoded at once.
    response.write(typeof piece === 'string' ? Buffer.from(piece) : piece)
  }
  response.end()
  return bytes
}

function lengthOf(pieces: Pieces): number {
  return pieces.reduce<number>((bytes, piece) => bytes + Buffer.byteLength(piece), 0)
}

async function sendStream(response: ServerResponse, stream: AsyncIterable<Uint8Array | string>): Promise<number> {
  let bytes = 0
  async function* counted(): AsyncGenerator<Uint8Array | string> {
    for await (const part of stream) {
      bytes += Buffer.byteLength(part)
      yield part
    }
  }
  try {
    await pipeline(Readable.from(counted()), response, { signal: AbortSignal.timeout(STREAM_MS_MAX) })
  } catch {
    // The client went away, was too slow, or the source failed half-way: the answer is cut short, and shows that by
    // its missing last chunk.
    response.destroy()
  }
  return bytes
}
