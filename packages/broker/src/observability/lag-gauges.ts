import type { Cells, Family, Gauge, MetricKey } from '@streambus/metrics'
import type { LagStatus } from '../coordinator/lag/burrow.ts'
import { type GroupLagView, type PartitionLagView, sumOf } from '../coordinator/lag/lag-view.ts'

type GaugeFamily = {
  [Key in MetricKey]: Cells[Key] extends Family<Gauge, infer _> ? Key : never
}[MetricKey]

type Sample = readonly [labels: readonly string[], value: number]

/** What one gauge shows of something: no series where the number is not known now. */
export interface LagGauge<View> {
  readonly key: GaugeFamily
  readonly of: (view: View) => readonly Sample[]
}

/** The lag of a group in one topic. */
export interface GroupTopicLag {
  readonly group: string
  readonly topic: string
  readonly lag: number
  readonly lagSeconds: number | null
  readonly headroomSeconds: number
}

export const STATUSES: readonly LagStatus[] = ['OK', 'WARN', 'STOP', 'STALL', 'REWIND']

export const GROUP_GAUGES: readonly LagGauge<GroupLagView>[] = [
  { key: 'consumerGroupMembers', of: ({ group, memberCount }) => [[[group.groupId], memberCount]] },
  { key: 'consumerGroupLag', of: ({ group, lag }) => [[[group.groupId], lag]] },
  {
    key: 'consumerGroupInfo',
    of: ({ group }) => [[[group.groupId, group.stateName, group.protocolName, group.type], 1]]
  },
  { key: 'consumerGroupLagSeconds', of: ({ group, lagSeconds }) => ifKnown([group.groupId], lagSeconds) },
  {
    key: 'consumerGroupStatus',
    of: ({ group, status }) => STATUSES.map(each => [[group.groupId, each], each === status ? 1 : 0])
  }
]

export const GROUP_TOPIC_GAUGES: readonly LagGauge<GroupTopicLag>[] = [
  { key: 'consumerGroupTopicLag', of: ({ group, topic, lag }) => [[[group, topic], lag]] },
  {
    key: 'consumerGroupTopicLagSeconds',
    of: ({ group, topic, lagSeconds }) => ifKnown([group, topic], lagSeconds)
  },
  {
    key: 'consumerGroupRetentionHeadroom',
    of: ({ group, topic, headroomSeconds }) => [[[group, topic], headroomSeconds]]
  }
]

export const GROUP_PARTITION_GAUGES: readonly LagGauge<PartitionLagView>[] = [
  {
    key: 'consumerGroupPartitionLag',
    of: ({ group, topic, partition, lag }) => [[[group, topic, String(partition)], lag]]
  },
  {
    key: 'consumerGroupCommittedOffset',
    of: ({ group, topic, partition, committedOffset }) => [[[group, topic, String(partition)], committedOffset]]
  }
]

/** What a group has in each of its topics. */
export function topicLagsOf({ group, partitions }: GroupLagView): readonly GroupTopicLag[] {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
  return [...byTopic].map(([topic, all]) => ({ group: group.groupId, topic, ...sumOf(all) }))
}

function ifKnown(labels: readonly string[], value: number | null): readonly Sample[] {
  return value === null ? [] : [[labels, value]]
}
