import type { Clock, Timer } from '@streambus/base'
import { nodeClock } from '@streambus/base/node'
import { createTopicsApi, produceApi } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryDisk } from '../src/memory-disk.ts'
import { freePort } from '../src/spawn-broker.ts'
import { startBroker, type TestBroker } from '../src/start-broker.ts'

const TOKEN = 'token-of-this-test-1'
const WITH_TOKEN = { headers: { Authorization: `Bearer ${TOKEN}` } }

/** Twenty times as fast as the real one: a minute of trouble is over in three seconds. */
class QuickClock implements Clock {
  readonly #rate = 20

  monotonicMs = (): number => nodeClock.monotonicMs() * this.#rate
  wallMs = (): number => nodeClock.wallMs()
  after = (delayMs: number, run: () => void): Timer => nodeClock.after(delayMs / this.#rate, run)
}

let port = 0
let disk: MemoryDisk
let starting: Promise<TestBroker> | null = null
let connection: Connection | null = null

beforeEach(async () => {
  port = await freePort()
  disk = new MemoryDisk()
})

afterEach(async () => {
  await connection?.close()
  connection = null
  await (await starting)?.stop()
  starting = null
})

/** Begins to start; the admin port is there before the broker is ready. */
function begin(): Promise<TestBroker> {
  const config = {
    'admin.listener': `127.0.0.1:${port}`,
    'admin.tokens': TOKEN,
    'shutdown.grace.ms': '600000',
    'log.dir.stall.refuse.ms': '60000',
    'log.dir.stall.exit.ms': '0'
  }
  starting = startBroker({ disk, clock: new QuickClock(), config })
  return starting
}

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, init)

/** Status codes of the probes, and what the metric says that /ready drives. */
async function probes(): Promise<object> {
  const paths = ['/health', '/ready', '/health/ready', '/health/live', '/api/v1/monitoring/health']
  const codes = await Promise.all(paths.map(async path => (await get(path)).status))
  const scrape = await (await get('/metrics')).text()
  const metric = (name: string): number => Number(new RegExp(`^streambus_${name} (\\S+)$`, 'm').exec(scrape)?.[1])
  return { codes, ready: metric('ready'), status: metric('broker_status'), stopping: metric('shutdown_in_progress') }
}

const STARTING = { codes: [503, 503, 503, 200, 503], ready: 0, status: 1, stopping: 0 }
const RUNNING = { codes: [200, 200, 200, 200, 200], ready: 1, status: 2, stopping: 0 }
const STOPPING = { codes: [503, 503, 503, 200, 503], ready: 0, status: 3, stopping: 1 }

interface Check {
  readonly status: string
  readonly message?: string
}

async function checks(): Promise<Record<string, Check>> {
  const { checks: found } = (await (await get('/health?verbose=1')).json()) as { checks: Record<string, Check> }
  return found
}

const storage = async (): Promise<Check | undefined> => (await checks())['storage']

async function connect(): Promise<Connection> {
  const [address] = parseBootstrap((await starting)?.bootstrap ?? '')
  if (address === undefined) throw new Error('no broker runs')
  connection = await Connection.open({ address, clientId: 'test' })
  const topic = { name: 'x', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  await connection.send(createTopicsApi, { topics: [topic], timeoutMs: 10_000, validateOnly: false })
  return connection
}

function produce(records: number): Promise<unknown> {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < records; i++)
    builder.append({ key: null, value: Buffer.from('v'), headers: [], timestamp: 1_700_000_000_000 })
  const topicData = [{ name: 'x', partitionData: [{ index: 0, records: builder.build() }] }]
  if (connection === null) throw new Error('connect first')
  return connection.send(produceApi, { acks: -1, timeoutMs: 60_000, topicData })
}

