import net from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, startServer, TOKEN } from './running-server.ts'

let admin: RunningServer

beforeAll(async () => {
  admin = await startServer([], [TOKEN])
})

afterAll(() => admin.server.stop(0))

/** Sends bytes and ends; resolves when the server has closed, with what it said. */
function exchange(bytes: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = net.connect(admin.port, '127.0.0.1', () => socket.end(bytes))
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', chunk => {
    received += String(chunk)
  })
  socket.on('error', () => {})
  socket.on('close', () => resolve(received))
  return promise
}

const PATHS = [
  '/',
  '/health',
  '/health?verbose=1',
  '/metrics',
  '/api/v1/groups/g?after=1',
  '/api/v1/topics?limit=1',
  '/api/v1/log-level',
  '/api/v1/monitoring/metrics',
  '/api/v1/diagnostics/heap'
]

const noise = fc.string({ unit: 'binary', maxLength: 40 })
const method = fc.oneof(fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'OPTIONS', 'DELETE', 'CONNECT'), noise)
const target = fc.oneof(
  fc.constantFrom(...PATHS),
  fc.tuple(fc.constantFrom(...PATHS), noise).map(([path, rest]) => `${path}${rest}`),
  noise
)
const header = fc.oneof(
  fc.constantFrom(
    `Authorization: Bearer ${TOKEN}`,
    'Authorization: Bearer',
    'Content-Type: application/json',
    'Content-Length: 3',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'X-Correlation-ID: a',
    'Accept: application/openmetrics-text'
  ),
  fc.tuple(noise, noise).map(([name, value]) => `${name}: ${value}`)
)
const body = fc.oneof(fc.json({ maxDepth: 2 }), noise)
const request = fc
  .tuple(method, target, fc.array(header, { maxLength: 5 }), body)
  .map(([verb, path, headers, text]) => `${verb} ${path} HTTP/1.1\r\nHost: x\r\n${headers.join('\r\n')}\r\n\r\n${text}`)
const bytes = fc.oneof(
  fc.array(request, { minLength: 1, maxLength: 3 }).map(requests => Buffer.from(requests.join(''), 'latin1')),
  fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
)

test('nothing that a client sends ends the server, counts as its failure or gets an answer that is no HTTP', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, async sent => {
      const received = await exchange(sent)
      expect(received).toMatch(/^($|HTTP\/1\.1 [1-5]\d\d )/)
      expect(received).not.toMatch(/^HTTP\/1\.1 500 /m)
    }),
    { numRuns: 300 }
  )
  expect((await fetch(`${admin.url}/health/live`)).status).toBe(200)
  expect(admin.lines.filter(({ level }) => level === 'error')).toEqual([])
  await expect.poll(() => admin.metrics.cells.httpRequestsInFlight.value).toBe(0)
  // Neither paths nor methods of clients become series.
  expect(admin.metrics.cells.httpRequests.size).toBeLessThan(80)
}, 60_000)
