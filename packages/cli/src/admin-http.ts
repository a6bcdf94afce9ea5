import http from 'node:http'
import { type Address, formatAddress } from '@streambus/wire-client'
import { UnreachableError } from './unreachable-error.ts'

const BODY_BYTES_MAX = 16 * 1024 * 1024

/** GETs a JSON document from an admin port, whatever the status code. Throws UnreachableError that says what to do. */
export async function getJson(address: Address, path: string, timeoutMs: number): Promise<unknown> {
  const text = await getText(address, path, timeoutMs)
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreachableError(
      `http://${formatAddress(address)}${path} does not answer with JSON; is this the admin port? It is usually 8080`
    )
  }
}

/** The same for any text. */
export function getText(address: Address, path: string, timeoutMs: number): Promise<string> {
  const where = formatAddress(address)
  return new Promise((resolve, reject) => {
    const request = http.get({ ...address, path, timeout: timeoutMs, agent: false }, response => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > BODY_BYTES_MAX) request.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.on('error', (error: NodeJS.ErrnoException) => reject(adminError(where, error)))
  })
}

function adminError(where: string, error: NodeJS.ErrnoException): UnreachableError {
  if (error.code === 'ECONNREFUSED') {
    return new UnreachableError(
      `no admin port listens on ${where} (connection refused); name it with --admin HOST:PORT, or skip it with --admin none`
    )
  }
  // A Kafka port drops a connection whose first bytes are not a frame, or answers in frames.
  if (error.code === 'ECONNRESET' || error.code?.startsWith('HPE_')) {
    return new UnreachableError(`${where} does not speak HTTP: is this the Kafka port? The admin port is usually 8080`)
  }
  return new UnreachableError(`the admin port ${where} cannot be reached: ${error.message}`)
}
