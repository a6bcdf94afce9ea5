import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { startBroker, type TestBroker } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Scenario } from '../../tools/drill/scenario.ts'
import { scenarios } from '../../tools/drill/scenarios.ts'
import { watchAlerts } from '../../tools/drill/watch.ts'

const WAIT = { timeout: 20_000, interval: 100 }

describe('a drill makes its numbers move, and leaves nothing behind', () => {
  let broker: TestBroker

  beforeAll(async () => {
    broker = await startBroker({ memory: true, config: { 'max.connections': '40' } })
  })
  afterAll(() => broker.stop())

  async function scrape(): Promise<string> {
    return (await fetch(`${broker.adminUrl}/metrics`)).text()
  }

  /** The sum of all series that begin so. */
  async function total(start: string): Promise<number> {
    const lines = (await scrape()).split('\n').filter(line => line.startsWith(start))
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  async function play(name: string, check: () => Promise<void>): Promise<void> {
    const scenario = scenarios.find(({ name: known }) => known === name) as Scenario
    const end = new AbortController()
    const { bootstrap, adminUrl } = broker
    const stage = { bootstrap, adminUrl, pid: null, fill: null, signal: end.signal, say() {} }
    const playing = scenario.run(stage)
    try {
      await Promise.race([playing, vi.waitFor(check, WAIT)])
    } finally {
      end.abort()
      await playing
    }
  }

  test.each(['lag', 'growing-lag', 'data-loss'])('%s', async name => {
    await play(name, async () =>
      expect(await total('streambus_consumer_group_lag{group="alert-drill"}')).toBeGreaterThan(10_000)
    )
    expect(await scrape()).not.toContain('alert-drill"')
  })

  test('data-loss brings the headroom below the hour that its alert looks at', async () => {
    const headroom = 'streambus_consumer_group_retention_headroom_seconds{group="alert-drill"'
    await play('data-loss', async () => {
      expect(await scrape()).toContain(headroom)
      expect(await total(headroom)).toBeLessThan(3_600)
    })
  })

  test('network-errors', async () => {
    const before = await total('streambus_network_errors_total ')
    await play('network-errors', async () =>
      expect(await total('streambus_network_errors_total ')).toBeGreaterThan(before + 10)
    )
  })

  test('churn', async () => {
    const before = await total('streambus_connections_created_total{')
    await play('churn', async () =>
      expect(await total('streambus_connections_created_total{')).toBeGreaterThan(before + 50)
    )
  })

  test('connections', async () => {
    await play('connections', async () => {
      expect(await total('streambus_connections_active{')).toBe(40)
      expect(await total('streambus_connections_rejected_total{')).toBeGreaterThan(3)
    })
    await vi.waitFor(async () => expect(await total('streambus_connections_active{')).toBe(0), WAIT)
  })

  test.each(scenarios.filter(({ needs }) => needs.length > 0))('$name says what it needs', async ({ run, needs }) => {
    const { bootstrap, adminUrl } = broker
    const stage = { bootstrap, adminUrl, pid: null, fill: null, signal: new AbortController().signal, say() {} }
    await expect(run(stage)).rejects.toThrow(`needs --${needs[0]}`)
  })
})

test('what becomes of alerts is told as it happens', async () => {
  const answers = [[], ['pending'], ['pending', 'firing']]
  const prometheus = http.createServer((_, response) => {
    const alerts = (answers.shift() ?? ['firing']).map(state => ({ labels: { alertname: 'A' }, state }))
    response.end(JSON.stringify({ data: { alerts } }))
  })
  await new Promise<void>(done => prometheus.listen(0, '127.0.0.1', done))
  try {
    const { port } = prometheus.address() as AddressInfo
    const said: string[] = []
    const areFiring = await watchAlerts({
      prometheusUrl: `http://127.0.0.1:${port}`,
      alerts: ['A'],
      signal: new AbortController().signal,
      everyMs: 1,
      say: text => void said.push(text)
    })
    expect(areFiring).toBe(true)
    expect(said).toEqual(['A: inactive → pending', 'A: pending → firing'])
  } finally {
    prometheus.close()
  }
})
