import { DiskError } from '@streambus/base'
import { describe, expect, it } from 'vitest'
import type { CheckResult } from '../../src/admin/health.ts'
import { brokerChecks, type HealthSources } from '../../src/admin/health-checks.ts'
import { directory, FakeBrokerView } from '../observability/fake-broker-view.ts'
import { ManualClock } from '../observability/manual-clock.ts'

class Fixture {
  readonly view = new FakeBrokerView()
  readonly clock = new ManualClock()
  probed: string[] = []
  answerOf: (path: string) => Promise<DiskError | null> = () => Promise.resolve(null)
  heapUsed = 50
  uncleanable = 0

  readonly sources: HealthSources = {
    view: this.view,
    clock: this.clock,
    disk: {
      probe: path => {
        this.probed.push(path)
        return this.answerOf(path)
      },
      runningMs: () => 3_400
    },
    heap: () => ({ usedBytes: this.heapUsed * 2 ** 20, limitBytes: 100 * 2 ** 20 }),
    uncleanablePartitions: () => this.uncleanable
  }

  async run(name: string): Promise<CheckResult | undefined> {
    return brokerChecks(this.sources)
      .find(check => check.name === name)
      ?.run()
  }

  async states(): Promise<Record<string, string>> {
    const checks = brokerChecks(this.sources)
    const results = await Promise.all(checks.map(async check => check.run()))
    return Object.fromEntries(checks.map(({ name }, index) => [name, results[index]?.state ?? '']))
  }
}

const ALL_OK = {
  broker: 'ok',
  storage: 'ok',
  cluster: 'ok',
  network: 'ok',
  coordinator: 'ok',
  compaction: 'ok',
  memory: 'ok'
}

async function states(change: (fixture: Fixture) => void): Promise<Record<string, string>> {
  const fixture = new Fixture()
  change(fixture)
  return fixture.states()
}

describe('brokerChecks', () => {
  it('are all ok on a healthy broker, and each is part of a check of the guide', async () => {
    expect(await states(() => {})).toEqual(ALL_OK)
    const parts = brokerChecks(new Fixture().sources).map(({ partOf }) => partOf)
    expect(new Set(parts)).toEqual(new Set(['broker', 'storage', 'cluster']))
  })

  it('are in error while the broker starts, stops or is stopped', async () => {
    for (const status of ['starting', 'stopping', 'stopped'] as const) {
      expect(await states(({ view }) => (view.currentStatus = status))).toEqual({ ...ALL_OK, broker: 'error' })
    }
  })

  it('are not in error for what a restart of this broker cannot mend: a lost quorum', async () => {
    const change = ({ view }: Fixture): void =>
      void (view.currentCluster = { ...view.currentCluster, controllerId: -1 })
    expect(await states(change)).toEqual({ ...ALL_OK, cluster: 'degraded' })
  })

  it('need every listener open, and tell of connections near and at their limit', async () => {
    const fixture = new Fixture()
    const [listener] = fixture.view.currentListeners
    const network = (changes: object) => {
      if (listener !== undefined) fixture.view.currentListeners = [{ ...listener, ...changes }]
      return fixture.run('network')
    }
    expect(await network({ isListening: false })).toEqual({ state: 'error', message: 'listener PLAINTEXT is closed' })
    const message = 'listener PLAINTEXT has 90 of at most 100 connections'
    expect(await network({ connections: 90 })).toEqual({ state: 'warning', message })
    expect(await network({ connections: 100 })).toMatchObject({
      state: 'degraded',
      message: expect.stringMatching(/refused/)
    })
    fixture.view.currentListeners = []
    expect(await fixture.run('network')).toEqual({ state: 'error', message: 'no listener is open' })
  })

  it('tell of group state that is being loaded or cannot be read', async () => {
    const fixture = new Fixture()
    fixture.view.currentCoordinator = { shards: 50, loading: 2, failed: 1 }
    expect(await fixture.run('coordinator')).toEqual({
      state: 'degraded',
      message:
        '1 of 50 partitions of group state cannot be read; the broker log says why; 2 of 50 partitions of group state are being loaded'
    })
  })

  it('warn of a heap near its limit and of logs that are not compacted', async () => {
    expect(await states(fixture => (fixture.heapUsed = 89))).toEqual(ALL_OK)
    expect(await states(fixture => (fixture.heapUsed = 90))).toEqual({ ...ALL_OK, memory: 'warning' })
    expect(await states(fixture => (fixture.uncleanable = 1))).toEqual({ ...ALL_OK, compaction: 'warning' })
  })
})

