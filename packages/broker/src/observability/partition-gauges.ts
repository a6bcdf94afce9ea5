import type { Cells, Gauge, MetricKey } from '@streambus/metrics'
import type { PartitionView, TopicView } from './broker-view.ts'

/** The metrics that are gauges with these labels. */
type GaugeWith<Arity extends readonly string[]> = {
  [Key in MetricKey]: Cells[Key] extends { child(...labels: { [I in keyof Arity]: string }): Gauge } ? Key : never
}[MetricKey]

/** One gauge of something that there are many of. */
interface Row<Key, View> {
  readonly key: Key
  /** NaN: it has no such number now. */
  readonly of: (view: View, brokerId: number) => number
  /** What several have together; null where that would mean nothing. */
  readonly together: 'sum' | 'max' | null
}

/** Sums over the partitions of a topic on this broker. */
export interface TopicSums {
  readonly topic: TopicView
  readonly sizeBytes: number
  readonly lastAppendMs: number
}

export const TOPIC_GAUGES: readonly Row<GaugeWith<[string]>, TopicSums>[] = [
  { key: 'topicPartitions', of: ({ topic }) => topic.partitions.length, together: 'sum' },
  { key: 'topicSize', of: ({ sizeBytes }) => sizeBytes, together: 'sum' },
  { key: 'topicReplicationFactor', of: ({ topic }) => topic.partitions[0]?.replicas.length ?? 0, together: null },
  { key: 'topicLastAppend', of: ({ lastAppendMs }) => lastAppendMs / 1000, together: 'max' }
]

export const PARTITION_GAUGES: readonly Row<GaugeWith<[string, string]>, PartitionView>[] = [
  { key: 'partitionStartOffset', of: ({ local }) => local?.logStartOffset ?? Number.NaN, together: null },
  { key: 'partitionHighWatermark', of: ({ local }) => local?.highWatermark ?? Number.NaN, together: null },
  { key: 'partitionLastStableOffset', of: ({ local }) => local?.lastStableOffset ?? Number.NaN, together: null },
  { key: 'partitionEndOffset', of: ({ local }) => local?.endOffset ?? Number.NaN, together: null },
  { key: 'partitionSize', of: ({ local }) => local?.sizeBytes ?? Number.NaN, together: 'sum' },
  { key: 'partitionSegments', of: ({ local }) => local?.segments ?? Number.NaN, together: 'sum' },
  { key: 'partitionLeaderEpoch', of: ({ leaderEpoch }) => leaderEpoch, together: null },
  { key: 'partitionIsLeader', of: ({ leader }, brokerId) => (leader === brokerId ? 1 : 0), together: 'sum' },
  { key: 'partitionInSync', of: ({ isr }) => isr.length, together: null },
  {
    key: 'partitionUnderReplicated',
    of: ({ isr, replicas }) => (isr.length < replicas.length ? 1 : 0),
    together: 'sum'
  },
  {
    key: 'partitionLsoLag',
    of: ({ local }) => (local === null ? Number.NaN : local.highWatermark - local.lastStableOffset),
    together: 'sum'
  }
]

export function sumsOf(topic: TopicView): TopicSums {
  let sizeBytes = 0
  let lastAppendMs = 0
  for (const { local } of topic.partitions) {
    sizeBytes += local?.sizeBytes ?? 0
    lastAppendMs = Math.max(lastAppendMs, local?.lastAppendMs ?? 0)
  }
  return { topic, sizeBytes, lastAppendMs }
}

/** What those have together that have no gauges of their own, in the order of `rows`. */
export class Rest<View> {
  readonly #rows: readonly Row<unknown, View>[]
  readonly values: number[]
  count = 0

  constructor(rows: readonly Row<unknown, View>[]) {
    this.#rows = rows
    this.values = rows.map(() => 0)
  }

  add(view: View, brokerId: number): void {
    this.count++
    for (const [at, { of, together }] of this.#rows.entries()) {
      const value = of(view, brokerId)
      if (Number.isNaN(value)) continue
      const before = this.values[at] as number
      this.values[at] = together === 'max' ? Math.max(before, value) : before + value
    }
  }
}
