import { nodeDisk } from '@streambus/base/node'
import { catalogue, owners } from '@streambus/metrics'
import { startBroker, tempDir } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { AdminProxy } from './admin-proxy.ts'
import { checkLoad } from './check-load.ts'
import { CountingDisk } from './counting-disk.ts'
import { CountingProxy } from './counting-proxy.ts'
import { DiskTally } from './disk-tally.ts'
import { LOAD_CONFIG } from './drive-load.ts'
import { differences } from './expectation.ts'
import { expectations } from './expectations.ts'
import { MetricsPage } from './metrics-page.ts'
import { PARTLY_TALLIED, UNTALLIED } from './untallied.ts'

/** Of the guide's metrics: a time, what the filesystem says, and how often a broker has been started. */
const NOT_COMPARED = ['streambus_broker_uptime_seconds', 'streambus_storage_available_bytes', 'streambus_raft_term']
const FEW_PARTITIONS = { 'offsets.topic.num.partitions': '3' }

/** Whether anything in the broker counts for it today. */
function isFed(owner: keyof typeof owners): boolean {
  return owners[owner].awaits === null
}

function linesOf(name: string): RegExp {
  return new RegExp(`^(${name}(?:\\{.*\\})?) (\\S+)$`, 'gm')
}

/** The lines of a metric as often as it has counted something, each time with another series doubled. */
function* eachDoubled(page: string, name: string): IterableIterator<readonly [series: string, text: string]> {
  const lines = [...page.matchAll(linesOf(name))]
  for (const [changed, series = '', value] of lines) {
    if (Number(value) === 0) continue
    const text = lines.map(([line]) => (line === changed ? `${series} ${2 * Number(value)}` : line))
    yield [series, text.join('\n')]
  }
}

function withSwapped(page: string, name: string): string {
  const other = { good: 'bad', bad: 'good' }
  return page.replaceAll(linesOf(name), line =>
    line.replace(/outcome="(good|bad)"/, (_, outcome: keyof typeof other) => `outcome="${other[outcome]}"`)
  )
}

test('a short load: what the broker counts is what passed on the wire and lies on disk', async () => {
  const proxy = await CountingProxy.start()
  const config = { ...LOAD_CONFIG, ...FEW_PARTITIONS, 'advertised.listeners': proxy.advertised }
  const home = tempDir('load')
  const counting = new CountingDisk(nodeDisk)
  const broker = await startBroker({ config, dataDir: home.path, disk: counting.disk })
  const admin = await AdminProxy.start(broker.adminUrl)
  try {
    proxy.lead(broker.bootstrap)
    const disk = new DiskTally(broker.dataDir)
    let [page, scraped] = ['', new MetricsPage('')]
    const prometheus = {
      async query(expr: string) {
        // Whoever asks when it was scraped wants a new one.
        if (expr.startsWith('timestamp(')) {
          const nowMs = Date.now()
          page = await (await fetch(`${admin.url}/metrics`)).text()
          scraped = new MetricsPage(page, nowMs)
        }
        return scraped.query(expr)
      }
    }
    const say = (): void => undefined
    const syncs = (): number => counting.syncs
    const load = { proxy, disk, admin, syncs, prometheus, say, name: 'load', isFull: false }
    expect(await checkLoad(load)).toEqual([])
    expect(proxy.tally.produced.records.total).toBeGreaterThan(400)
    // The comparison is worth something only if it can fail.
    const expected = expectations({ wire: proxy.tally, disk, admin: admin.requests, syncs: counting.syncs })
    expect(expected.length).toBeGreaterThan(300)
    const compared = new Set(expected.map(({ query }) => query.name.replace(/_(count|sum|bucket)$/, '')))
    const seeds = Object.values(catalogue).filter(({ stability }) => stability === 'seed')
    expect(seeds.map(({ name }) => name).filter(name => !compared.has(name))).toEqual(NOT_COMPARED)
    const counters = Object.values(catalogue).filter(({ type, owner }) => type === 'counter' && isFed(owner))
    const uncovered = counters.map(({ name }) => name).filter(name => !compared.has(name))
    expect(
      uncovered.toSorted(),
      'counters that nothing is expected of: tally them, or say in untallied.ts why not'
    ).toEqual(Object.keys(UNTALLIED).toSorted())
    for (const name of compared) {
      if (!name.endsWith('_total') || name in PARTLY_TALLIED) continue
      const about = expected.filter(({ query }) => query.name === name)
      for (const [series, text] of eachDoubled(page, name)) {
        const doubled = new MetricsPage(text)
        const noticed = await differences(about, expr => doubled.query(expr))
        expect(noticed.length, `${series} is doubled`).toBeGreaterThan(0)
      }
    }
    const different = async (text: string): Promise<number> => {
      const asked = new MetricsPage(text)
      return (await differences(expected, expr => asked.query(expr))).length
    }
    expect(await different(page)).toBe(0)
    expect(await different(page.replaceAll('streambus_bytes_produced_total', 'streambus_bytes_made_total'))).toBe(1)
    for (const name of ['streambus_request_results_total', 'streambus_sli_events_total']) {
      expect(await different(withSwapped(page, name)), `good and bad of ${name} are swapped`).toBeGreaterThan(1)
    }
    expect(await different('')).toBeGreaterThan(250)
  } finally {
    await broker.stop()
    await admin.close()
    await proxy.close()
    home.remove()
  }
})
