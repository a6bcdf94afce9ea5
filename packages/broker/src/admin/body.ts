import type { IncomingMessage } from 'node:http'
import { type AdminResponse, failure } from './route.ts'

const BODY_BYTES_MAX = 64 * 1024

export type Body = { readonly value: unknown } | { readonly refusal: AdminResponse }

/**
 * The JSON of a request. Asking for the content type is no formality: a foreign web page in the operator's
 * browser cannot send `application/json` here without a preflight request, which is refused.
 */
export async function readJson(request: IncomingMessage): Promise<Body> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return { refusal: failure(415, 'unsupported_media_type', 'send Content-Type: application/json') }
  }
  const bytes = await readLimited(request)
  if (bytes === null) {
    return { refusal: failure(413, 'body_too_large', `the body may have ${BODY_BYTES_MAX} bytes`) }
  }
  try {
    return { value: JSON.parse(bytes.toString('utf8')) as unknown }
  } catch {
    return { refusal: failure(400, 'invalid_json', 'the body is not valid JSON') }
  }
}

/** Null as soon as the body is longer than the limit. Rejects when the client goes away. */
function readLimited(request: IncomingMessage): Promise<Buffer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | null>()
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= BODY_BYTES_MAX) {
      chunks.push(chunk)
      return
    }
    request.pause()
    resolve(null)
  })
  request.once('end', () => resolve(Buffer.concat(chunks)))
  request.once('error', reject)
  return promise
}
