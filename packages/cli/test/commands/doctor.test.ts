import fs from 'node:fs'
import path from 'node:path'
import { startBroker, type TestBroker, tempDir } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../fake-io.ts'

let broker: TestBroker
let admin: string
const dir = tempDir('doctor')
beforeAll(async () => {
  broker = await startBroker({ memory: true })
  admin = broker.adminUrl.replace('http://', '')
})
afterAll(async () => {
  dir.remove()
  await broker.stop()
})

interface Report {
  readonly status: string
  readonly counts: Readonly<Record<string, number>>
  readonly checks: readonly { check: string; state: string; found: string; wayOut: string }[]
}

async function examine(...args: string[]): Promise<{ report: Report; exitCode: number; stderr: string }> {
  const { stdout, exitCode, stderr } = await run(['doctor', '--interval', '20', '--json', ...args])
  return { report: JSON.parse(stdout.toString()) as Report, exitCode, stderr }
}

describe('doctor', () => {
  it('finds nothing wrong with a broker as shipped', async () => {
    const { report, exitCode } = await examine('-b', broker.bootstrap, '--admin', admin)
    expect(report.checks.filter(({ state }) => state === 'failed')).toEqual([])
    expect(exitCode).toBe(0)
    const states = new Map(report.checks.map(({ check, state }) => [check, state]))
    for (const check of [
      'kafka port',
      'admin port',
      'health',
      'advertised',
      'partitions',
      'clock',
      'config',
      'groups'
    ]) {
      expect([check, states.get(check)]).toEqual([check, 'ok'])
    }
    for (const check of ['descriptors', 'connections', 'heap', 'event loop', 'gc', 'clients']) {
      expect(states.has(check)).toBe(true)
    }
  })

  it('prints a line for each check and the sum', async () => {
    const { stdout, exitCode } = await run(['doctor', '--interval', '20', '-b', broker.bootstrap, '--admin', admin])
    const lines = stdout.toString().trimEnd().split('\n')
    expect(exitCode).toBe(0)
    expect(lines[0]).toMatch(/^ok +kafka port +127\.0\.0\.1:\d+ speaks Kafka, answered in \d+ ms$/)
    expect(lines.at(-1)).toMatch(/^0 failed, \d+ warnings?, \d+ ok, \d+ skipped$/)
  })

  it('without an admin port judges the rest', async () => {
    const { report, exitCode } = await examine('-b', broker.bootstrap, '--admin', 'none')
    expect(exitCode).toBe(0)
    expect(report.checks.filter(({ state }) => state === 'skipped').map(({ check }) => check)).toEqual(
      expect.arrayContaining(['admin port', 'limits', 'event loop', 'clock', 'groups', 'clients'])
    )
    expect(report.checks).toContainEqual(expect.objectContaining({ check: 'advertised', state: 'ok' }))
  })

  it('fails where nothing is, and where the ports are mixed up', async () => {
    const { report, exitCode } = await examine('-b', admin, '--admin', broker.bootstrap)
    expect(exitCode).toBe(1)
    expect(report.status).toBe('failed')
    expect(report.checks.slice(0, 2)).toMatchObject([
      { check: 'kafka port', state: 'failed', found: expect.stringContaining('HTTP port') },
      { check: 'admin port', state: 'failed', found: expect.stringContaining('Kafka port') }
    ])
    const dead = await examine('-b', '127.0.0.1:1', '--admin', '127.0.0.1:1')
    expect(dead.exitCode).toBe(1)
    expect(dead.report.checks.filter(({ state }) => state === 'ok')).toEqual([])
  })

  it('judges a file and compares it with what runs', async () => {
    const file = path.join(dir.path, 'broker.yaml')
    fs.writeFileSync(file, 'num.partitions: 7\nlog.flush.policy: os\n')
    const { report, exitCode } = await examine('-b', broker.bootstrap, '--admin', admin, '--config', file)
    expect(exitCode).toBe(0)
    expect(report.status).toBe('warning')
    const found = report.checks.filter(({ state }) => state === 'warning').map(each => each.found)
    expect(found).toContainEqual(expect.stringContaining('log.flush.policy=os'))
    expect(found).toContainEqual(`num.partitions is 7 in ${file}, and 1 in broker 0`)
    fs.writeFileSync(file, 'num.partition: 7\n')
    expect((await examine('-b', broker.bootstrap, '--config', file, '--admin', 'none')).exitCode).toBe(1)
  })

  it('notices a broker that advertises an address which nobody reaches', async () => {
    const other = await startBroker({
      memory: true,
      config: { 'advertised.listeners': 'PLAINTEXT://broker.invalid:9092' }
    })
    try {
      const { report, exitCode } = await examine('-b', other.bootstrap, '--admin', 'none')
      expect(exitCode).toBe(1)
      expect(report.checks.find(({ check }) => check === 'advertised')).toMatchObject({
        state: 'failed',
        found: expect.stringContaining('broker.invalid:9092')
      })
    } finally {
      await other.stop()
    }
  })

  it('notices the admin port of another broker, and a broker under the address of another', async () => {
    const [, port = ''] = broker.bootstrap.split(':')
    const other = await startBroker({
      memory: true,
      config: { 'node.id': '5', 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` }
    })
    try {
      const { report, exitCode } = await examine('-b', other.bootstrap, '--admin', admin)
      expect(exitCode).toBe(1)
      const failed = report.checks.filter(({ state }) => state === 'failed').map(({ check }) => check)
      expect(failed).toEqual(['admin port', 'advertised'])
    } finally {
      await other.stop()
    }
  })

  it('looks into the settings of topics', async () => {
    await run([
      'topic',
      'create',
      'fast',
      '-b',
      broker.bootstrap,
      '-c',
      'flush.policy=os',
      '-c',
      'min.insync.replicas=2'
    ])
    const { report, exitCode } = await examine('-b', broker.bootstrap, '--admin', 'none')
    expect(exitCode).toBe(1)
    expect(report.checks.filter(({ check }) => check === 'topics')).toMatchObject([
      { state: 'failed', found: expect.stringMatching(/^fast: min\.insync/) },
      { state: 'warning', found: expect.stringMatching(/^fast: flush\.policy=os/) }
    ])
    await run(['topic', 'delete', 'fast', '-b', broker.bootstrap, '--yes'])
  })

  it('asks for no metric that a broker does not have', async () => {
    const text = await (await fetch(`${broker.adminUrl}/metrics`)).text()
    const served = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(match => match[1]))
    const folder = path.join(import.meta.dirname, '../../src/doctor')
    const sources = fs.readdirSync(folder).map(name => fs.readFileSync(path.join(folder, name), 'utf8'))
    const asked = sources.flatMap(source => [...source.matchAll(/'((?:streambus|nodejs|process)_\w+)'/g)])
    const names = new Set(asked.map(match => (match[1] ?? '').replace(/_(sum|count|bucket)$/, '')))
    expect(names.size).toBeGreaterThan(25)
    expect([...names].filter(name => !served.has(name))).toEqual([])
  })

  it('names an option that makes no sense, and a file that cannot be read', async () => {
    expect(await run(['doctor', '--admin', 'http://x'])).toMatchObject({ exitCode: 2 })
    expect(await run(['doctor', '-b', ''])).toMatchObject({ exitCode: 2 })
    const { exitCode, stderr } = await run(['doctor', '--config', path.join(dir.path, 'none.yaml')])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('none.yaml cannot be read')
  })
})
