import { catalogue, createBrokerMetrics, type Definition, SeriesBudget } from '@streambus/metrics'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AdminResponse } from '../../src/admin/route.ts'
import { metricsDetailedRoute } from '../../src/admin/routes/metrics-detailed.ts'
import type { GroupLagView } from '../../src/coordinator/lag/lag-view.ts'
import { bindLag } from '../../src/observability/bind-lag.ts'
import { bindTopics } from '../../src/observability/bind-topics.ts'
import type { TopicView } from '../../src/observability/broker-view.ts'
import { DETAILED_FAMILIES } from '../../src/observability/detailed-series.ts'
import { TopicSlots } from '../../src/observability/topic-slots.ts'
import { BusyClock } from '../busy-clock.ts'
import { FakeBrokerView, groupLag, topic } from '../observability/fake-broker-view.ts'
import { ManualClock } from '../observability/manual-clock.ts'

function rig(seriesMax?: number) {
  const view = new FakeBrokerView()
  const clock = new ManualClock()
  const route = metricsDetailedRoute({
    view,
    clock,
    isEnabled: true,
    ...(seriesMax === undefined ? {} : { seriesMax })
  })
  const ask = async (query: string, accept?: string): Promise<Answer> => {
    const answer = await asked(route, query, accept)
    answer.end()
    return answer
  }
  return { view, route, ask }
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly text: string
  /** The client has it, or is gone. */
  readonly end: () => void
}

async function asked(route: ReturnType<typeof rig>['route'], query: string, accept?: string): Promise<Answer> {
  const over = new AbortController()
  const request = {
    params: new Map(),
    query: new URLSearchParams(query),
    accept,
    acceptEncoding: undefined,
    body: undefined,
    correlationId: 'x'
  }
  const answer = await route.handle({ ...request, signal: over.signal })
  return { ...answer, text: await textOf(answer), end: () => over.abort() }
}

async function textOf({ stream, text }: AdminResponse): Promise<string> {
  let whole = text
  for await (const piece of stream ?? []) whole += String(piece)
  return whole
}

const seriesIn = (text: string): string[] => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

function many(name: string, count: number): TopicView {
  const [first] = topic(name).partitions
  return topic(name, { partitions: Array.from({ length: count }, (_, index) => ({ ...first, index })) as never })
}

function groupOf(id: string, topics: readonly string[]): GroupLagView {
  const base = groupLag(id)
  return { ...base, partitions: topics.flatMap(name => base.partitions.map(each => ({ ...each, topic: name }))) }
}

