import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Requests by API. Fetch is called FetchConsumer: fetches of followers will be told apart.

const seconds = { unit: 'seconds' } as const
const perApi = { labels: ['api'] } as const

export const requestMetrics = ownedBy('requests', {
  requestDuration: histogram(
    'streambus_request_duration_seconds',
    'Request taken off its socket until its answer is ready, parked time included.',
    { ...seconds, ...perApi, buckets: 'requestSeconds' }
  ),
  requestPhase: histogram(
    'streambus_request_phase_seconds',
    'The phases of a request, for the APIs with the most traffic, and all others as one (api="other").',
    { ...seconds, labels: ['api', 'phase'], buckets: 'requestSeconds' }
  ),
  requestPhaseTime: counter(
    'streambus_request_phase_time_seconds_total',
    'Time of requests by phase: queue is behind an earlier request of the connection, local is work, commit is until the disk has what was written, remote is a wait on purpose (long poll, join), response_queue is behind earlier answers, send is until the socket has taken the answer.',
    { ...seconds, labels: ['api', 'phase'] }
  ),
  requestsInFlight: gauge('streambus_requests_in_flight', 'Requests being handled, parked ones included.', perApi),
  requestFailures: counter(
    'streambus_request_failures_total',
    'Requests whose handler failed: the connection was closed.',
    perApi
  ),
  requestErrors: counter(
    'streambus_request_errors_total',
    'Error codes in answers, one for each topic, partition or group that has one, also where the client wanted no answer (acks=0); class says whose fault: server, client, or retriable for what clients settle by trying again.',
    { labels: ['api', 'error', 'class'], whenEmpty: ['', '', ''] }
  ),
  requestResults: counter(
    'streambus_request_results_total',
    'Results in answers, one for each topic, partition or group, or one for an answer without such, also for acks=0: bad where the broker is at fault (class="server") or its handler failed, else good.',
    { labels: ['api', 'outcome'] }
  ),
  requestVersions: counter('streambus_request_versions_total', 'Requests by the version that the client speaks.', {
    labels: ['api', 'version']
  }),
  requestSize: histogram('streambus_request_size_bytes', 'Size of requests, without their length field.', {
    unit: 'bytes',
    ...perApi,
    buckets: 'sizeBytes'
  }),
  responseSize: histogram('streambus_response_size_bytes', 'Size of answers, with their length field.', {
    unit: 'bytes',
    ...perApi,
    buckets: 'sizeBytes'
  }),
  slowRequests: counter(
    'streambus_slow_requests_total',
    'Requests that took longer than slow.request.ms, waits on purpose left out.',
    perApi
  ),
  requestParseErrors: counter(
    'streambus_request_parse_errors_total',
    'Requests that could not be read, or are not served: their connection was closed.',
    { labels: ['reason'] }
  ),
  sliEvents: counter(
    'streambus_sli_events_total',
    'What service levels are made of, good and bad: answers without a fault of the broker (availability, one for each partition, also for acks=0), and requests within slo.produce.latency.ms or slo.fetch.latency.ms (latency).',
    { labels: ['sli', 'outcome'] }
  )
})
