import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Consumer groups, from the broker that coordinates them. What has a partition or a topic among its labels is capped.

const owner = { scope: 'owner' } as const
const group = { ...owner, labels: ['group'], cardinality: 'G' } as const
const topic = { ...owner, labels: ['group', 'topic'], cardinality: 'G' } as const
const partition = { ...owner, labels: ['group', 'topic', 'partition'], cardinality: 'P' } as const

export const groupMetrics = {
  ...ownedBy('lag', {
    consumerGroups: gauge('streambus_consumer_groups', 'Consumer groups coordinated here, by state and type.', {
      ...owner,
      labels: ['state', 'type'],
      whenEmpty: ['Empty', 'classic']
    }),
    consumerGroupMembers: gauge(
      'streambus_consumer_group_members',
      'Members of each group coordinated here; group="" while there is none.',
      { ...group, whenEmpty: [''] }
    ),
    consumerGroupInfo: gauge(
      'streambus_consumer_group_info',
      'Always 1; state, assignor and kind (classic or consumer) of a group stand in the labels.',
      { ...owner, labels: ['group', 'state', 'protocol', 'type'], cardinality: 'G' }
    ),
    consumerGroupTopicLag: gauge(
      'streambus_consumer_group_topic_lag',
      'Records between the committed offsets and the ends of the partitions, summed per topic.',
      topic
    ),
    consumerGroupPartitionLag: gauge(
      'streambus_consumer_group_partition_lag',
      'Records between the committed offset and the end of a partition.',
      partition
    ),
    consumerGroupCommittedOffset: gauge(
      'streambus_consumer_group_committed_offset',
      'Offset of the next record that a group wants from a partition.',
      partition
    ),
    consumerGroupLagSeconds: gauge(
      'streambus_consumer_group_lag_seconds',
      'Age of the oldest record that a group has not read; 0 when it has read everything.',
      { ...group, unit: 'seconds' }
    ),
    consumerGroupTopicLagSeconds: gauge(
      'streambus_consumer_group_topic_lag_seconds',
      'Age of the oldest record of a topic that a group has not read; 0 when it has read everything.',
      { ...topic, unit: 'seconds' }
    ),
    consumerGroupStatus: gauge(
      'streambus_consumer_group_status',
      "1 for the state of the worst partition by Burrow's rules (OK, WARN, STOP, STALL, REWIND), 0 for the others.",
      { ...owner, labels: ['group', 'status'], cardinality: 'G' }
    ),
    consumerGroupRetentionHeadroom: gauge(
      'streambus_consumer_group_retention_headroom_seconds',
      'Time until retention may delete a record that a group has not read; 0 when it has, +Inf when it will not.',
      { ...topic, unit: 'seconds' }
    )
  }),
  ...ownedBy('groups', {
    consumerGroupRebalances: counter(
      'streambus_consumer_group_rebalances_total',
      'Rebalances begun, by what caused them.',
      // As many groups as other counters have room for, with a dozen reasons each.
      { ...owner, labels: ['group', 'reason'], cardinality: 'G', childrenMax: 6_000, whenEmpty: ['', ''] }
    ),
    consumerGroupRebalance: histogram(
      'streambus_consumer_group_rebalance_seconds',
      'One rebalance, from its cause until all members had their assignment.',
      { ...owner, unit: 'seconds', labels: ['reason'], buckets: 'longSeconds' }
    ),
    consumerGroupOffsetCommits: counter(
      'streambus_consumer_group_offset_commits_total',
      'Offsets committed, one for each partition.',
      { ...group, whenEmpty: [''] }
    ),
    consumerGroupHeartbeatExpirations: counter(
      'streambus_consumer_group_heartbeat_expirations_total',
      'Members removed because they sent no heartbeat in time.',
      { ...group, whenEmpty: [''] }
    ),
    offsetExpirations: counter(
      'streambus_offset_expirations_total',
      'Committed offsets deleted because offsets.retention.minutes was over.',
      owner
    ),
    coordinatorLoad: histogram(
      'streambus_coordinator_load_seconds',
      'Reading one internal partition back into memory, by coordinator (group, transaction).',
      { ...owner, unit: 'seconds', labels: ['coordinator'], buckets: 'requestSeconds' }
    )
  }),
  ...ownedBy('lagState', {
    offsetsStored: gauge('streambus_offsets_stored', 'Committed offsets held by the group coordinator.', owner)
  })
}
