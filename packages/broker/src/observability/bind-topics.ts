import type { Clock } from '@streambus/base'
import type { BrokerMetrics, SeriesBudget } from '@streambus/metrics'
import { inTurns } from '../partition/in-turns.ts'
import type { BrokerView } from './broker-view.ts'
import { PartitionSeries } from './partition-series.ts'
import { foldTopic } from './topic-series.ts'
import type { TopicSlots } from './topic-slots.ts'

const SLICE_MS = 5

export interface TopicBinding {
  readonly view: Pick<BrokerView, 'brokerId' | 'topicNames' | 'topic'>
  readonly slots: TopicSlots
  readonly budget: SeriesBudget
  readonly clock: Clock
}

/** Brings, before each scrape and in turns, the gauges of topics and partitions up to date. */
export function bindTopics(metrics: BrokerMetrics, { view, slots, budget, clock }: TopicBinding): void {
  const series = new PartitionSeries(metrics.cells, slots, view.brokerId)
  metrics.beforeCollect(async () => {
    // In one turn: until it is over nobody counts for a topic that is not counted any more.
    for (const topic of slots.revise()) foldTopic(metrics.cells, topic)
    const update = series.update(view.topicNames(), name => view.topic(name), budget.roomFor('partitions'))
    await inTurns(clock, update, SLICE_MS)
    budget.serve('partitions', series.seriesCount)
  })
}
