import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// What producers send and consumers get, by batch.

export const produceMetrics = {
  ...ownedBy('partitions', {
    produceBatchBytes: histogram('streambus_produce_batch_bytes', 'Size of accepted batches, as received.', {
      unit: 'bytes',
      buckets: 'sizeBytes'
    }),
    produceBatchRecords: histogram('streambus_produce_batch_records', 'Records per accepted batch.', {
      buckets: 'count'
    }),
    produceAcks: counter('streambus_produce_acks_total', 'Produce requests by the acks that they ask for.', {
      labels: ['acks']
    }),
    produceBatches: counter('streambus_produce_batches_total', 'Accepted batches by their codec, as received.', {
      labels: ['codec']
    }),
    batchesRecompressed: counter(
      'streambus_produce_batches_recompressed_total',
      'Batches rebuilt because compression.type of their topic asks for another codec.'
    ),
    invalidRecords: counter('streambus_invalid_records_total', 'Batches refused for what is in them.', {
      labels: ['reason']
    }),
    producerDuplicates: counter(
      'streambus_producer_duplicates_total',
      'Batches of idempotent producers that were there already, and were answered without being written again.'
    ),
    producerOutOfOrder: counter(
      'streambus_producer_out_of_order_total',
      'Batches of idempotent producers refused because an earlier one is missing.'
    ),
    producersFenced: counter(
      'streambus_producer_fenced_total',
      'Batches refused because their producer has been replaced by a newer one.'
    ),
    fetches: counter(
      'streambus_fetches_total',
      'Fetches answered: sessionless with records, or empty. Sessions are not granted.',
      { labels: ['kind'] }
    ),
    endToEndLatency: histogram(
      'streambus_end_to_end_latency_seconds',
      'Age of what consumers get: time of delivery minus the largest timestamp of the first batch of each partition in an answer.',
      { unit: 'seconds', buckets: 'longSeconds' }
    )
  }),
  ...ownedBy('logState', {
    producerIds: gauge(
      'streambus_producer_ids',
      'Producers that partitions remember for idempotence, summed over partitions.'
    )
  }),
  ...ownedBy('log', {
    producerExpirations: counter(
      'streambus_producer_id_expirations_total',
      'Producers that partitions have forgotten because producer.id.expiration.ms was over.'
    )
  })
}
