import type { IncomingMessage, ServerResponse } from 'node:http'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { json, type Route } from '../../src/admin/route.ts'
import { send } from '../../src/admin/send.ts'
import { Tokens } from '../../src/admin/tokens.ts'
import { ADMIN_TOKEN } from '../../src/config/settings/admin.ts'
import { type RunningServer, startServer, TOKEN } from './running-server.ts'

let release = (): void => {}
const slow: Route = {
  method: 'GET',
  path: '/slow',
  summary: '',
  handle() {
    return new Promise(resolve => {
      release = () => resolve(json(200, {}))
    })
  }
}
const broken: Route = {
  method: 'GET',
  path: '/broken',
  summary: '',
  handle() {
    throw new Error('planted')
  }
}

const PIECES = ['one\n', 'zwölf\n', 'x'.repeat(1_000_000), '\nend\n']
const long: Route = {
  method: 'GET',
  path: '/long',
  summary: '',
  handle: () => ({ status: 200, contentType: 'text/plain', text: '', pieces: PIECES })
}

let admin: RunningServer

beforeEach(async () => {
  admin = await startServer([slow, broken, long])
})

afterEach(() => admin.server.stop(0))

/** An answer that notes at which turn each of its pieces was written. */
function recorded(turn: () => number): { response: ServerResponse; ends: number[] } {
  const ends: number[] = []
  const response = { setHeader() {}, write: () => ends.push(turn()), end() {}, destroyed: false }
  return { response: response as unknown as ServerResponse, ends }
}

/** Sends raw bytes and gives all that comes back until the server ends the connection. */
function exchange(bytes: string | Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = net.connect(admin.port, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', chunk => {
    received += String(chunk)
  })
  socket.on('close', () => resolve(received))
  socket.on('error', error => ('code' in error && error.code === 'ECONNRESET' ? resolve(received) : reject(error)))
  socket.write(bytes)
  return promise
}

