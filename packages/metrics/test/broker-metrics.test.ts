import { spawnSync } from 'node:child_process'
import { nodeClock } from '@streambus/base/node'
import { describe, expect, it } from 'vitest'
import { createBrokerMetrics } from '../src/broker-metrics.ts'
import { SEED_METRICS } from './support/seed-metrics.ts'
import { parseScrape } from './support/text-format.ts'

const COMPATIBILITY_COMPLAINTS = [
  'event_loop_lag_milliseconds use base unit "seconds" instead of "milliseconds"',
  ...['arrayBuffers', 'heapTotal', 'heapUsed'].map(
    name => `process_memory_${name}_bytes metric names should be written in 'snake_case' not 'camelCase'`
  )
]

const SIX_KNOWN_COMPLAINTS = [
  'streambus_consumer_group_members_total',
  'streambus_consumer_groups_total',
  'streambus_partitions_total',
  'streambus_replicas_total',
  'streambus_segments_total',
  'streambus_topics_total'
].map(name => `${name} non-counter metrics should not have "_total" suffix`)

describe('first scrape', () => {
  it('has all 44 metrics with their types, at zero, and without labels except the lag', async () => {
    const { types, values } = parseScrape(await createBrokerMetrics().render())
    for (const { name, type } of SEED_METRICS) {
      expect(types.get(name), name).toBe(type)
      const series = name === 'streambus_consumer_group_lag' ? `${name}{group=""}` : name
      expect(values.get(type === 'histogram' ? `${series}_count` : series), name).toBe(0)
    }
  })

  it('spells every bound as a float', async () => {
    const text = await createBrokerMetrics().render()
    expect(
      [...text.matchAll(/[{,]le="([^"]*)"/g)].filter(match => !/^(\d+\.\d+|\+Inf)$/.test(match[1] as string))
    ).toEqual([])
    expect(text).toContain('streambus_produce_latency_seconds_bucket{le="1.0"} 0')
    expect(text).toContain('streambus_produce_latency_seconds_bucket{le="5.0"} 0')
  })

  it('passes promtool with the six known complaints and those of compatibility names, and no other', async context => {
    context.skip(spawnSync('promtool', ['--version']).status !== 0, 'promtool is not installed')
    const input = await createBrokerMetrics().render()
    const { stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
    expect(stderr.split('\n').filter(line => line !== '')).toEqual([
      ...COMPATIBILITY_COMPLAINTS,
      ...SIX_KNOWN_COMPLAINTS
    ])
  })
})

describe('expose', () => {
  const OPEN = 'application/openmetrics-text;version=1.0.0'

  function cached(cacheMs: number) {
    const time = { nowMs: 0 }
    const clock = { ...nodeClock, monotonicMs: () => time.nowMs }
    const metrics = createBrokerMetrics(clock)
    let renders = 0
    metrics.beforeRender(() => renders++)
    metrics.cacheFor(() => cacheMs)
    return { time, metrics, renders: () => renders }
  }

  it('answers all who ask within the time with one scrape, in both formats with the same numbers', async () => {
    const { time, metrics, renders } = cached(1_000)
    const all = await Promise.all(Array.from({ length: 10 }, () => metrics.expose(undefined)))
    metrics.cells.messagesProduced.add(5)
    time.nowMs = 999
    const later = await metrics.expose(undefined)
    expect(new Set([...all, later].map(({ pieces }) => pieces)).size).toBe(1)
    expect((await metrics.expose(OPEN)).pieces.join('')).toContain('streambus_messages_produced_total 0')
    expect(renders()).toBe(1)
    time.nowMs = 1_000
    expect((await metrics.expose(OPEN)).pieces.join('')).toContain('streambus_messages_produced_total 5')
    expect(renders()).toBe(2)
    expect(metrics.cells.metricsRender.child('text').count).toBe(10)
    expect(metrics.cells.metricsRender.child('openmetrics').count).toBe(1)
  })

  it('makes each anew when nothing is to be kept', async () => {
    const { metrics, renders } = cached(0)
    for (let i = 0; i < 3; i++) await metrics.expose(undefined)
    expect(renders()).toBe(3)
  })
})

describe('render', () => {
  it('cumulates buckets and keeps sum and count', async () => {
    const metrics = createBrokerMetrics()
    for (const value of [0.0005, 0.003, 0.003, 7]) metrics.cells.produceLatency.observe(value)
    const { values } = parseScrape(await metrics.render())
    const bucket = (le: string): number | undefined =>
      values.get(`streambus_produce_latency_seconds_bucket{le="${le}"}`)
    expect([bucket('0.001'), bucket('0.005'), bucket('5.0'), bucket('+Inf')]).toEqual([1, 3, 3, 4])
    expect(values.get('streambus_produce_latency_seconds_count')).toBe(4)
    expect(values.get('streambus_produce_latency_seconds_sum')).toBe(7.0065)
  })

  it('writes many series over several turns, as they were in one moment, and says once what each metric is', async () => {
    const metrics = createBrokerMetrics(nodeClock)
    const family = metrics.cells.consumerGroupPartitionLag.blank(30_000)
    for (let i = 0; i < 25_000; i++) family.child('g', 't', String(i)).set(i)
    metrics.cells.consumerGroupPartitionLag.become(family)
    await metrics.render()
    let turns = 0
    const count = (): void => {
      for (const { cell } of metrics.cells.consumerGroupPartitionLag.children()) cell.set(-1)
      turns++
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    const text = await metrics.render()
    clearImmediate(timer)
    expect(turns).toBeGreaterThanOrEqual(4)
    const name = 'streambus_consumer_group_partition_lag'
    const lines = text.split('\n').filter(line => line.includes(`${name}`))
    expect(lines.slice(2)).toEqual(
      Array.from({ length: 25_000 }, (_, i) => `${name}{group="g",topic="t",partition="${i}"} ${i}`)
    )
    expect(lines.slice(0, 2).map(line => line.slice(0, 6))).toEqual(['# HELP', '# TYPE'])
    expect(text).toMatch(/24999\n# HELP/)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('keeps counter names when asked again and again', async () => {
    const metrics = createBrokerMetrics()
    metrics.cells.messagesProduced.add(3)
    await metrics.render()
    expect(await metrics.render()).toContain('\nstreambus_messages_produced_total 3\n')
  })

  it('escapes label values that clients choose', async () => {
    const metrics = createBrokerMetrics()
    metrics.cells.consumerGroupLag.child('a"b\\c\nd').set(1)
    expect(await metrics.render()).toContain('streambus_consumer_group_lag{group="a\\"b\\\\c\\nd"} 1')
  })

  it('replaces the empty group by the real ones', async () => {
    const metrics = createBrokerMetrics()
    metrics.cells.consumerGroupLag.child('billing').set(12)
    const { values } = parseScrape(await metrics.render())
    expect(values.get('streambus_consumer_group_lag{group="billing"}')).toBe(12)
    expect(values.has('streambus_consumer_group_lag{group=""}')).toBe(false)
  })

  it('runs collectors before each render, and once for scrapes that arrive together', async () => {
    const metrics = createBrokerMetrics()
    let runs = 0
    metrics.beforeRender(() => metrics.cells.topics.set(++runs))
    const [first, second] = await Promise.all([metrics.render(), metrics.render()])
    expect(first).toBe(second)
    expect(first).toContain('\nstreambus_topics 1\n')
    expect(await metrics.render()).toContain('\nstreambus_topics 2\n')
  })

  it('prepares for as long as it takes, then collects, and once for scrapes that arrive meanwhile', async () => {
    const metrics = createBrokerMetrics()
    const steps: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    metrics.beforeCollect(async () => {
      steps.push('prepare')
      await promise
      steps.push('prepared')
    })
    metrics.beforeRender(() => void steps.push('collect'))
    const first = metrics.render()
    await new Promise(setImmediate)
    const second = metrics.render()
    resolve()
    expect(await first).toBe(await second)
    expect(steps).toEqual(['prepare', 'prepared', 'collect'])
  })

  it('counts its own series, and what got none, by metric', async () => {
    const metrics = createBrokerMetrics()
    for (let i = 0; i < 502; i++) metrics.cells.consumerGroupLag.child(`g${i}`).add(1)
    metrics.cells.gcDuration.child('minor').observe(1)
    await metrics.render()
    const text = await metrics.render()
    const { values } = parseScrape(text)
    expect(values.get('streambus_metrics_series')).toBe(values.size)
    expect(values.get('streambus_metrics_series_dropped_total{family="streambus_consumer_group_lag"}')).toBe(2)
    expect(values.get('streambus_consumer_group_lag{group="__other__"}')).toBe(2)
  })

  it('recovers when a collector throws', async () => {
    const metrics = createBrokerMetrics()
    let isBroken = true
    metrics.beforeRender(() => {
      if (isBroken) throw new Error('collector failed')
    })
    await expect(metrics.render()).rejects.toThrow('collector failed')
    isBroken = false
    await expect(metrics.render()).resolves.toContain('streambus_topics')
  })

  it('does not mix two brokers of one process', async () => {
    const [one, two] = [createBrokerMetrics(), createBrokerMetrics()]
    one.cells.messagesProduced.add(5)
    one.cells.networkErrorsByReason.child('PLAINTEXT', 'reset').add(1)
    expect(parseScrape(await one.render()).values.get('streambus_messages_produced_total')).toBe(5)
    const other = await two.render()
    expect(parseScrape(other).values.get('streambus_messages_produced_total')).toBe(0)
    expect(other).not.toContain('reason="reset"')
  })
})
