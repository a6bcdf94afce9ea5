import { catalogue } from '@streambus/metrics'
import { startBroker } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { checkLoad } from './check-load.ts'
import { CountingProxy } from './counting-proxy.ts'
import { DiskTally } from './disk-tally.ts'
import { LOAD_CONFIG } from './drive-load.ts'
import { differences } from './expectation.ts'
import { expectations } from './expectations.ts'
import { MetricsPage } from './metrics-page.ts'

/** Of the guide's metrics: a time, what the filesystem says, and how often a broker has been started. */
const NOT_COMPARED = ['streambus_broker_uptime_seconds', 'streambus_storage_available_bytes', 'streambus_raft_term']
const FEW_PARTITIONS = { 'offsets.topic.num.partitions': '3' }

test('a short load: what the broker counts is what passed on the wire and lies on disk', async () => {
  const proxy = await CountingProxy.start()
  const config = { ...LOAD_CONFIG, ...FEW_PARTITIONS, 'advertised.listeners': proxy.advertised }
  const broker = await startBroker({ config })
  try {
    proxy.lead(broker.bootstrap)
    const disk = new DiskTally(broker.dataDir)
    let [page, scraped] = ['', new MetricsPage('')]
    const prometheus = {
      async query(expr: string) {
        // Whoever asks when it was scraped wants a new one.
        if (expr.startsWith('timestamp(')) {
          const nowMs = Date.now()
          page = await (await fetch(`${broker.adminUrl}/metrics`)).text()
          scraped = new MetricsPage(page, nowMs)
        }
        return scraped.query(expr)
      }
    }
    const say = (): void => undefined
    expect(await checkLoad({ proxy, disk, prometheus, say, name: 'load', isFull: false })).toEqual([])
    expect(proxy.tally.produced.records.total).toBeGreaterThan(400)
    // The comparison is worth something only if it can fail.
    const expected = expectations({ wire: proxy.tally, disk })
    expect(expected.length).toBeGreaterThan(300)
    const compared = new Set(expected.map(({ query }) => query.name.replace(/_(count|sum|bucket)$/, '')))
    const seeds = Object.values(catalogue).filter(({ stability }) => stability === 'seed')
    expect(seeds.map(({ name }) => name).filter(name => !compared.has(name))).toEqual(NOT_COMPARED)
    const different = async (text: string): Promise<number> => {
      const asked = new MetricsPage(text)
      return (await differences(expected, expr => asked.query(expr))).length
    }
    expect(await different(page)).toBe(0)
    expect(await different(page.replaceAll('streambus_bytes_produced_total', 'streambus_bytes_made_total'))).toBe(1)
    expect(await different('')).toBeGreaterThan(250)
  } finally {
    await broker.stop()
    await proxy.close()
  }
})
