import { spawn, spawnSync } from 'node:child_process'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { startBroker, type TestBroker } from '@streambus/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { missingOption } from '../../tools/drill/needs.ts'
import { playDrill } from '../../tools/drill/play.ts'
import { DrillError, type Scenario, untilAborted } from '../../tools/drill/scenario.ts'
import { scenarios } from '../../tools/drill/scenarios.ts'
import { leaveOutWarnings } from '../../tools/drill/warnings.ts'
import { watchAlerts } from '../../tools/drill/watch.ts'

const SCRIPT = fileURLToPath(new URL('../../tools/alert-drill.ts', import.meta.url))
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

  test('a Ctrl-C under npm, which is two signals, has it undone', async () => {
    const { bootstrap, adminUrl } = broker
    const args = ['lag', '--bootstrap', bootstrap, '--admin', adminUrl]
    const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (!text.includes('nobody reads')) return
      child.kill('SIGINT')
      // Of another kind: two alike may arrive as one, and later the process may be at its end.
      child.kill('SIGTERM')
    })
    expect(await new Promise(resolve => child.once('exit', (code, signal) => resolve(signal ?? code)))).toBe(0)
    expect(said.trimEnd()).toMatch(/are deleted$/)
    expect(await scrape()).not.toContain('alert-drill"')
  })

  test.each(scenarios.filter(({ needs }) => needs.length > 0))('$name says what it needs', async ({ run, needs }) => {
    const { bootstrap, adminUrl } = broker
    const stage = { bootstrap, adminUrl, pid: null, fill: null, signal: new AbortController().signal, say() {} }
    await expect(run(stage)).rejects.toThrow(`needs --${needs[0]}`)
  })
})

describe('with a Prometheus', () => {
  let prometheus: http.Server
  /** States of the alert A, one answer after the other; the last one again and again. */
  let answers: (readonly string[])[]
  let said: string[]
  const say = (text: string): void => void said.push(text)
  const url = (): string => `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`

  beforeEach(async () => {
    said = []
    prometheus = http.createServer((_, response) => {
      const now = (answers.length > 1 ? answers.shift() : answers[0]) ?? []
      const alerts = now.map(state => ({ labels: { alertname: 'A' }, state }))
      response.end(JSON.stringify({ data: { alerts } }))
    })
    await new Promise<void>(done => prometheus.listen(0, '127.0.0.1', done))
  })
  afterEach(() => prometheus.close())

  test('what becomes of alerts is told as it happens', async () => {
    answers = [[], ['pending'], ['pending', 'firing']]
    const { signal } = new AbortController()
    expect(await watchAlerts({ prometheusUrl: url(), alerts: ['A'], signal, everyMs: 1, say })).toEqual([])
    expect(said).toEqual(['A: inactive → pending', 'A: pending → firing'])
  })

  /** Of two alerts, A and B; until `end`. */
  function play(end: AbortSignal, run: Scenario['run'] = stage => untilAborted(stage.signal)): Promise<number> {
    const scenario: Scenario = { name: 'x', alerts: ['A', 'B'], does: 'does it', needs: [], minutes: 1, run }
    const stage = { bootstrap: '', adminUrl: '', pid: null, fill: null, signal: end, say }
    return playDrill({ scenario, stage, limitMs: 200, prometheusUrl: url(), everyMs: 1 })
  }

  test('those that did not fire are named: in time, and at an interrupt', async () => {
    answers = [['firing']]
    expect(await play(new AbortController().signal)).toBe(1)
    expect(said.at(-1)).toBe('1 of 2 did not fire within 0 minutes: B')
    const end = new AbortController()
    const playing = play(end.signal)
    end.abort()
    expect(await playing).toBe(1)
    expect(said.at(-1)).toMatch(/ did not fire when it was interrupted: .*B$/)
  })

  test('a drill that cannot be played says why, and so does a Prometheus that is none', async () => {
    answers = [[]]
    const failing = play(new AbortController().signal, () => Promise.reject(new DrillError('no disk')))
    await expect(failing).rejects.toThrow('no disk')
    prometheus.removeAllListeners('request').on('request', (_, response) => response.end('{}'))
    let isBegun = false
    const beginning = play(new AbortController().signal, () => Promise.resolve(void (isBegun = true)))
    await expect(beginning).rejects.toThrow('is that a Prometheus?')
    expect(isBegun).toBe(false)
    prometheus.removeAllListeners('request').on('request', (_, response) => response.destroy())
    await expect(play(new AbortController().signal)).rejects.toThrow('cannot be read')
  })
})

test.each([
  [{}, 'd needs --pid'],
  [{ pid: 'x' }, '--pid is x: it is no process id'],
  [{ pid: '2147483646' }, 'there is no such process'],
  [{ pid: String(process.pid) }, 'd needs --fill'],
  [{ pid: String(process.pid), fill: '/nowhere' }, '--fill is /nowhere: it does not exist'],
  [{ pid: String(process.pid), fill: import.meta.filename }, 'it is no directory'],
  [{ pid: String(process.pid), fill: import.meta.dirname }, null]
])('what a drill needs is looked at before it begins: %j', (given, problem) => {
  const found = missingOption({ name: 'd', needs: ['pid', 'fill'] }, given)
  if (problem === null) expect(found).toBe(null)
  else expect(found).toContain(problem)
})

test('npm run drill says what is wrong before it announces anything', () => {
  const drill = (...args: string[]) => spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' })
  for (const [args, problem] of [
    [['broker-down'], 'broker-down needs --pid'],
    [['brokerdown'], 'there is no drill brokerdown'],
    [['lag', '--minutes', 'soon'], '--minutes is soon'],
    [['lag', '--promtheus', 'x'], '--promtheus']
  ] as const) {
    const { status, stdout, stderr } = drill(...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`drill: `)
    expect(stderr).toContain(problem)
  }
})

test('a warning is left out by its name only', () => {
  const before = process.listeners('warning')
  const printed: string[] = []
  process.removeAllListeners('warning').on('warning', ({ name }) => printed.push(name))
  try {
    leaveOutWarnings(new Set(['Noise']))
    for (const name of ['Noise', 'Other']) process.emit('warning', Object.assign(new Error('x'), { name }))
    expect(printed).toEqual(['Other'])
  } finally {
    process.removeAllListeners('warning')
    for (const listener of before) process.on('warning', listener)
  }
})
