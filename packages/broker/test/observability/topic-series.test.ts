import { type BrokerMetrics, createBrokerMetrics, type Family, OVERFLOW_LABEL } from '@streambus/metrics'
import { Errors } from '@streambus/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patternOfSetting } from '../../src/config/name-pattern.ts'
import { bindPartitions } from '../../src/observability/bind-partitions.ts'
import { TopicChoice } from '../../src/observability/topic-choice.ts'
import { foldTopic } from '../../src/observability/topic-series.ts'
import { TopicSlots } from '../../src/observability/topic-slots.ts'
import type { TopicProbe } from '../../src/partition/partition-probe.ts'

const NAMES = ['a', 'b', 'c', 'd', '__internal'] as const

function bound(limit: () => number) {
  const { cells, ...metrics } = createBrokerMetrics()
  const texts = { include: '.*', exclude: '' }
  const choice = new TopicChoice(() => texts, patternOfSetting)
  const slots = new TopicSlots(limit, name => name === '__internal', choice)
  /** As before a scrape. */
  const choose = (change: Partial<typeof texts>): void => {
    Object.assign(texts, change)
    for (const topic of slots.revise()) foldTopic(cells, topic)
  }
  return { cells, probe: bindPartitions({ cells, ...metrics } as BrokerMetrics, slots), choose }
}

function valuesOf(family: Family<{ value: number }>): Record<string, number> {
  return Object.fromEntries(
    [...family.children()].map(({ labels, cell }) => [Object.values(labels).join(' '), cell.value])
  )
}

function sumOf(family: Family<{ value: number }>): number {
  return Object.values(valuesOf(family)).reduce((sum, value) => sum + value, 0)
}

/** The simplest thing that could be right: who has a slot, and what is counted under which label. */
class Model {
  readonly #limit: number
  readonly slots = new Set<string>()
  excluded: ReadonlySet<string> = new Set()
  readonly counts = new Map<string, number>()
  readonly labels = new Map<string, string>()
  produced = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  count(topic: string, records: number): void {
    this.produced += records
    let label = this.labels.get(topic)
    if (label === undefined) {
      const isFree = this.slots.size < this.#limit && topic !== '__internal' && !this.excluded.has(topic)
      const isOwn = this.slots.has(topic) || isFree
      label = isOwn ? topic : OVERFLOW_LABEL
      if (isOwn) this.slots.add(topic)
      this.labels.set(topic, label)
    }
    this.counts.set(label, (this.counts.get(label) ?? 0) + records)
  }

  exclude(topics: readonly string[]): void {
    this.excluded = new Set(topics)
    for (const topic of topics) this.#fold(topic)
    this.labels.clear()
  }

  end(topic: string): void {
    this.#fold(topic)
    this.labels.delete(topic)
  }

  #fold(topic: string): void {
    if (!this.slots.delete(topic)) return
    this.counts.set(OVERFLOW_LABEL, (this.counts.get(OVERFLOW_LABEL) ?? 0) + (this.counts.get(topic) ?? 0))
    this.counts.delete(topic)
  }
}

const step = fc.record({
  topic: fc.constantFrom(...NAMES),
  records: fc.integer({ min: 1, max: 9 }),
  what: fc.oneof(
    fc.constant('count' as const),
    fc.constant('deletion' as const),
    fc.subarray([...NAMES].filter(name => name !== '__internal'))
  )
})

test('counters of topics are those of a simple model, whoever comes and goes in whatever order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
      const { cells, probe, choose } = bound(() => limit)
      const model = new Model(limit)
      const topics = new Map<string, TopicProbe>()
      for (const { topic, records, what } of steps) {
        if (what === 'deletion') {
          topics.get(topic)?.gone()
          topics.delete(topic)
          model.end(topic)
          expect(sumOf(cells.topicMessagesIn)).toBe(model.produced)
          expect(sumOf(cells.topicBytesIn)).toBe(model.produced * 100)
          continue
        }
        if (what !== 'count') {
          choose({ exclude: what.join('|') })
          // The same patterns again change nothing.
          if (what.join() !== [...model.excluded].join()) model.exclude(what)
        }
        const known = topics.get(topic) ?? probe.forTopic(topic)
        topics.set(topic, known)
        known.produced(records, records * 100, 'none')
        known.produceAnswered(Errors.NONE.code)
        model.count(topic, records)
        const shown = valuesOf(cells.topicMessagesIn)
        // The shared label stays, at whatever it has come to, once it was needed.
        expect({ [OVERFLOW_LABEL]: 0, ...shown }).toEqual({ [OVERFLOW_LABEL]: 0, ...Object.fromEntries(model.counts) })
      }
      expect(cells.messagesProduced.value).toBe(model.produced)
      expect(sumOf(cells.topicMessagesIn)).toBe(model.produced)
    })
  )
})