describe('the probes of a broker', () => {
  test('while it starts, runs and stops', async () => {
    const endStart = disk.stallSyncs('__cluster_metadata')
    const started = begin()
    await expect.poll(async () => get('/health/live').catch(() => null)).not.toBe(null)
    expect(await probes()).toEqual(STARTING)
    expect(await (await get('/health')).json()).toMatchObject({
      checks: { broker: expect.stringMatching(/^broker is starting/) }
    })
    endStart()
    await started
    expect(await probes()).toEqual(RUNNING)

    await connect()
    const endStop = disk.stallSyncs('/x-0/')
    const produced = produce(1)
    await expect.poll(async () => (await get('/api/v1/topics/x')).text()).toContain('"end_offset": 1')
    const stopped = (await started).stop()
    await expect.poll(probes).toEqual(STOPPING)
    endStop()
    await Promise.all([produced, stopped])
    await expect(get('/health/live')).rejects.toThrow()
  })

  test('when the disk goes silent under a broker without traffic, and when it answers again', async () => {
    await begin()
    const end = disk.stallSyncs('/.health')
    expect(await storage()).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/^\/data: .* under way for \d/)
    })
    expect(await probes()).toEqual(RUNNING)
    await expect
      .poll(storage)
      .toMatchObject({ message: expect.stringMatching(/longer than log\.dir\.stall\.warn\.ms \(5000\)$/) })
    expect(await probes()).toEqual(RUNNING)
    await expect
      .poll(storage, { timeout: 20_000 })
      .toMatchObject({ status: 'error', message: expect.stringMatching(/writes are refused/) })
    expect(await probes()).toEqual({ ...RUNNING, codes: [503, 503, 503, 200, 503], ready: 0 })
    const { broker, cluster, network } = await checks()
    expect([broker, cluster, network].map(check => check?.status)).toEqual(['ok', 'ok', 'ok'])
    end()
    await expect.poll(probes, { timeout: 20_000 }).toEqual(RUNNING)
  })

  test('when the disk refuses to write', async () => {
    await begin()
    const end = disk.failAlways('write', { code: 'EROFS', path: '/.health' })
    expect(await storage()).toMatchObject({
      status: 'error',
      message: '/data: a test write failed: write /data/.health: EROFS'
    })
    expect(await (await get('/health')).json()).toMatchObject({
      status: 'unhealthy',
      checks: { broker: 'ok', cluster: 'ok' }
    })
    end()
    await expect.poll(probes).toEqual(RUNNING)
  })
})

describe('every route', () => {
  test('has an id, a type and a length, answers HEAD as GET without the body, and refuses the rest by name', async () => {
    await begin()
    await connect()
    const { endpoints } = (await (await get('/')).json()) as { endpoints: { method: string; path: string }[] }
    const paths = endpoints.filter(({ method }) => method === 'GET').map(({ path }) => path)
    expect(paths.length).toBeGreaterThan(15)
    for (const template of paths) {
      // Unknown groups and topics are answers, too.
      const path = template.replace(':name', 'x').replace(':id', 'nobody')
      // These have tests of their own: they want to be asked for something.
      if (path.includes('/diagnostics/') || path === '/metrics/detailed') continue
      const response = await get(path, { headers: { ...WITH_TOKEN.headers, 'X-Correlation-ID': 'order-42' } })
      expect(response.headers.get('x-correlation-id'), path).toBe('order-42')
      expect(response.headers.get('content-type'), path).toMatch(/^(application\/json|text\/plain)/)
      expect(response.status, path).toBe(path.endsWith('nobody') ? 404 : 200)
      const head = await get(path, { ...WITH_TOKEN, method: 'HEAD' })
      expect([head.status, await head.text()], path).toEqual([response.status, ''])
      expect(head.headers.get('x-correlation-id'), path).toMatch(/^[0-9a-f]{8}$/)
      const wrong = await get(path, { method: 'PATCH' })
      expect([wrong.status, wrong.headers.get('allow')], path).toEqual([405, expect.stringContaining('GET')])
      expect(await wrong.json(), path).toMatchObject({ error: 'method_not_allowed', message: expect.any(String) })
    }
  })

  test('/api/v1/monitoring/metrics says what /metrics says', async () => {
    await begin()
    await connect()
    await produce(7)
    const text = await (await get('/metrics')).text()
    const body = await (await get('/api/v1/monitoring/metrics', WITH_TOKEN)).json()
    const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    expect(metric('streambus_messages_produced_total')).toBe(7)
    expect(body).toMatchObject({
      messages: { produced: 7, stored: metric('streambus_messages_stored_total') },
      network: {
        bytes_in: metric('streambus_network_bytes_in_total'),
        bytes_out: metric('streambus_network_bytes_out_total'),
        requests: metric('streambus_network_requests_total')
      },
      broker: { status: 'running', connections: 1 },
      storage: {
        total_topics: metric('streambus_topics_total'),
        total_partitions: metric('streambus_partitions_total'),
        total_size_gb: metric('streambus_storage_used_bytes') / 2 ** 30
      },
      cluster: { size: 1, is_leader: true, commit_index: metric('streambus_raft_commit_index') }
    })
  })
})
