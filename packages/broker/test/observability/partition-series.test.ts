import { createBrokerMetrics, type Family, type Gauge, OVERFLOW_LABEL, SeriesBudget } from '@streambus/metrics'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternOfSetting } from '../../src/config/name-pattern.ts'
import { bindTopics } from '../../src/observability/bind-topics.ts'
import type { TopicView } from '../../src/observability/broker-view.ts'
import { PARTITION_GAUGES, TOPIC_GAUGES } from '../../src/observability/partition-gauges.ts'
import { TopicChoice } from '../../src/observability/topic-choice.ts'
import { TopicSlots } from '../../src/observability/topic-slots.ts'
import { FakeBrokerView, topic } from './fake-broker-view.ts'
import { ManualClock } from './manual-clock.ts'

function setup(limits: { topicsMax: number; room: number }) {
  const metrics = createBrokerMetrics()
  const view = new FakeBrokerView()
  const others = metrics.seriesCount()
  const texts = { include: '.*', exclude: '' }
  const slots = new TopicSlots(
    () => limits.topicsMax,
    name => name.startsWith('__'),
    new TopicChoice(() => texts, patternOfSetting)
  )
  const budget = new SeriesBudget(metrics, () => others + limits.room)
  bindTopics(metrics, { view, slots, budget, clock: new ManualClock() })
  return { metrics, view, cells: metrics.cells, texts }
}

function partitionsOf(sizes: readonly number[]): TopicView['partitions'] {
  return sizes.map((sizeBytes, index) => {
    const [first] = topic('x').partitions
    const local = { logStartOffset: 0, highWatermark: 5, lastStableOffset: 3, endOffset: 6, lastAppendMs: 0 }
    const isr = sizeBytes % 2 === 0 ? [1] : []
    return {
      ...first,
      index,
      leader: 1,
      leaderEpoch: 4,
      replicas: [1],
      isr,
      local: { ...local, sizeBytes, segments: 1 }
    }
  })
}

const sum = (family: Family<Gauge>): number =>
  [...family.children()].reduce((total, { cell }) => total + (Number.isNaN(cell.value) ? 0 : cell.value), 0)

const topics = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', '__internal'),
    sizes: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 4 })
  }),
  { selector: ({ name }) => name }
)

describe('gauges of topics and partitions', () => {
  it('add up to what there is, within their limits, whatever comes and goes between scrapes', async () => {
    const limits = fc.record({ topicsMax: fc.nat(5), room: fc.nat(150) })
    await fc.assert(
      fc.asyncProperty(limits, fc.array(topics, { minLength: 1, maxLength: 4 }), async (limit, scrapes) => {
        const { metrics, view, cells } = setup(limit)
        for (const scrape of scrapes) {
          view.currentTopics = scrape
            .map(({ name, sizes }) => topic(name, { partitions: partitionsOf(sizes) }))
            .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          await metrics.render()
          const all = scrape.flatMap(({ sizes }) => sizes)
          const total = all.reduce((bytes, size) => bytes + size, 0)
          expect([sum(cells.topicSize), sum(cells.partitionSize)]).toEqual([total, total])
          expect([sum(cells.topicPartitions), sum(cells.partitionIsLeader)]).toEqual([all.length, all.length])
          expect(sum(cells.partitionUnderReplicated)).toBe(all.filter(size => size % 2 === 1).length)
          expect(sum(cells.partitionLsoLag)).toBe(all.length * 2)
          const names = new Set(scrape.map(({ name }) => name))
          const labels = [...cells.partitionEndOffset.children()].map(({ labels: { topic: name } }) => name as string)
          for (const name of labels) expect(names).toContain(name)
          expect(labels.some(name => name.startsWith('__'))).toBe(false)
          const own = [...cells.topicSize.children()].filter(child => child.labels['topic'] !== OVERFLOW_LABEL)
          expect(own.length).toBeLessThanOrEqual(limit.topicsMax)
          expect(labels.length * PARTITION_GAUGES.length).toBeLessThanOrEqual(limit.room)
        }
      }),
      { numRuns: 60 }
    )
  })

  it('stay the same cells from scrape to scrape', async () => {
    const { metrics, view, cells } = setup({ topicsMax: 5, room: 1_000 })
    view.currentTopics = [topic('a')]
    await metrics.render()
    const before = cells.partitionEndOffset.child('a', '0')
    await metrics.render()
    expect(cells.partitionEndOffset.child('a', '0')).toBe(before)
    expect(before.value).toBe(9)
  })

  it('say what got none of its own, but nothing of internal topics', async () => {
    const { metrics, view, cells } = setup({ topicsMax: 1, room: TOPIC_GAUGES.length + PARTITION_GAUGES.length })
    view.currentTopics = [
      topic('__internal'),
      topic('a', { partitions: partitionsOf([1, 2]) }),
      topic('b', { partitions: partitionsOf([1, 2, 3]) })
    ]
    await metrics.render()
    expect(cells.topicSize.droppedCount).toBe(1)
    expect(cells.partitionSize.droppedCount).toBe(4)
    expect(cells.topicReplicationFactor.size).toBe(1)
  })

  it('are for topics that are chosen, from the next scrape on', async () => {
    const { metrics, view, cells, texts } = setup({ topicsMax: 2, room: 1_000 })
    view.currentTopics = ['a', 'b', 'c'].map(name => topic(name))
    const shown = async (): Promise<(string | undefined)[]> => {
      await metrics.render()
      return [...cells.partitionEndOffset.children()].map(({ labels }) => labels['topic'])
    }
    expect(await shown()).toEqual(['a', 'b'])
    const before = sum(cells.topicSize)
    texts.exclude = 'a|x'
    expect(await shown()).toEqual(['b', 'c'])
    expect([sum(cells.topicSize), cells.topicSize.droppedCount]).toEqual([before, 1])
    texts.include = 'a'
    expect(await shown()).toEqual([])
    texts.exclude = ''
    expect(await shown()).toEqual(['a'])
    expect(sum(cells.topicSize)).toBe(before)
  })

  it('have no numbers of a log that cannot be used, and say so', async () => {
    const { metrics, view, cells } = setup({ topicsMax: 1, room: 100 })
    view.currentTopics = [topic('a', { partitions: [{ ...partitionsOf([1])[0], local: null } as never] })]
    await metrics.render()
    expect(cells.partitionEndOffset.child('a', '0').value).toBeNaN()
    expect(cells.partitionLeaderEpoch.child('a', '0').value).toBe(4)
  })

  it('give way to groups, which come first', () => {
    const metrics = createBrokerMetrics()
    const others = metrics.seriesCount()
    const budget = new SeriesBudget(metrics, () => others + 100)
    for (let i = 0; i < 60; i++) metrics.cells.partitionEndOffset.child('a', String(i)).set(1)
    budget.serve('partitions', 60)
    expect([budget.roomFor('groups'), budget.roomFor('partitions')]).toEqual([100, 100])
    for (let i = 0; i < 30; i++) metrics.cells.consumerGroupTopicLag.child(`g${i}`, 't').set(1)
    budget.serve('groups', 30)
    expect([budget.roomFor('groups'), budget.roomFor('partitions')]).toEqual([100, 70])
  })
})
