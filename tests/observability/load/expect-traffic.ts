import type { Expectations } from './expectation.ts'
import type { Batch } from './record-batches.ts'
import type { WireTally } from './wire-tally.ts'

/** Reasons that the broker counts as errors of the network; the others are orderly ends. */
const ERRORS = new Set(['frame_size', 'malformed', 'unsupported', 'reset'])

/** Connections, bytes, what producers sent and consumers got. */
export function expectTraffic(expected: Expectations, wire: WireTally): void {
  expectNetwork(expected, wire)
  expectProduced(expected, wire)
  expectFetched(expected, wire)
}

function expectNetwork(expected: Expectations, wire: WireTally): void {
  expected
    .from('bytes and frames that passed between clients and broker')
    .is('streambus_network_bytes_in_total', wire.bytesIn)
    .is('streambus_network_bytes_out_total', wire.bytesOut)
    .is('streambus_network_requests_total', wire.framesIn)
    .from('connections to the broker')
    .sum('streambus_connections_created_total', wire.connectionsOpened)
    .sum('streambus_connections_closed_total', wire.connectionsEnded.total)
    .sum('streambus_connections_rejected_total', 0)
    .from('every connection is closed')
    .sum('streambus_connections_active', 0)
    .is('streambus_broker_connections', 0)
    .is('streambus_broker_active_requests', 0)
    .sum('streambus_requests_in_flight', 0)
    .sum('streambus_insecure_connections', 0)
    .is('streambus_response_queue_size', 0)
  let errors = 0
  expected.from('connections by what ended them')
  for (const [[reason = ''], count] of wire.connectionsEnded.entries()) {
    expected.sum('streambus_connections_closed_total', count, { reason })
    if (!ERRORS.has(reason)) continue
    errors += count
    expected.sum('streambus_network_errors_by_reason_total', count, { reason })
  }
  expected.from('connections that ended with an error').is('streambus_network_errors_total', errors)
}

function expectProduced(expected: Expectations, { produced }: WireTally): void {
  const [records, bytes] = [produced.records.total, produced.bytes.total]
  expected
    .from('batches in produce requests that were taken')
    .is('streambus_messages_produced_total', records)
    .is('streambus_bytes_produced_total', bytes)
    .is('streambus_produce_batch_records_count', produced.taken.length)
    .is('streambus_produce_batch_records_sum', records)
    .is('streambus_produce_batch_bytes_count', produced.taken.length)
    .is('streambus_produce_batch_bytes_sum', bytes)
    .sum('streambus_produce_batches_total', produced.taken.length)
    .is('streambus_producer_duplicates_total', produced.duplicates)
    .from('produce requests')
    .is('streambus_produce_latency_seconds_count', produced.requests.total)
    .sum('streambus_produce_acks_total', produced.requests.total)
    .from('requests with acks=all that brought something new')
    .is('streambus_purgatory_completed_total', produced.waited, { operation: 'produce', result: 'satisfied' })
    .is('streambus_purgatory_completed_total', 0, { operation: 'produce', result: 'expired' })
    .is('streambus_purgatory_wait_seconds_count', produced.waited, { operation: 'produce' })
    .from('topics without a codec of their own keep that of the producer')
    .is('streambus_produce_batches_recompressed_total', 0)
  expectSizes(expected, produced.taken)
  expected.from('codecs of the batches that were taken')
  for (const [[codec = ''], count] of produced.batches.entries()) {
    expected.is('streambus_produce_batches_total', count, { codec })
  }
  expected.from('acks of produce requests')
  for (const [[acks = ''], count] of produced.requests.entries()) {
    const label = acks === '-1' ? 'all' : acks === '0' || acks === '1' ? acks : 'other'
    expected.is('streambus_produce_acks_total', count, { acks: label })
  }
}

/** How many batches fall below each bound. */
function expectSizes(expected: Expectations, batches: readonly Batch[]): void {
  expected.from('sizes of the batches that were taken')
  for (const bound of [256, 1024, 4096]) {
    const count = batches.filter(({ bytes }) => bytes <= bound).length
    expected.is('streambus_produce_batch_bytes_bucket', count, { le: `${bound}.0` })
  }
  for (const bound of [1, 2, 5, 10, 25, 50, 100]) {
    const count = batches.filter(({ records }) => records <= bound).length
    expected.is('streambus_produce_batch_records_bucket', count, { le: `${bound}.0` })
  }
}

function expectFetched(expected: Expectations, { fetched }: WireTally): void {
  const answers = fetched.answersWithRecords + fetched.answersWithout
  expected
    .from('batches in fetch answers')
    .is('streambus_messages_consumed_total', fetched.records.total)
    .is('streambus_bytes_consumed_total', fetched.bytes.total)
    .is('streambus_log_read_bytes_total', fetched.bytes.total)
    .from('fetch answers')
    .is('streambus_consume_latency_seconds_count', answers)
    .is('streambus_fetches_total', fetched.answersWithRecords, { kind: 'sessionless' })
    .is('streambus_fetches_total', fetched.answersWithout, { kind: 'empty' })
    .from('partitions with records in fetch answers')
    .is('streambus_end_to_end_latency_seconds_count', fetched.partitionsWithRecords)
}
