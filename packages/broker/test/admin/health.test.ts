import { Gauge } from '@streambus/metrics'
import { describe, expect, it } from 'vitest'
import { Health, type HealthCheck } from '../../src/admin/health.ts'
import { brokerChecks } from '../../src/admin/health-checks.ts'
import { directory, FakeBrokerView } from '../observability/fake-broker-view.ts'
import { ManualClock } from '../observability/manual-clock.ts'

function setup(checks: readonly HealthCheck[]) {
  const clock = new ManualClock()
  const gauges = new Map<string, Gauge>()
  const statusOf = (name: string): Gauge => {
    const gauge = gauges.get(name) ?? new Gauge()
    gauges.set(name, gauge)
    return gauge
  }
  return { clock, gauges, health: new Health({ checks, clock, statusOf, timeLimitMs: 2_000 }) }
}

const passing: HealthCheck = { name: 'passing', run: () => ({ state: 'ok', message: '' }) }
const hanging: HealthCheck = { name: 'hanging', run: () => new Promise(() => {}) }

describe('Health', () => {
  it('gives a check that hangs its time limit, and the others their result', async () => {
    const { clock, health, gauges } = setup([passing, hanging])
    const running = health.run()
    await Promise.resolve()
    clock.advance(2_000)
    const report = await running
    expect(report.isHealthy).toBe(false)
    expect(report.checks.map(({ name, state, message }) => [name, state, message])).toEqual([
      ['passing', 'ok', ''],
      ['hanging', 'failing', 'no result within 2000 ms']
    ])
    expect([gauges.get('passing')?.value, gauges.get('hanging')?.value]).toEqual([1, 0])
  })

  it('turns a check that throws, at once or later, into a failing one', async () => {
    const boom = new Error('boom')
    const { health } = setup([
      {
        name: 'now',
        run: () => {
          throw boom
        }
      },
      { name: 'later', run: () => Promise.reject(boom) }
    ])
    const { checks } = await health.run()
    expect(checks.map(({ message }) => message)).toEqual(['check failed: Error: boom', 'check failed: Error: boom'])
  })

  it('runs checks once for callers that come together, and leaves no timer', async () => {
    let runs = 0
    const counted: HealthCheck = { name: 'counted', run: () => ({ state: 'ok', message: String(++runs) }) }
    const { health, clock } = setup([counted])
    await Promise.all([health.run(), health.run()])
    expect(runs).toBe(1)
    await health.run()
    expect(runs).toBe(2)
    expect(clock.timerCount).toBe(0)
  })
})

async function states(change: (view: FakeBrokerView) => void): Promise<string[]> {
  const view = new FakeBrokerView()
  change(view)
  const results = await Promise.all(brokerChecks(view).map(async check => check.run()))
  return results.map(({ state }) => state)
}

describe('brokerChecks', () => {
  it('are broker, storage and cluster, all ok on a healthy broker', async () => {
    expect(brokerChecks(new FakeBrokerView()).map(({ name }) => name)).toEqual(['broker', 'storage', 'cluster'])
    expect(await states(() => {})).toEqual(['ok', 'ok', 'ok'])
  })

  it('fail while the broker starts, stops or is stopped', async () => {
    for (const status of ['starting', 'stopping', 'stopped'] as const) {
      expect(await states(view => (view.currentStatus = status))).toEqual(['failing', 'ok', 'ok'])
    }
  })

  it('fail when no directory is in service, and only warn of one among others and when space runs low', async () => {
    const gone = directory({ error: 'EIO' })
    expect(await states(view => (view.currentDirectories = [gone, gone]))).toEqual(['ok', 'failing', 'ok'])
    expect(await states(view => (view.currentDirectories = [directory({}), gone]))).toEqual(['ok', 'degraded', 'ok'])
    expect(await states(view => (view.currentDirectories = [directory({ warning: 'low' })]))).toEqual([
      'ok',
      'degraded',
      'ok'
    ])
  })

  it('fail while producers are refused, and say why', async () => {
    const view = new FakeBrokerView()
    view.currentDirectories = [directory({ warning: 'slow', refusal: '/data: a sync has been under way for 31 s' })]
    expect(await brokerChecks(view)[1]?.run()).toEqual({
      state: 'failing',
      message: '/data: a sync has been under way for 31 s'
    })
  })

  it('warn of partitions that are offline and name them, the first few of many', async () => {
    const view = new FakeBrokerView()
    const offline = (count: number) => Array.from({ length: count }, (_, index) => ({ topic: 't', index }))
    view.currentOffline = offline(1)
    expect(await brokerChecks(view)[1]?.run()).toEqual({
      state: 'degraded',
      message: "1 partition is offline: t-0. The broker's log says why"
    })
    view.currentOffline = offline(7)
    view.currentDirectories = [directory({ warning: 'low' })]
    expect(await brokerChecks(view)[1]?.run()).toEqual({
      state: 'degraded',
      message: "7 partitions are offline: t-0, t-1, t-2, t-3, t-4, …. The broker's log says why; low"
    })
  })

  it('do not fail for what a restart of this broker cannot mend: a lost quorum', async () => {
    expect(await states(view => (view.currentCluster = { ...view.currentCluster, controllerId: -1 }))).toEqual([
      'ok',
      'ok',
      'degraded'
    ])
  })
})