test('what the partitions of a deleted topic still report is not about the topic that has its name now', () => {
  const { cells, probe } = bound(() => 5)
  const old = probe.forTopic('a')
  old.produced(3, 30, 'none')
  old.gone()
  const young = probe.forTopic('a')
  young.produced(2, 20, 'none')
  old.consumed(1, 10, -1)
  expect(valuesOf(cells.topicMessagesIn)).toMatchObject({ a: 2 })
  expect(valuesOf(cells.topicMessagesOut)).toMatchObject({ a: 0, [OVERFLOW_LABEL]: 1 })
})

test('a deleted topic gets no slot when the choice changes', () => {
  const { cells, probe, choose } = bound(() => 1)
  const old = probe.forTopic('a')
  old.produced(1, 1, 'none')
  old.gone()
  choose({ include: '[ab]' })
  old.consumed(1, 1, -1)
  probe.forTopic('b').produced(1, 1, 'none')
  expect(valuesOf(cells.topicMessagesIn)).toMatchObject({ b: 1 })
})

test('include and exclude hold for whole names, and what they leave out is not dropped for want of room', () => {
  const { cells, probe, choose } = bound(() => 9)
  choose({ include: 'orders.*', exclude: '.*-tmp' })
  for (const name of ['orders', 'orders-tmp', 'my-orders']) probe.forTopic(name).produced(1, 1, 'none')
  expect(valuesOf(cells.topicMessagesIn)).toEqual({ orders: 1, [OVERFLOW_LABEL]: 2 })
  expect(cells.topicMessagesIn.droppedCount).toBe(0)
})

test('errors and refused bytes are counted by topic; what is wrong with batches also for the whole broker', () => {
  const { cells, probe } = bound(() => 5)
  const topic = probe.forTopic('a')
  topic.rejected('CORRUPT_MESSAGE', 70)
  topic.rejected('KAFKA_STORAGE_ERROR', 30)
  topic.rejected('OUT_OF_ORDER_SEQUENCE_NUMBER', 10)
  topic.rejected('INVALID_PRODUCER_EPOCH', 10)
  topic.produceAnswered(Errors.CORRUPT_MESSAGE.code)
  topic.fetchAnswered(Errors.OFFSET_OUT_OF_RANGE.code)
  topic.fetchAnswered(Errors.NONE.code)
  expect(valuesOf(cells.topicBytesRejected)).toMatchObject({ 'a CORRUPT_MESSAGE': 70, 'a KAFKA_STORAGE_ERROR': 30 })
  expect(valuesOf(cells.topicErrors)).toEqual({
    'a Produce CORRUPT_MESSAGE': 1,
    'a FetchConsumer OFFSET_OUT_OF_RANGE': 1
  })
  expect(valuesOf(cells.topicFetchRequests)).toEqual({ a: 2 })
  expect(valuesOf(cells.invalidRecords)).toMatchObject({ corrupt: 1, sequence: 1, producer_epoch: 1, timestamp: 0 })
  expect([cells.producerOutOfOrder.value, cells.producersFenced.value]).toEqual([1, 1])
})

test('topics without a slot are told of once, internal ones never', () => {
  const { cells, probe } = bound(() => 1)
  for (const name of NAMES) {
    const topic = probe.forTopic(name)
    topic.produced(1, 1, 'none')
    topic.produced(1, 1, 'none')
  }
  expect(cells.topicMessagesIn.droppedCount).toBe(3)
  expect(valuesOf(cells.topicMessagesIn)).toEqual({ a: 2, [OVERFLOW_LABEL]: 8 })
})
