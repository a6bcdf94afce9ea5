import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { directory, groupLag, topic } from '../observability/fake-broker-view.ts'
import { type RunningServer, startServer } from './running-server.ts'

let admin: RunningServer
const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${admin.url}${path}`, init)
const getJson = async (path: string): Promise<unknown> => (await get(path)).json()
const put = (path: string, body: unknown): Promise<Response> =>
  get(path, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

beforeAll(async () => {
  admin = await startServer()
})

afterAll(() => admin.server.stop(0))

beforeEach(() => {
  admin.view.currentStatus = 'running'
  admin.view.currentDirectories = [directory({})]
  admin.view.currentTopics = []
  admin.view.currentOffline = []
  admin.view.currentCoordinator = { shards: 50, loading: 0, failed: 0 }
  admin.view.currentListeners = admin.view.currentListeners.map(listener => ({ ...listener, isListening: true }))
})

describe('GET /health', () => {
  it('has the guide’s shape, byte for byte', async () => {
    const response = await get('/health')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.text()).toBe(
      [
        '{',
        '  "status": "healthy",',
        '  "timestamp": "2024-11-10T10:00:00Z",',
        '  "checks": {',
        '    "broker": "ok",',
        '    "storage": "ok",',
        '    "cluster": "ok"',
        '  }',
        '}',
        ''
      ].join('\n')
    )
  })

  it('is 503 with a message in place of ok when a check fails', async () => {
    admin.view.currentDirectories = [directory({ error: 'EIO on write' })]
    const response = await get('/health')
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      status: 'unhealthy',
      timestamp: '2024-11-10T10:00:00Z',
      checks: { broker: 'ok', storage: '/data: EIO on write', cluster: 'ok' }
    })
  })

  it('stays 200 and healthy for a warning and for what is degraded, and says what it is', async () => {
    admin.view.currentDirectories = [directory({ warning: '/data: 1 of 100 bytes are free' })]
    expect(await getJson('/health')).toMatchObject({
      status: 'healthy',
      checks: { broker: 'ok', storage: 'warning: /data: 1 of 100 bytes are free' }
    })
    admin.view.currentOffline = [{ topic: 't', index: 0 }]
    expect(await getJson('/health')).toMatchObject({
      status: 'healthy',
      checks: { storage: expect.stringMatching(/^degraded: 1 partition is offline: t-0\. .*; \/data: 1 of 100/) }
    })
  })

  it('shows all checks with the time they took, and who answers, when asked', async () => {
    admin.view.currentDirectories = [directory({ warning: '/data: 1 of 100 bytes are free' })]
    const ok = { status: 'ok', responseTime: 0 }
    expect(await getJson('/health?verbose=1')).toEqual({
      status: 'healthy',
      timestamp: '2024-11-10T10:00:00Z',
      uptime: 60,
      version: '0.1.0',
      environment: 'test',
      checks: {
        broker: ok,
        storage: { status: 'warning', responseTime: 0, message: '/data: 1 of 100 bytes are free' },
        cluster: ok,
        network: ok,
        coordinator: ok,
        compaction: ok,
        memory: ok
      }
    })
    for (const off of ['0', 'false']) expect(await getJson(`/health?verbose=${off}`)).not.toHaveProperty('uptime')
  })

  it('tells in the guide’s three checks what any of their parts has, errors first', async () => {
    const [listener] = admin.view.currentListeners
    if (listener === undefined) throw new Error('a listener is needed')
    admin.view.currentListeners = [{ ...listener, isListening: false }]
    admin.view.currentCoordinator = { shards: 50, loading: 1, failed: 0 }
    const response = await get('/health')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      status: 'unhealthy',
      checks: { broker: 'network: listener PLAINTEXT is closed', storage: 'ok', cluster: 'ok' }
    })
  })
})

describe('GET /api/v1/monitoring/health', () => {
  it('has every check as a service with its latency', async () => {
    const response = await get('/api/v1/monitoring/health')
    expect(response.status).toBe(200)
    const healthy = { status: 'healthy', latency_ms: 0 }
    expect(await response.json()).toEqual({
      status: 'healthy',
      services: {
        broker: healthy,
        storage: healthy,
        cluster: healthy,
        network: healthy,
        coordinator: healthy,
        compaction: healthy,
        memory: healthy
      }
    })
  })

  it('is degraded with 200 and unhealthy with 503, and says why', async () => {
    admin.view.currentDirectories = [directory({ warning: 'low' })]
    const degraded = await get('/api/v1/monitoring/health')
    expect(degraded.status).toBe(200)
    expect(await degraded.json()).toMatchObject({
      status: 'degraded',
      services: { storage: { status: 'degraded', message: 'low', latency_ms: 0 }, broker: { status: 'healthy' } }
    })
    admin.view.currentStatus = 'stopping'
    const unhealthy = await get('/api/v1/monitoring/health')
    expect(unhealthy.status).toBe(503)
    expect(await unhealthy.json()).toMatchObject({
      status: 'unhealthy',
      services: { broker: { status: 'unhealthy', message: 'broker is stopping' } }
    })
  })
})

/** The answer, and what streambus_ready says in a scrape behind it. */
async function readiness(path: string): Promise<unknown[]> {
  const response = await get(path)
  const scrape = await (await get('/metrics')).text()
  return [response.status, await response.json(), Number(/^streambus_ready (\d)$/m.exec(scrape)?.[1])]
}

describe('liveness and readiness', () => {
  it.each(['/ready', '/health/ready'])('%s follows the life of the broker', async path => {
    const answers: unknown[] = []
    for (const status of ['starting', 'running', 'stopping'] as const) {
      admin.view.currentStatus = status
      answers.push(await readiness(path))
    }
    admin.view.currentStatus = 'running'
    admin.view.currentDirectories = [directory({ refusal: 'the disk is full' })]
    answers.push(await readiness(path))
    expect(answers).toEqual([
      [503, { status: 'not ready' }, 0],
      [200, { status: 'ready' }, 1],
      [503, { status: 'not ready' }, 0],
      [503, { status: 'not ready' }, 0]
    ])
  })

  it('/health/live answers even while nothing else works', async () => {
    admin.view.currentStatus = 'starting'
    expect((await get('/health/live')).status).toBe(200)
  })
})

describe('GET /metrics', () => {
  it('has the exact content type and the values of this moment', async () => {
    admin.metrics.cells.messagesProduced.add(3)
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    expect(text).toContain('\nstreambus_messages_produced_total 3\n')
    expect(text).toContain('\nstreambus_broker_status 2\n')
    expect(text).toContain('\nstreambus_broker_uptime_seconds 60\n')
  })

  it('gives OpenMetrics to a scraper that prefers it, and text with whole names to all others, in any order', async () => {
    admin.metrics.cells.messagesProduced.add(1)
    const prefers = { headers: { Accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' } }
    for (const options of [prefers, {}, prefers, {}]) {
      const response = await get('/metrics', options)
      const isOpen = options === prefers
      expect(response.headers.get('content-type')).toBe(
        isOpen
          ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
          : 'text/plain; version=0.0.4; charset=utf-8'
      )
      const text = await response.text()
      expect(text).toMatch(/^streambus_messages_produced_total \d+$/m)
      expect(text.endsWith('# EOF\n')).toBe(isOpen)
    }
  })

  it('is compressed for who takes gzip, and says that it depends on that', async () => {
    const plain = await get('/metrics', { headers: { 'Accept-Encoding': 'identity' } })
    const small = await get('/metrics', { headers: { 'Accept-Encoding': 'gzip' } })
    for (const { headers } of [plain, small]) expect(headers.get('vary')).toBe('Accept, Accept-Encoding')
    expect([plain.headers.get('content-encoding'), small.headers.get('content-encoding')]).toEqual([null, 'gzip'])
    const bytes = ({ headers }: Response): number => Number(headers.get('content-length'))
    expect(bytes(small)).toBeLessThan(bytes(plain) / 4)
    // `fetch` has unpacked it.
    const names = (text: string) => text.split('\n').map(line => line.replace(/ \S+$/, ''))
    const text = await small.text()
    expect(text.endsWith('\n')).toBe(true)
    expect(names(text).slice(0, 500)).toEqual(names(await plain.text()).slice(0, 500))
  })

  it('counts the requests of this port by route, not by path', async () => {
    await get('/api/v1/topics/anything')
    await get('/nowhere/at/all')
    const text = await (await get('/metrics')).text()
    expect(text).toMatch(
      /streambus_http_requests_total\{method="GET",route="\/api\/v1\/topics\/:name",status="404"\} \d/
    )
    expect(text).toMatch(/streambus_http_requests_total\{method="other",route="unmatched",status="404"\} \d/)
    expect(text).not.toContain('anything')
  })
})

describe('log level', () => {
  it('is shown and changed', async () => {
    const known = { known_loggers: ['broker'], levels: ['debug', 'info', 'warn', 'error', 'fatal'] }
    expect(await getJson('/api/v1/log-level')).toEqual({ level: 'info', loggers: {}, ...known })
    expect(await (await put('/api/v1/log-level', { level: 'warn' })).json()).toMatchObject({ level: 'warn' })
    await put('/api/v1/log-level', { logger: 'admin.http', level: 'debug' })
    expect(await getJson('/api/v1/log-level')).toMatchObject({ level: 'warn', loggers: { 'admin.http': 'debug' } })
    await put('/api/v1/log-level', { logger: 'admin.http', level: null })
    expect(await getJson('/api/v1/log-level')).toMatchObject({ level: 'warn', loggers: {} })
  })

  it.each([
    [{ level: 'loud' }],
    [{ level: null }],
    [{}],
    [[]],
    ['debug'],
    [{ level: 'info', logger: 'Bad Name' }],
    [{ level: 'info', colour: 1 }]
  ])('refuses %j and says what it takes', async body => {
    const response = await put('/api/v1/log-level', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_log_level', message: expect.any(String) })
  })
})

describe('topics and cluster', () => {
  it('pages through topics by name', async () => {
    admin.view.currentTopics = ['a', 'b', 'c'].map(name => topic(name))
    const first = (await getJson('/api/v1/topics?limit=2')) as { next_after: string }
    expect(first).toMatchObject({
      topics: [{ name: 'a', partitions: 1, local_size_bytes: 70 }, { name: 'b' }],
      total: 3,
      next_after: 'b'
    })
    expect(await getJson(`/api/v1/topics?after=${first.next_after}`)).toMatchObject({
      topics: [{ name: 'c' }],
      next_after: null
    })
    expect(await getJson('/api/v1/topics?after=zzz')).toMatchObject({ topics: [], next_after: null })
    expect((await get('/api/v1/topics?limit=0')).status).toBe(400)
  })

  it('describes one topic, also with a partition that is not here', async () => {
    const away = { index: 1, leader: 2, leaderEpoch: 4, replicas: [2], isr: [2], local: null }
    const { partitions } = topic('orders')
    admin.view.currentTopics = [
      topic('orders', { configs: new Map([['retention.ms', '1000']]), partitions: [...partitions, away] })
    ]
    expect(await getJson('/api/v1/topics/orders')).toEqual({
      name: 'orders',
      id: 'AAAAAAAAAAAAAAAAAAAAAQ',
      internal: false,
      configs: { 'retention.ms': '1000' },
      partitions: [
        {
          partition: 0,
          leader: 1,
          leader_epoch: 0,
          replicas: [1],
          isr: [1],
          local: { start_offset: 2, high_watermark: 8, end_offset: 9, size_bytes: 70, segments: 1 }
        },
        { partition: 1, leader: 2, leader_epoch: 4, replicas: [2], isr: [2], local: null }
      ]
    })
    expect((await get('/api/v1/topics/unknown')).status).toBe(404)
  })

  it('describes the cluster', async () => {
    expect(await getJson('/api/v1/cluster')).toMatchObject({
      cluster_id: 'cluster-a',
      controller_id: 1,
      brokers: [{ id: 1, host: '127.0.0.1', port: 9092, fenced: false }],
      this_broker: { id: 1, status: 'running', log_dirs: [{ path: '/data', used_bytes: 100, available_bytes: 600 }] }
    })
  })
})

describe('GET /', () => {
  it('lists every route', async () => {
    const { endpoints } = (await getJson('/')) as { endpoints: { path: string }[] }
    const paths = endpoints.map(({ path }) => path)
    for (const path of ['/metrics', '/health', '/health/live', '/health/ready', '/ready', '/api/v1/cluster']) {
      expect(paths).toContain(path)
    }
  })
})

describe('groups', () => {
  it('pages through groups by id, with their lag', async () => {
    admin.view.groupLags = ['b', 'a', 'c'].map(groupLag)
    expect(await getJson('/api/v1/groups?limit=2')).toMatchObject({
      groups: [{ group: 'a', lag: 3, lag_seconds: 4.5, status: 'OK', trend: { direction: 'growing' } }, { group: 'b' }],
      total: 3,
      next_after: 'b'
    })
    expect(await getJson('/api/v1/groups?after=b')).toMatchObject({ groups: [{ group: 'c' }], next_after: null })
    expect((await get('/api/v1/groups?limit=1001')).status).toBe(400)
  })

  it('shows members, offsets and what happened; JSON has no infinity', async () => {
    admin.view.groupLags = [groupLag('g')]
    expect(await getJson('/api/v1/groups/g')).toMatchObject({
      group: 'g',
      generation: 3,
      members: [{ member_id: 'm', assignment: { t: [1] }, assignment_bytes: 19 }],
      offsets: [
        { topic: 't', partition: 0, lag: 3, retention_headroom_seconds: 60, committed_at: '2023-11-14T22:13:20.000Z' },
        { partition: 1, lag: 0, retention_headroom_seconds: null }
      ],
      timeline: [
        { id: 1, kind: 'joined', member_id: 'm' },
        { id: 2, kind: 'rebalance-ended', reason: 'member_joined', duration_ms: 500 }
      ]
    })
    expect(await getJson('/api/v1/groups/g?after=1')).toMatchObject({ timeline: [{ id: 2 }] })
    expect((await get('/api/v1/groups/g?after=x')).status).toBe(400)
    expect((await get('/api/v1/groups/unknown')).status).toBe(404)
  })
})
