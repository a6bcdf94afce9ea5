import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// The admin port, and the log.

const signal = { labels: ['signal'] } as const

export const adminMetrics = {
  ...ownedBy('http', {
    httpRequests: counter(
      'streambus_http_requests_total',
      'Requests answered on the admin port, also those that are no HTTP or too slow (method other, route unmatched: 400, 408, 431).',
      { labels: ['method', 'route', 'status'] }
    ),
    httpRequestDuration: histogram(
      'streambus_http_request_duration_seconds',
      'Duration of requests on the admin port.',
      { unit: 'seconds', labels: ['method', 'route'], buckets: 'requestSeconds' }
    ),
    httpRequestsInFlight: gauge('streambus_http_requests_in_flight', 'Requests being answered on the admin port.'),
    httpRequestSize: histogram(
      'streambus_http_request_size_bytes',
      'Size of request bodies on the admin port, as announced.',
      { unit: 'bytes', buckets: 'sizeBytes' }
    ),
    httpResponseSize: histogram('streambus_http_response_size_bytes', 'Size of answers on the admin port.', {
      unit: 'bytes',
      buckets: 'sizeBytes'
    }),
    httpRateLimited: counter(
      'streambus_http_rate_limited_total',
      'What the admin port refused for want of room: requests while too many are under way (requests), and connections closed because there are too many (connections).',
      { labels: ['limiter'] }
    )
  }),
  ...ownedBy('tracing', {
    otelSpans: counter(
      'streambus_otel_spans_total',
      'Spans by what became of them: exported, failed, dropped (the queue was full), left_out (of too many slow or failed requests). Zero without tracing.otlp.endpoint.',
      { labels: ['result'], whenEmpty: ['exported'] }
    ),
    otelQueueSize: gauge(
      'streambus_otel_queue_size',
      'Spans that wait to be sent or are on their way; at 8,192 new ones are dropped.',
      signal
    ),
    otelExport: histogram('streambus_otel_export_seconds', 'Sending one batch to the collector, retries included.', {
      ...signal,
      unit: 'seconds',
      buckets: 'requestSeconds'
    }),
    otelExportErrors: counter('streambus_otel_export_errors_total', 'Batches that the collector did not take.', signal)
  }),
  ...ownedBy('logging', {
    logMessages: counter('streambus_log_messages_total', 'Lines written to the log.', { labels: ['level'] }),
    logSuppressed: counter('streambus_log_suppressed_total', 'Repeated log lines left out by the rate limit.')
  })
}
