import type { PartitionOnDisk } from './disk-tally.ts'
import type { Expectations } from './expectation.ts'
import type { WireTally } from './wire-tally.ts'

/** Errors about what is in a batch, and the name that they have in streambus_invalid_records_total. */
const INVALID: Readonly<Record<string, string>> = {
  CORRUPT_MESSAGE: 'corrupt',
  MESSAGE_TOO_LARGE: 'too_large',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'sequence',
  INVALID_PRODUCER_EPOCH: 'producer_epoch'
}

/** Topics one by one: what came, what went, what is there. */
export function expectTopics(expected: Expectations, wire: WireTally, disk: readonly PartitionOnDisk[]): void {
  const { produced, fetched, topics } = wire
  for (const topic of topics.partitions.keys()) expectTopic(expected, wire, topic)
  for (const partition of disk) if (topics.partitions.has(partition.topic)) expectPartition(expected, wire, partition)
  expected.from('the topic was deleted, and its series with it')
  for (const topic of topics.deleted) {
    for (const name of SERIES) expected.is(name, null, { topic })
  }
  let producers = 0
  for (const topic of topics.partitions.keys()) producers += produced.producersOf(topic)
  expected.from('producer ids in batches, by partition').is('streambus_producer_ids', producers)
  expectRefused(expected, wire)
  expectErrors(expected, wire)
  expected
    .from('the topics add up to the broker, deleted ones, too')
    .sum('streambus_topic_messages_in_total', produced.records.total)
    .sum('streambus_topic_messages_out_total', fetched.records.total)
    .sum('streambus_topic_bytes_in_total', produced.bytes.total)
    .sum('streambus_topic_bytes_out_total', fetched.bytes.total)
    .sum('streambus_topic_produce_requests_total', produced.partitions.total)
    .sum('streambus_topic_fetch_requests_total', fetched.partitions.total)
}

const SERIES = [
  'streambus_topic_messages_in_total',
  'streambus_topic_bytes_in_total',
  'streambus_topic_messages_out_total',
  'streambus_topic_bytes_out_total',
  'streambus_topic_produce_requests_total',
  'streambus_topic_fetch_requests_total',
  'streambus_topic_errors_total',
  'streambus_topic_bytes_rejected_total',
  'streambus_topic_partitions',
  'streambus_topic_size_bytes'
]

function expectTopic(expected: Expectations, { produced, fetched, topics }: WireTally, topic: string): void {
  expected
    .from('what clients asked for when they created the topic')
    .is('streambus_topic_partitions', topics.partitions.get(topic) ?? 0, { topic })
    .is('streambus_topic_replication_factor', 1, { topic })
  // The counters of a topic begin with the first request about it.
  if (produced.partitions.of(topic) + fetched.partitions.of(topic) === 0) return
  expected
    .from('batches of this topic in produce requests that were taken')
    .is('streambus_topic_messages_in_total', produced.records.of(topic), { topic })
    .is('streambus_topic_bytes_in_total', produced.bytes.of(topic), { topic })
    .from('batches of this topic in fetch answers')
    .is('streambus_topic_messages_out_total', fetched.records.of(topic), { topic })
    .is('streambus_topic_bytes_out_total', fetched.bytes.of(topic), { topic })
    .from('partitions of this topic in requests')
    .is('streambus_topic_produce_requests_total', produced.partitions.of(topic), { topic })
    .is('streambus_topic_fetch_requests_total', fetched.partitions.of(topic), { topic })
}

function expectPartition(
  expected: Expectations,
  { produced }: WireTally,
  { topic, partition, bytes, segments }: PartitionOnDisk
): void {
  const labels = { topic, partition: String(partition) }
  const end = produced.ends.of(topic, labels.partition)
  expected
    .from('records that this partition took, of which none was deleted')
    .is('streambus_partition_start_offset', 0, labels)
    .is('streambus_partition_end_offset', end, labels)
    .is('streambus_partition_high_watermark', end, labels)
    .is('streambus_partition_last_stable_offset', end, labels)
    .from('data files in the directory of this partition')
    .is('streambus_partition_size_bytes', bytes, labels)
    .is('streambus_partition_segments', segments, labels)
}

function expectRefused(expected: Expectations, { produced, topics }: WireTally): void {
  expected.from('batches that were refused for what is in them')
  for (const [[error = ''], count] of produced.refusals.entries()) {
    const reason = INVALID[error]
    if (reason !== undefined) expected.is('streambus_invalid_records_total', count, { reason })
  }
  expected
    .from('batches of idempotent producers that were refused')
    .is('streambus_producer_out_of_order_total', produced.refusals.of('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    .is('streambus_producer_fenced_total', produced.refusals.of('INVALID_PRODUCER_EPOCH'))
    .from('bytes of batches of this topic that were refused')
  for (const [[topic = '', error = ''], bytes] of produced.refusedBytes.entries()) {
    if (!topics.partitions.has(topic) || INVALID[error] === undefined) continue
    expected.is('streambus_topic_bytes_rejected_total', bytes, { topic, reason: error })
  }
}

function expectErrors(expected: Expectations, { produced, fetched, topics }: WireTally): void {
  expected
    .from('partitions that were refused, of topics that are there or were')
    .total('streambus_topic_errors_total', produced.errors.total, { api: 'Produce' })
    .total('streambus_topic_errors_total', fetched.outOfRange.total, { api: 'FetchConsumer' })
    .from('partitions of this topic that were refused')
  for (const [[topic = '', error = ''], count] of produced.errors.entries()) {
    if (topics.partitions.has(topic))
      expected.is('streambus_topic_errors_total', count, { topic, api: 'Produce', error })
  }
  for (const [[topic = ''], count] of fetched.outOfRange.entries()) {
    const labels = { topic, api: 'FetchConsumer', error: 'OFFSET_OUT_OF_RANGE' }
    if (topics.partitions.has(topic)) expected.is('streambus_topic_errors_total', count, labels)
  }
}