describe('the storage check', () => {
  const gone = directory({ error: 'EIO' })
  const storage = async (directories: FakeBrokerView['currentDirectories'], fixture = new Fixture()) => {
    fixture.view.currentDirectories = directories
    return fixture.run('storage')
  }

  it('is in error when no directory is in service, and degraded for one among others', async () => {
    expect(await storage([gone, gone])).toEqual({ state: 'error', message: '/data: EIO' })
    expect(await storage([directory({}), gone])).toEqual({ state: 'degraded', message: '/data: EIO' })
  })

  it('warns when space runs low', async () => {
    expect(await storage([directory({ warning: 'low' })])).toEqual({ state: 'warning', message: 'low' })
    expect(await storage([directory({ space: null })])).toMatchObject({ state: 'warning' })
  })

  it('is in error while producers are refused or the disk is full, and says why', async () => {
    const refusal = '/data: a sync has been under way for 31 s'
    expect(await storage([directory({ warning: 'slow', refusal })])).toEqual({ state: 'error', message: refusal })
    const space = { device: 'disk-1', totalBytes: 1_000, availableBytes: 9, inodes: null }
    expect(await storage([directory({ space })])).toMatchObject({
      state: 'error',
      message: expect.stringMatching(/full/)
    })
  })

  it('warns of partitions that are offline and names them, the first few of many', async () => {
    const fixture = new Fixture()
    const offline = (count: number) => Array.from({ length: count }, (_, index) => ({ topic: 't', index }))
    fixture.view.currentOffline = offline(1)
    const message = "1 partition is offline: t-0. The broker's log says why"
    expect(await storage([directory({})], fixture)).toEqual({ state: 'degraded', message })
    fixture.view.currentOffline = offline(7)
    expect(await storage([directory({ warning: 'low' })], fixture)).toEqual({
      state: 'degraded',
      message: "7 partitions are offline: t-0, t-1, t-2, t-3, t-4, …. The broker's log says why; low"
    })
  })

  it('tries a write in every directory at once, and is in error when none of them works', async () => {
    const fixture = new Fixture()
    const failure = new DiskError({ code: 'EROFS', operation: 'write', path: '/b/.health' })
    fixture.answerOf = path => Promise.resolve(path === '/b' ? failure : null)
    const [a, b] = [directory({ path: '/a' }), directory({ path: '/b' })]
    const message = '/b: a test write failed: write /b/.health: EROFS'
    expect(await storage([a, b], fixture)).toEqual({ state: 'degraded', message })
    expect(fixture.probed).toEqual(['/a', '/b'])
    expect(await storage([b], fixture)).toEqual({ state: 'error', message })
  })

  it('does not wait for a write that takes long, and leaves no timer', async () => {
    const fixture = new Fixture()
    fixture.answerOf = () => new Promise(() => {})
    const result = storage([directory({})], fixture)
    fixture.clock.advance(1_000)
    expect(await result).toEqual({ state: 'warning', message: '/data: a test write has been under way for 3.4 s' })
    expect(fixture.clock.timerCount).toBe(0)
  })

  it('writes nothing where a sync is overdue already', async () => {
    const fixture = new Fixture()
    const warning = '/data: a sync has been under way for 6 s'
    expect(await storage([directory({ warning, isStalled: true }), gone], fixture)).toEqual({
      state: 'degraded',
      message: `${warning}; /data: EIO`
    })
    expect(fixture.probed).toEqual([])
  })
})
