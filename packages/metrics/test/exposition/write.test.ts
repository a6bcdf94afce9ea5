import fc from 'fast-check'
import type { Sample, Snapshot } from 'prom-client/lib/registry.js'
import Registry from 'prom-client/lib/registry.js'
import { describe, expect, it } from 'vitest'
import { buckets, spellBound } from '../../src/buckets.ts'
import { catalogue, createBrokerMetrics, Family, Histogram, type MetricKey, Summary } from '../../src/index.ts'
import { parseOpenMetrics } from '../support/openmetrics.ts'
import { parseScrape } from '../support/text-format.ts'

type Metrics = ReturnType<typeof createBrokerMetrics>

/** Some series of every kind, with labels that clients may choose. */
function fill({ cells }: Metrics, texts: readonly string[], numbers: readonly number[]): void {
  const at = (index: number): number => numbers[index % numbers.length] ?? 0
  for (const [index, text] of texts.entries()) {
    cells.topicMessagesIn.child(text).value = at(index)
    cells.consumerGroupTopicLag.child(text, `t${index}`).set(at(index + 1))
    cells.requestDuration.child(text).observe(at(index))
  }
  for (const number of numbers) {
    cells.produceLatency.observe(number)
    cells.goGcDuration.observe(number)
    cells.brokerUptime.set(number)
    cells.messagesProduced.value = Math.abs(number)
  }
}

/** The same samples as prom-client prints them: another writer of the same format. */
async function printedByPromClient({ cells }: Metrics): Promise<string> {
  const registry = new Registry()
  const texts: string[] = []
  for (const [key, { name, help, type, whenEmpty, labels, buckets: set }] of Object.entries(catalogue)) {
    const holder = cells[key as MetricKey]
    const children = holder instanceof Family ? [...holder.children()] : [{ labels: {}, cell: holder }]
    const values = children.flatMap(({ labels: own, cell }) => samplesOf(name, own, cell as never))
    if (values.length === 0 && whenEmpty !== null) {
      const zero = set === null ? { value: 0 } : new Histogram(buckets[set])
      values.push(...samplesOf(name, Object.fromEntries(labels.map((label, at) => [label, whenEmpty[at] ?? ''])), zero))
    }
    const get = (): Snapshot => ({ name, help, type, values })
    registry.registerMetric({ name, help, type, get })
    texts.push(await registry.getSingleMetricAsString(name))
  }
  return `${texts.join('\n')}\n`
}

function samplesOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  cell: Histogram | Summary | { readonly value: number }
): Sample[] {
  const ends = (sum: number, count: number): Sample[] => [
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count }
  ]
  if (cell instanceof Summary) {
    const quantiles = [0, 0.25, 0.5, 0.75, 1]
    const values = cell.quantiles(quantiles)
    return [
      ...quantiles.map((q, at) => ({ labels: { quantile: String(q) }, value: values[at] as number })),
      ...ends(cell.sum, cell.count)
    ]
  }
  if (!(cell instanceof Histogram)) return [{ labels, value: cell.value }]
  const cumulated = cell.counts.map((_, at) => cell.counts.slice(0, at + 1).reduce((sum, count) => sum + count))
  const le = [...cell.bounds.map(spellBound), '+Inf']
  const bucketSamples = cumulated.map((value, at) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le: le[at] as string },
    value
  }))
  return [...bucketSamples, ...ends(cell.sum, cell.count)]
}

const texts = fc.uniqueArray(fc.oneof(fc.string(), fc.constantFrom('a"b', 'a\\b', 'a\nb', '\\"\n', 'ü€😀', '')), {
  maxLength: 5
})
const numbers = fc.array(
  fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-9)),
  {
    minLength: 1,
    maxLength: 5
  }
)

