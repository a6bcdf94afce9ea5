import { counter, gauge, histogram } from '../definition.ts'

// Requests by API, and connections by listener: the parts of what the guide's metrics count as wholes.

export const requestMetrics = {
  requestDuration: histogram(
    'streambus_request_duration_seconds',
    'Request decoded until its answer is ready, parked time included.',
    {
      unit: 'seconds',
      labels: ['api'],
      buckets: 'requestSeconds'
    }
  ),
  requestPhaseTime: counter(
    'streambus_request_phase_time_seconds_total',
    'Time spent on requests: local is work and waiting for the disk, remote is a wait on purpose (long poll).',
    { unit: 'seconds', labels: ['api', 'phase'] }
  ),
  requestsInFlight: gauge('streambus_requests_in_flight', 'Requests being handled, parked ones included.', {
    labels: ['api']
  }),
  requestFailures: counter(
    'streambus_request_failures_total',
    'Requests whose handler failed: the connection was closed.',
    {
      labels: ['api']
    }
  ),
  connectionsActive: gauge('streambus_connections_active', 'Open connections.', { labels: ['listener'] }),
  connectionsLimit: gauge('streambus_connections_limit', 'Connections that a listener accepts at most.', {
    labels: ['listener']
  }),
  connectionsCreated: counter('streambus_connections_created_total', 'Connections accepted.', { labels: ['listener'] }),
  connectionsRejected: counter(
    'streambus_connections_rejected_total',
    'Connections refused, by the limit that refused them.',
    {
      labels: ['listener', 'reason']
    }
  ),
  networkErrorsByReason: counter(
    'streambus_network_errors_by_reason_total',
    'The parts of streambus_network_errors_total.',
    {
      labels: ['listener', 'reason']
    }
  ),
  produceBatchBytes: histogram('streambus_produce_batch_bytes', 'Size of accepted batches, as received.', {
    unit: 'bytes',
    buckets: 'sizeBytes'
  }),
  produceBatchRecords: histogram('streambus_produce_batch_records', 'Records per accepted batch.', {
    buckets: 'count'
  }),
  httpRequests: counter('streambus_http_requests_total', 'Requests answered on the admin port.', {
    labels: ['method', 'route', 'status']
  }),
  httpRequestDuration: histogram('streambus_http_request_duration_seconds', 'Duration of requests on the admin port.', {
    unit: 'seconds',
    labels: ['method', 'route'],
    buckets: 'requestSeconds'
  }),
  httpRequestsInFlight: gauge('streambus_http_requests_in_flight', 'Requests being answered on the admin port.'),
  logMessages: counter('streambus_log_messages_total', 'Lines written to the log.', { labels: ['level'] }),
  logSuppressed: counter('streambus_log_suppressed_total', 'Repeated log lines left out by the rate limit.')
}