describe('what is asked for', () => {
  test('is there of every topic, internal ones included, in the order of the catalogue of what can be asked for', async () => {
    const { view, ask } = rig()
    view.currentTopics = [many('__consumer_offsets', 1), many('a', 2)]
    const { status, contentType, text } = await ask(
      'family=streambus_partition_end_offset&family=streambus_topic_partitions'
    )
    expect([status, contentType]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(text).toBe(
      [
        '# HELP streambus_partition_end_offset Offset of the next record.',
        '# TYPE streambus_partition_end_offset gauge',
        'streambus_partition_end_offset{topic="__consumer_offsets",partition="0"} 9',
        'streambus_partition_end_offset{topic="a",partition="0"} 9',
        'streambus_partition_end_offset{topic="a",partition="1"} 9',
        '# HELP streambus_topic_partitions Partitions of a topic.',
        '# TYPE streambus_topic_partitions gauge',
        'streambus_topic_partitions{topic="__consumer_offsets"} 1',
        'streambus_topic_partitions{topic="a"} 2',
        ''
      ].join('\n')
    )
  })

  test('can be any gauge of something that /metrics limits', () => {
    const gauges = (Object.values(catalogue) as Definition[]).filter(
      ({ type, cardinality }) => type === 'gauge' && cardinality !== 'A'
    )
    const names = DETAILED_FAMILIES.map(key => catalogue[key].name)
    expect([...names].sort()).toEqual(gauges.map(({ name }) => name).sort())
  })

  test('comes as OpenMetrics for who prefers it', async () => {
    const { view, ask } = rig()
    view.currentTopics = [topic('a')]
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
    const { contentType, text } = await ask('family=streambus_topic_size_bytes', accept)
    expect(contentType).toContain('openmetrics')
    expect(text).toContain('# UNIT streambus_topic_size_bytes bytes\n')
    expect(text.endsWith('# EOF\n')).toBe(true)
  })

  test('can be named by how it begins, and narrowed to topics and groups, each as often as one likes', async () => {
    const { view, ask } = rig()
    view.currentTopics = ['orders', 'orders-eu', 'payments', 'x'].map(name => topic(name))
    view.groupLags = [groupOf('billing', ['orders', 'x']), groupOf('bi', ['x']), groupOf('audit', ['orders'])]
    expect(seriesIn((await ask('family=streambus_topic_size_bytes&topic=orders*&topic=x')).text)).toEqual(
      ['orders', 'orders-eu', 'x'].map(name => `streambus_topic_size_bytes{topic="${name}"} 70`)
    )
    const { text } = await ask('family=streambus_consumer_group_topic_*&group=bi*&topic=orders')
    expect(seriesIn(text)).toEqual([
      'streambus_consumer_group_topic_lag{group="billing",topic="orders"} 3',
      'streambus_consumer_group_topic_lag_seconds{group="billing",topic="orders"} 4.5'
    ])
    expect(seriesIn((await ask('family=streambus_consumer_group_lag&group=nobody')).text)).toEqual([])
  })
})

describe('numbers', () => {
  const shapes = fc.record({
    topics: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('a', 'b', 'c"d', '__i'), partitions: fc.integer({ min: 1, max: 3 }) }),
      { selector: ({ name }) => name }
    ),
    groups: fc.uniqueArray(
      fc.record({ id: fc.constantFrom('g', 'h\n', 'i'), topics: fc.uniqueArray(fc.constantFrom('a', 'b', 'gone')) }),
      { selector: ({ id }) => id }
    ),
    limits: fc.record({ topics: fc.nat(4), groups: fc.nat(3), series: fc.nat(200) })
  })

  test('are those of /metrics wherever it has the same series, and add up to the same', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ topics, groups, limits }) => {
        const { view, ask } = rig()
        view.currentTopics = topics.map(({ name, partitions }) => many(name, partitions))
        view.groupLags = groups.map(({ id, topics: read }) => groupOf(id, read))
        const all = seriesIn((await ask('family=*')).text)
        const metrics = createBrokerMetrics()
        const others = metrics.seriesCount()
        const budget = new SeriesBudget(metrics, () => others + limits.series)
        const slots = new TopicSlots(
          () => limits.topics,
          name => name.startsWith('__')
        )
        const clock = new ManualClock()
        bindTopics(metrics, { view, slots, budget, clock })
        bindLag(metrics, { view, clock, groupsMax: () => limits.groups, budget })
        const scraped = seriesIn(await metrics.render())
        const families = new Set(all.map(line => line.split('{')[0]))
        const own = scraped.filter(
          line => families.has(line.split('{')[0]) && !line.includes('__other__') && !line.includes('group=""')
        )
        expect(own.filter(line => !all.includes(line))).toEqual([])
        expect(new Set(all).size).toBe(all.length)
        for (const name of [
          'streambus_topic_size_bytes',
          'streambus_partition_size_bytes',
          'streambus_consumer_group_lag'
        ]) {
          expect(sumOf(name, all)).toBe(sumOf(name, scraped))
        }
      }),
      { numRuns: 60 }
    )
  })

  function sumOf(name: string, lines: readonly string[]): number {
    const values = lines.filter(line => line.startsWith(`${name}{`)).map(line => Number(line.split(' ').at(-1)))
    return values.reduce((sum, value) => sum + value, 0)
  }
})