describe('a scrape', () => {
  it('in text is what prom-client prints of the same samples', async () => {
    await fc.assert(
      fc.asyncProperty(texts, numbers, async (labels, values) => {
        const metrics = createBrokerMetrics()
        fill(metrics, labels, values)
        const text = await metrics.render()
        // It spells NaN its own way.
        expect(text).toBe((await printedByPromClient(metrics)).replaceAll(/ Nan$/gm, ' NaN'))
      }),
      { numRuns: 40 }
    )
  })

  it('in OpenMetrics keeps its rules and has the same series with the same numbers as in text', async () => {
    await fc.assert(
      fc.asyncProperty(texts, numbers, async (labels, values) => {
        const metrics = createBrokerMetrics()
        fill(metrics, labels, values)
        const [text, openmetrics] = await Promise.all([metrics.render(), metrics.render('openmetrics')])
        const families = parseOpenMetrics(openmetrics)
        const samples = (all: string): string[] => all.split('\n').filter(line => line !== '' && !line.startsWith('#'))
        expect(samples(openmetrics)).toEqual(samples(text))
        for (const { name, type, unit, help } of Object.values(catalogue)) {
          const family = families.get(type === 'counter' ? name.replace(/_total$/, '') : name)
          expect([family?.type, family?.unit, family?.help]).toEqual([type, unit, help])
        }
      }),
      { numRuns: 40 }
    )
  })

  it('reads back label values as they were, whatever clients choose', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async labels => {
        const metrics = createBrokerMetrics()
        for (const label of labels) metrics.cells.topicMessagesIn.child(label).add(1)
        const family = parseOpenMetrics(await metrics.render('openmetrics')).get('streambus_topic_messages_in')
        expect(family?.samples.map(sample => sample.labels.get('topic'))).toEqual(labels)
      }),
      { numRuns: 40 }
    )
  })

  it('stays the same in text after one in OpenMetrics, and the other way round', async () => {
    const metrics = createBrokerMetrics()
    metrics.cells.messagesProduced.add(3)
    const before = await metrics.render()
    const openmetrics = await metrics.render('openmetrics')
    expect(await metrics.render()).toBe(before)
    expect(await metrics.render('openmetrics')).toBe(openmetrics)
    expect(before).toContain('# TYPE streambus_messages_produced_total counter\nstreambus_messages_produced_total 3\n')
    expect(openmetrics).toContain('# TYPE streambus_messages_produced counter\nstreambus_messages_produced_total 3\n')
  })

  it('answers an Accept header with the type of what it sends', async () => {
    const metrics = createBrokerMetrics()
    const plain = await metrics.expose(undefined)
    expect(plain.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(parseScrape(plain.pieces.join('')).values.size).toBeGreaterThan(100)
    const open = await metrics.expose('application/openmetrics-text;version=1.0.0,text/plain;q=0.5')
    expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(open.pieces.at(-1)?.endsWith('# EOF\n')).toBe(true)
  })

  it('leaves names of other software out when they are turned off', async () => {
    const metrics = createBrokerMetrics()
    let isServed = true
    metrics.serveCompatibility(() => isServed)
    expect(await metrics.render()).toContain('go_gc_duration_seconds_count 0')
    isServed = false
    const { values } = parseScrape(await metrics.render())
    expect([...values.keys()].filter(name => /^go_|^process_memory_|lag_milli/.test(name))).toEqual([])
    expect(values.get('streambus_metrics_series')).toBe(values.size)
  })
})

describe('exemplars', () => {
  const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', timeMs: 1_700_000_000_123 }

  it('stand behind the bucket that they were counted in, the last of each, and in OpenMetrics only', async () => {
    const metrics = createBrokerMetrics()
    const { produceLatency } = metrics.cells
    for (const [value, spanId] of [
      [0.02, '1'],
      [0.021, '2'],
      [7, '3']
    ] as const) {
      produceLatency.observe(value)
      produceLatency.setExemplar({ ...trace, value, spanId })
    }
    const openmetrics = await metrics.render('openmetrics')
    parseOpenMetrics(openmetrics)
    const found = openmetrics.split('\n').filter(line => line.includes(' # {'))
    expect(found).toEqual([
      `streambus_produce_latency_seconds_bucket{le="0.025"} 2 # {trace_id="${trace.traceId}",span_id="2"} 0.021 1700000000.123`,
      `streambus_produce_latency_seconds_bucket{le="+Inf"} 3 # {trace_id="${trace.traceId}",span_id="3"} 7 1700000000.123`
    ])
    expect(await metrics.render()).not.toContain(trace.traceId)
  })

  it('are left out when their ids are none, and never for what is no number', async () => {
    const metrics = createBrokerMetrics()
    const { produceLatency } = metrics.cells
    produceLatency.setExemplar({ ...trace, value: 1, traceId: '"} 1\n' })
    produceLatency.setExemplar({ ...trace, value: Number.NaN })
    expect(await metrics.render('openmetrics')).not.toContain(' # {')
  })

  it('lie in their bucket whatever the values are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0, max: 20 })), async values => {
        const metrics = createBrokerMetrics()
        const cell = metrics.cells.requestDuration.child('Produce')
        for (const value of values) {
          cell.observe(value)
          cell.setExemplar({ ...trace, value })
        }
        const family = parseOpenMetrics(await metrics.render('openmetrics')).get('streambus_request_duration_seconds')
        const counted = family?.samples.filter(({ exemplar }) => exemplar !== null).length
        expect(counted).toBe(cell.counts.filter(count => count > 0).length)
      })
    )
  })
})
