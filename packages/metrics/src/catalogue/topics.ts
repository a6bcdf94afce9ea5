import { counter, gauge, ownedBy } from '../definition.ts'

// By topic (class T) and by partition (class P). Sums over a family are right whatever has no series of its own.

const topic = { labels: ['topic'], cardinality: 'T' } as const
const topicBytes = { ...topic, unit: 'bytes' } as const
const partition = { labels: ['topic', 'partition'], cardinality: 'P' } as const

export const topicMetrics = {
  ...ownedBy('topics', {
    topicMessagesIn: counter('streambus_topic_messages_in_total', 'Records accepted from producers.', topic),
    topicBytesIn: counter('streambus_topic_bytes_in_total', 'Batch bytes accepted from producers.', topic),
    topicMessagesOut: counter('streambus_topic_messages_out_total', 'Records returned to consumers.', topic),
    topicBytesOut: counter('streambus_topic_bytes_out_total', 'Batch bytes returned to consumers.', topic),
    topicProduceRequests: counter(
      'streambus_topic_produce_requests_total',
      'Partitions in produce requests, accepted or refused.',
      topic
    ),
    topicFetchRequests: counter(
      'streambus_topic_fetch_requests_total',
      'Partitions in fetch requests that were answered, with records or without.',
      topic
    ),
    topicErrors: counter('streambus_topic_errors_total', 'Error codes answered for partitions of a topic.', {
      labels: ['topic', 'api', 'error'],
      cardinality: 'T',
      whenEmpty: ['', '', '']
    }),
    topicBytesRejected: counter('streambus_topic_bytes_rejected_total', 'Batch bytes refused, by the error.', {
      labels: ['topic', 'reason'],
      cardinality: 'T',
      whenEmpty: ['', '']
    })
  }),
  ...ownedBy('topicState', {
    topicPartitions: gauge('streambus_topic_partitions', 'Partitions of a topic.', { ...topic, scope: 'cluster' }),
    topicSize: gauge('streambus_topic_size_bytes', 'Bytes of a topic on this broker.', topicBytes),
    topicReplicationFactor: gauge('streambus_topic_replication_factor', 'Replicas of each partition of a topic.', {
      ...topic,
      scope: 'cluster'
    }),
    topicLastAppend: gauge(
      'streambus_topic_last_append_timestamp_seconds',
      'Unix time of the last append to a topic since the start; 0 before it.',
      { ...topic, unit: 'seconds' }
    ),
    partitionStartOffset: gauge('streambus_partition_start_offset', 'Offset of the first record.', partition),
    partitionHighWatermark: gauge(
      'streambus_partition_high_watermark',
      'Offset up to which consumers may read.',
      partition
    ),
    partitionLastStableOffset: gauge(
      'streambus_partition_last_stable_offset',
      'Offset up to which consumers of committed transactions may read.',
      partition
    ),
    partitionEndOffset: gauge('streambus_partition_end_offset', 'Offset of the next record.', partition),
    partitionSize: gauge('streambus_partition_size_bytes', 'Bytes of a partition on this broker.', {
      ...partition,
      unit: 'bytes'
    }),
    partitionSegments: gauge('streambus_partition_segments', 'Segments of a partition on this broker.', partition),
    partitionLeaderEpoch: gauge('streambus_partition_leader_epoch', 'Leader epoch of a partition.', partition),
    partitionIsLeader: gauge('streambus_partition_is_leader', '1 where this broker leads the partition.', partition),
    partitionInSync: gauge('streambus_partition_in_sync_replicas', 'In-sync replicas of a partition.', partition),
    partitionUnderReplicated: gauge(
      'streambus_partition_under_replicated',
      '1 while fewer replicas are in sync than there are.',
      partition
    ),
    partitionLsoLag: gauge(
      'streambus_partition_lso_lag',
      'Records between last stable offset and high watermark: an open transaction holds them back.',
      partition
    )
  })
}