describe('refused, in words that say the way out:', () => {
  test.each([
    ['nothing', '', 'no_family', 'family is missing'],
    ['an empty family', 'family=', 'empty_value', 'family is empty'],
    ['an unknown family', 'family=streambus_none', 'unknown_family', 'family=streambus_none'],
    ['the start of none', 'family=nothing*', 'unknown_family', 'family=nothing*'],
    [
      'counters',
      'family=streambus_topic_bytes_in_total',
      'family_not_detailed',
      'counts only for those within the limits'
    ],
    [
      'what is not by topic or group',
      'family=streambus_produce_latency_seconds',
      'family_not_detailed',
      '/metrics always has all of it'
    ],
    [
      'an unknown parameter',
      'family=streambus_topic_size_bytes&topics=a',
      'unknown_parameter',
      'there is no parameter topics'
    ],
    [
      'a filter without effect',
      'family=streambus_topic_size_bytes&group=g',
      'filter_without_effect',
      'group=g chooses nothing'
    ],
    [
      'very many topics',
      `family=streambus_topic_size_bytes${'&topic=a'.repeat(101)}`,
      'too_many_values',
      'topic is given 101 times'
    ],
    ['a long text', `family=${'x'.repeat(500)}`, 'unknown_family', `${'x'.repeat(100)}…`]
  ])('%s', async (_, query, error, message) => {
    const { ask } = rig()
    const { status, text } = await ask(query)
    expect(status).toBe(400)
    const body = JSON.parse(text) as { error: string; message: string; families: string[] }
    expect(body.error).toBe(error)
    expect(body.message).toContain(message)
    expect(body.families).toContain('streambus_partition_end_offset')
    expect(body.families).toContain('streambus_consumer_group_partition_lag')
  })

  test('more series than one answer may have', async () => {
    const { view, ask } = rig(10)
    view.currentTopics = [many('a', 10)]
    expect((await ask('family=streambus_partition_end_offset')).status).toBe(200)
    view.currentTopics = [many('a', 20), many('b', 20)]
    const { topic: find } = view
    view.topic = name => {
      expect(name, 'nothing is looked at once it is too much').toBe('a')
      return find(name)
    }
    expect((await ask('family=streambus_partition_end_offset')).status).toBe(400)
    view.topic = find
    view.currentTopics = [many('a', 10)]
    const { status, text } = await ask('family=streambus_partition_end_offset&family=streambus_topic_partitions')
    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({ error: 'too_many_series', limit: 10 })
    view.currentTopics = []
    view.groupLags = [groupOf('a', ['a', 'b']), groupOf('b', ['a', 'b']), groupOf('c', ['a', 'b'])]
    expect((await ask('family=streambus_consumer_group_partition_lag')).status).toBe(400)
  })

  test('anything while metrics are off', async () => {
    const route = metricsDetailedRoute({ view: new FakeBrokerView(), clock: new ManualClock(), isEnabled: false })
    const { status, text } = await asked(route, 'family=streambus_topic_size_bytes')
    expect([status, JSON.parse(text)]).toEqual([404, expect.objectContaining({ error: 'metrics_off' })])
  })

  test('a third answer while two are being sent', async () => {
    const { ask, route } = rig()
    const query = 'family=streambus_topic_size_bytes'
    const [first] = [await asked(route, query), await asked(route, query)]
    const { status, text } = await ask(query)
    expect([status, JSON.parse(text)]).toEqual([503, expect.objectContaining({ error: 'busy' })])
    first.end()
    expect((await ask(query)).status).toBe(200)
  })
})

test('others have their turns while it is computed and while it is written', async () => {
  const view = new FakeBrokerView()
  view.currentTopics = Array.from({ length: 40 }, (_, at) => many(`t${at}`, 100))
  const clock = new BusyClock(new ManualClock())
  const route = metricsDetailedRoute({ view, clock, isEnabled: true })
  let text: string | null = null
  void asked(route, 'family=streambus_partition_end_offset').then(answer => (text = answer.text))
  let turns = 0
  while (text === null && turns < 10_000) {
    await Promise.resolve()
    if (clock.waitingCount === 0) continue
    clock.turn()
    turns++
  }
  expect(seriesIn(text ?? '')).toHaveLength(4_000)
  // Half a millisecond a step, 5 ms a turn; the text is of two pieces.
  expect(turns).toBeGreaterThan(300)
})
