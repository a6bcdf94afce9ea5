import { int, LONG_MAX, listOf, long, oneOf } from '../setting.ts'

const MINUTE_MS = 60_000

/** Consumer groups and their offsets. Kafka's names and defaults. */
export const GROUP_SETTINGS = {
  'group.min.session.timeout.ms': int({
    default: 6_000,
    min: 1,
    dynamic: 'cluster',
    doc: 'The shortest session that a member of a classic group may ask for.'
  }),
  'group.max.session.timeout.ms': int({
    default: 30 * MINUTE_MS,
    min: 1,
    dynamic: 'cluster',
    doc: 'The longest session that a member of a classic group may ask for.'
  }),
  'group.initial.rebalance.delay.ms': int({
    default: 3_000,
    min: 0,
    dynamic: 'cluster',
    doc: 'How long an empty classic group waits for more members before the first rebalance.'
  }),
  'group.max.size': int({ default: 2 ** 31 - 1, min: 1, dynamic: 'cluster', doc: 'Members of a classic group.' }),
  'group.consumer.session.timeout.ms': int({
    default: 45_000,
    min: 1,
    dynamic: 'cluster',
    doc: 'How long a member of the consumer protocol (KIP-848) may be silent before it is out of its group.'
  }),
  'group.consumer.heartbeat.interval.ms': int({
    default: 5_000,
    min: 1,
    dynamic: 'cluster',
    doc: 'How often members of the consumer protocol are told to send heartbeats. Shorter than their session.'
  }),
  'group.consumer.max.size': int({
    default: 2 ** 31 - 1,
    min: 1,
    dynamic: 'cluster',
    doc: 'Members of a group of the consumer protocol.'
  }),
  'group.consumer.assignors': listOf({
    default: ['uniform', 'range'],
    values: ['uniform', 'range'],
    dynamic: 'cluster',
    doc: 'What members of the consumer protocol may choose to assign their partitions. The first is the default.'
  }),
  'group.consumer.migration.policy': oneOf({
    default: 'bidirectional',
    values: ['bidirectional', 'upgrade', 'downgrade', 'disabled'],
    dynamic: 'cluster',
    doc: 'Whether a group changes its protocol while it has members: to the consumer protocol (upgrade) or back.'
  }),
  'offset.metadata.max.bytes': int({
    default: 4_096,
    min: 0,
    dynamic: 'cluster',
    doc: 'Characters of the text that a consumer may commit with an offset.'
  }),
  'offsets.retention.minutes': int({
    default: 7 * 24 * 60,
    min: 1,
    dynamic: 'cluster',
    doc: 'How long the offsets of a group are kept after it lost its last member, in minutes.'
  }),
  'offsets.retention.check.interval.ms': long({
    default: 10 * MINUTE_MS,
    min: 1,
    max: LONG_MAX,
    dynamic: 'cluster',
    doc: 'How often offsets are looked for whose time is over.'
  }),
  'offsets.commit.timeout.ms': int({
    default: 5_000,
    min: 1,
    dynamic: 'cluster',
    doc: 'How long a group waits for what it wrote to be committed before it answers with an error.'
  }),
  'offsets.topic.num.partitions': int({
    default: 50,
    min: 1,
    doc: 'Partitions of __consumer_offsets when it is created. They decide which broker a group belongs to.'
  }),
  'offsets.topic.replication.factor': int({
    default: 1,
    min: 1,
    max: 32_767,
    doc: 'Replicas of __consumer_offsets when it is created.'
  }),
  'offsets.topic.segment.bytes': int({
    default: 100 * 1024 * 1024,
    min: 1_048_576,
    doc: 'Segment size of __consumer_offsets when it is created: small, so that it is compacted and loaded soon.'
  })
} as const
