import type { BrokerView, PartitionView } from '../../observability/broker-view.ts'
import { failure, json, type Route } from '../route.ts'

export function topicRoute(view: BrokerView): Route {
  return {
    method: 'GET',
    path: '/api/v1/topics/:name',
    summary: 'one topic: its own settings and its partitions',
    handle({ params }) {
      const topic = view.topic(params.get('name') ?? '')
      if (topic === null) return failure(404, 'unknown_topic', 'no topic has this name; GET /api/v1/topics lists them')
      const { name, id, isInternal, configs, partitions } = topic
      return json(200, {
        name,
        id,
        internal: isInternal,
        configs: Object.fromEntries(configs),
        partitions: partitions.map(describePartition)
      })
    }
  }
}

function describePartition({ index, leader, leaderEpoch, replicas, isr, local }: PartitionView): object {
  return {
    partition: index,
    leader,
    leader_epoch: leaderEpoch,
    replicas,
    isr,
    local: local && {
      start_offset: local.logStartOffset,
      high_watermark: local.highWatermark,
      end_offset: local.endOffset,
      size_bytes: local.sizeBytes,
      segments: local.segments
    }
  }
}