describe('AdminServer', () => {
  it('sends an answer in pieces whole, with its length, and not to HEAD', async () => {
    const answer = await fetch(`${admin.url}/long`)
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(PIECES.join(''))))
    expect(await answer.text()).toBe(PIECES.join(''))
    const head = await fetch(`${admin.url}/long`, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(answer.headers.get('content-length'))
    expect(await head.text()).toBe('')
  })

  it('sends one piece in a turn of the event loop, and others have theirs between them', async () => {
    let turns = 0
    let isOver = false
    const turn = (): void => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    const { response, ends } = recorded(() => turns)
    setImmediate(turn)
    await send(
      { request: { method: 'GET', complete: true } as IncomingMessage, response, correlationId: '', isLast: false },
      { status: 200, contentType: 'text/plain', text: '', pieces: PIECES }
    )
    isOver = true
    expect(new Set(ends).size).toBe(PIECES.length)
  })

  it('sends no further pieces to a client that is gone', async () => {
    const socket = net.connect(admin.port, '127.0.0.1')
    socket.write('GET /long HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise(resolve => socket.once('data', resolve))
    socket.destroy()
    expect((await fetch(`${admin.url}/health/live`)).status).toBe(200)
    expect(admin.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('echoes a correlation id, makes one of 8 characters, and logs it', async () => {
    const given = await fetch(`${admin.url}/health/live`, { headers: { 'X-Correlation-ID': 'order-42' } })
    expect(given.headers.get('x-correlation-id')).toBe('order-42')
    const unsafe = await fetch(`${admin.url}/nowhere`, { headers: { 'X-Correlation-ID': 'a b' } })
    expect(unsafe.headers.get('x-correlation-id')).toMatch(/^[0-9a-f]{8}$/)
    const logged = admin.lines.filter(({ message }) => message === 'admin request')
    expect(logged.map(({ fields }) => fields['correlation_id'])).toEqual([
      'order-42',
      unsafe.headers.get('x-correlation-id')
    ])
  })

  it('answers unknown paths and methods in JSON that says what there is', async () => {
    const unknown = await fetch(`${admin.url}/metrix`)
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toMatchObject({
      error: 'not_found',
      paths: expect.arrayContaining(['/metrics', '/health'])
    })
    const method = await fetch(`${admin.url}/metrics`, { method: 'DELETE' })
    expect(method.status).toBe(405)
    expect(method.headers.get('allow')).toBe('GET, HEAD')
    expect(await method.json()).toMatchObject({ error: 'method_not_allowed', allow: ['GET', 'HEAD'] })
  })

  it('answers HEAD like GET without the body, and keeps the connection', async () => {
    const head = 'HEAD /health/live HTTP/1.1\r\nHost: x\r\n\r\n'
    const last = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const received = await exchange(head + head + last)
    expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
    expect(received.match(/Content-Length: 24\r\n/g)).toHaveLength(3)
    expect(received.match(/"alive"/g)).toHaveLength(1)
  })

  it('survives targets that no URL parser likes', async () => {
    for (const target of ['//', '//[', 'http://[', '*', '/%', '/\\', '/?%', '/health?verbose=%']) {
      expect(await exchange(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), target).toMatch(
        /^HTTP\/1\.1 \d/
      )
    }
  })

  it('turns a failing route into a 500 with the id under which the log has the reason', async () => {
    const response = await fetch(`${admin.url}/broken`, { headers: { 'X-Correlation-ID': 'find-me' } })
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: 'internal_error', correlation_id: 'find-me' })
    expect(text).not.toContain('planted')
    const logged = admin.lines.find(({ level }) => level === 'error')
    expect(logged?.fields).toMatchObject({
      correlation_id: 'find-me',
      err: expect.objectContaining({ message: 'planted' })
    })
  })

  it('refuses bodies that are too long, no JSON, or of a type that a foreign page could send', async () => {
    const put = (body: string, type = 'application/json'): Promise<Response> =>
      fetch(`${admin.url}/api/v1/log-level`, { method: 'PUT', headers: { 'Content-Type': type }, body })
    expect((await put('{"level":"info"}', 'text/plain')).status).toBe(415)
    expect((await put('{"level":')).status).toBe(400)
    const long = await exchange(
      `PUT /api/v1/log-level HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`
    )
    expect(long).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('logs of a request what is served here, and of its query the names only', async () => {
    await fetch(`${admin.url}/api/v1/topics?limit=pa55word&limit=2&token=pa55word`)
    await fetch(`${admin.url}/pa55word?x=pa55word`)
    await exchange('GET http://user:pa55word@host/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const logged = admin.lines.filter(({ fields }) => fields['event'] === 'admin_request')
    expect(logged.map(({ fields }) => [fields['path'], fields['query']])).toEqual([
      ['/api/v1/topics', 'limit,token'],
      ['unmatched', undefined],
      ['unmatched', undefined]
    ])
    expect(JSON.stringify(admin.lines)).not.toContain('pa55word')
  })

  it('does not take a client that leaves within its body for an error of the broker', async () => {
    const socket = net.connect(admin.port, '127.0.0.1')
    const head =
      'PUT /api/v1/log-level HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
    socket.write(head, () => socket.destroy())
    await expect.poll(() => admin.lines.filter(({ message }) => message === 'admin request')).toHaveLength(1)
    expect(admin.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('refuses headers beyond its limit, and what is no HTTP, and counts both', async () => {
    expect(await exchange(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    for (let i = 0; i < 2; i++) expect(await exchange('BREW / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    const { httpRequests } = admin.metrics.cells
    const counted = ['400', '408', '431'].map(status => httpRequests.child('other', 'unmatched', status).value)
    expect(counted).toEqual([2, 0, 1])
  })
})

describe('tokens', () => {
  const secret: Route = { method: 'GET', path: '/secret', summary: '', access: 'token', handle: () => json(200, {}) }
  const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } })
  const level = (init: RequestInit = {}): RequestInit => ({
    method: 'PUT',
    body: '{"level":"info"}',
    ...init,
    headers: { 'Content-Type': 'application/json', ...(init.headers as Record<string, string>) }
  })

  it('guard what not everybody may see and do, in one way for every route', async () => {
    const guarded = await startServer([secret], [TOKEN, 'another-token-0123'])
    try {
      const statusOf = async (path: string, init?: RequestInit) => (await fetch(guarded.url + path, init)).status
      expect(await statusOf('/secret')).toBe(401)
      expect(await statusOf('/secret', bearer(`${TOKEN}x`))).toBe(401)
      expect(await statusOf('/secret', bearer(TOKEN))).toBe(200)
      expect(await statusOf('/secret', bearer('another-token-0123'))).toBe(200)
      expect(await statusOf('/secret', { ...bearer(TOKEN), method: 'HEAD' })).toBe(200)
      expect(await statusOf('/api/v1/monitoring/metrics')).toBe(401)
      expect(await statusOf('/api/v1/monitoring/metrics', bearer(TOKEN))).toBe(200)
      expect(await statusOf('/api/v1/log-level')).toBe(200)
      expect(await statusOf('/api/v1/log-level', level())).toBe(401)
      expect(await statusOf('/api/v1/log-level', level(bearer(TOKEN)))).toBe(200)
      expect(await statusOf('/health')).toBe(200)
    } finally {
      await guarded.server.stop(0)
    }
  })

  it('are asked for in the words of RFC 6750, and no wrong one is logged', async () => {
    const guarded = await startServer([secret], [TOKEN])
    try {
      const response = await fetch(`${guarded.url}/secret`, bearer('wrong-token-987654321'))
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="streambus"')
      expect(await response.json()).toMatchObject({
        error: 'unauthorized',
        message: expect.stringMatching(/admin\.tokens/)
      })
      const refused = guarded.lines.filter(({ fields }) => fields['event'] === 'admin_refused')
      expect(refused).toHaveLength(1)
      expect(JSON.stringify(guarded.lines)).not.toMatch(/wrong-token|test-token/)
    } finally {
      await guarded.server.stop(0)
    }
  })

  it('without any configured nobody may, and what is merely guarded is open', async () => {
    const response = await fetch(`${admin.url}/api/v1/monitoring/metrics`, bearer(TOKEN))
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: 'tokens_not_configured' })
    expect((await fetch(`${admin.url}/api/v1/log-level`, level())).status).toBe(200)
  })
})

describe('streamed answers', () => {
  let parts = 0
  let isClosed = false
  let wasAborted = false
  const streamed: Route = {
    method: 'GET',
    path: '/streamed',
    summary: '',
    hasNoHead: true,
    handle({ query, signal }) {
      parts = 0
      isClosed = false
      signal.addEventListener('abort', () => (wasAborted = true))
      return { status: 200, contentType: 'text/plain', text: '', stream: count(Number(query.get('parts'))) }
    }
  }
  async function* count(partsMax: number): AsyncGenerator<string> {
    try {
      for (; parts < partsMax; parts++) {
        await Promise.resolve()
        yield 'x'.repeat(64 * 1024)
      }
      if (partsMax === 3) throw new Error('planted')
    } finally {
      isClosed = true
    }
  }
  let streaming: RunningServer
  beforeEach(async () => {
    streaming = await startServer([streamed])
    wasAborted = false
  })
  afterEach(() => streaming.server.stop(0))

  it('come whole, with the id, and are counted by their bytes', async () => {
    const response = await fetch(`${streaming.url}/streamed?parts=20`, { headers: { 'X-Correlation-ID': 'abc' } })
    expect(response.headers.get('x-correlation-id')).toBe('abc')
    expect((await response.text()).length).toBe(20 * 64 * 1024)
    await expect.poll(() => streaming.metrics.cells.httpResponseSize.sum).toBe(20 * 64 * 1024)
  })

  it('stop being made when the client goes away, at the speed of the client', async () => {
    const socket = net.connect(streaming.port, '127.0.0.1')
    socket.write('GET /streamed?parts=100000 HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise(resolve => socket.once('data', resolve))
    socket.pause()
    socket.destroy()
    await expect.poll(() => [isClosed, wasAborted]).toEqual([true, true])
    expect(parts).toBeLessThan(2_000)
    await expect.poll(() => streaming.metrics.cells.httpRequestsInFlight.value).toBe(0)
  })

  it('that fail half-way are cut short, so that nobody takes them for whole', async () => {
    const response = await fetch(`${streaming.url}/streamed?parts=3`)
    await expect(response.text()).rejects.toThrow()
  })

  it('have no HEAD', async () => {
    const response = await fetch(`${streaming.url}/streamed`, { method: 'HEAD' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET'])
  })
})

describe('too many requests', () => {
  it('are refused with a hint when to try again, also when one client sends them without waiting', async () => {
    const gate = Promise.withResolvers<void>()
    const held: Route = {
      method: 'GET',
      path: '/held',
      summary: '',
      async handle() {
        await gate.promise
        return json(200, {})
      }
    }
    const flooded = await startServer([held])
    const { httpRequestsInFlight } = flooded.metrics.cells
    const sockets = Array.from({ length: 6 }, () => net.connect(flooded.port, '127.0.0.1'))
    let received = ''
    const closed = sockets.map(socket => {
      socket.setEncoding('latin1')
      socket.on('data', chunk => {
        received += String(chunk)
      })
      const last = 'GET /held HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
      socket.write('GET /held HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(99) + last)
      return new Promise(resolve => socket.once('close', resolve))
    })
    await expect.poll(() => httpRequestsInFlight.value).toBeGreaterThanOrEqual(512)
    expect((await fetch(`${flooded.url}/health`)).status).toBe(503)
    // Else a flood of this port would make Kubernetes restart the broker.
    expect((await fetch(`${flooded.url}/health/live`)).status).toBe(200)
    gate.resolve()
    await Promise.all(closed)
    expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(512)
    expect(received.match(/HTTP\/1\.1 503 Service Unavailable/g)).toHaveLength(88)
    expect(received.match(/Retry-After: 1\r\n/g)).toHaveLength(88)
    await flooded.server.stop(0)
  })
})

describe('clients on the wrong port', () => {
  it('tells a Kafka client in HTTP that this is HTTP and says, once, in the log where it belongs', async () => {
    const apiVersions = Buffer.from('0000001400120003000000010007726474657374000000', 'hex')
    const answer = await exchange(apiVersions)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*127\.0\.0\.1:9092/)
    expect(answer).toMatch(/\r\nX-Correlation-ID: [0-9a-f]{8}\r\n/)
    await exchange(apiVersions)
    const warnings = admin.lines.filter(({ level }) => level === 'warn')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toContain('127.0.0.1:9092')
    expect(warnings[0]?.fields).toMatchObject({ event: 'wrong_port', protocol: 'kafka' })
  })

  it('closes a TLS client and says so', async () => {
    expect(await exchange(Buffer.from('16030100c8010000c40303', 'hex'))).toBe('')
    expect(admin.lines.at(-1)?.message).toContain('plain HTTP')
  })

  it('answers other text with a 400 in JSON', async () => {
    expect(await exchange('HELO mail\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*"bad_request"/)
  })
})

describe('stop', () => {
  it('lets a request under way finish, then refuses connections', async () => {
    const pending = fetch(`${admin.url}/slow`)
    await expect.poll(() => admin.metrics.cells.httpRequestsInFlight.value).toBe(1)
    // Longer than the test may take: only the end of the request can end this.
    const stopped = admin.server.stop(60_000)
    release()
    expect((await pending).status).toBe(200)
    await stopped
    await expect(fetch(`${admin.url}/health/live`)).rejects.toThrow()
    expect(admin.metrics.cells.httpRequestsInFlight.value).toBe(0)
  })

  it('cuts off what does not finish within the grace', async () => {
    const pending = fetch(`${admin.url}/slow`)
    const outcome = expect(pending).rejects.toThrow()
    await expect.poll(() => admin.metrics.cells.httpRequestsInFlight.value).toBe(1)
    await admin.server.stop(1)
    await outcome
  })

  it('leaves no handle open, and can be asked twice', async () => {
    const socket = net.connect(admin.port, '127.0.0.1')
    await new Promise(resolve => socket.once('connect', resolve))
    const closed = new Promise(resolve => socket.once('close', resolve))
    await fetch(`${admin.url}/health/live`)
    await admin.server.stop(1)
    await admin.server.stop(1)
    await closed
    expect(process.getActiveResourcesInfo().filter(name => name === 'TCPServerWrap')).toEqual([])
  })

  it('rejects a start on a taken port with the system’s error', async () => {
    const { AdminServer } = await import('../../src/admin/server.ts')
    const other = await startServer()
    const options = { host: '127.0.0.1', port: other.port, routes: [], kafkaAddress: () => '' }
    const { metrics } = other
    const { nodeClock, nodePrng } = await import('@streambus/base/node')
    const { SILENT_LOG } = await import('../../src/observability/log.ts')
    const { RepeatedLines } = await import('../../src/observability/repeated-lines.ts')
    const shared = {
      metrics,
      clock: nodeClock,
      prng: nodePrng,
      tokens: new Tokens({
        listed: [],
        filePath: null,
        format: ADMIN_TOKEN,
        disk: other.disk,
        clock: nodeClock,
        onProblem() {}
      }),
      log: SILENT_LOG,
      repeated: new RepeatedLines(nodeClock)
    }
    const second = new AdminServer({ ...options, ...shared })
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await second.stop(0)
    await other.server.stop(0)
  })
})
