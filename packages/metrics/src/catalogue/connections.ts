import { counter, gauge, ownedBy } from '../definition.ts'

// Connections by listener: the parts of what the guide's metrics count as wholes.

const perListener = { labels: ['listener'] } as const

export const connectionMetrics = {
  ...ownedBy('connections', {
    connectionsActive: gauge('streambus_connections_active', 'Open connections.', perListener),
    connectionsCreated: counter('streambus_connections_created_total', 'Connections accepted.', perListener),
    connectionsClosed: counter(
      'streambus_connections_closed_total',
      'Connections closed: by the client, because they were idle, instead of an answer (policy), because the broker stops (shutdown), or for a network error by its reason.',
      { labels: ['listener', 'reason'] }
    ),
    connectionsRejected: counter(
      'streambus_connections_rejected_total',
      'Connections refused, by the limit that refused them.',
      { labels: ['listener', 'reason'] }
    ),
    networkErrorsByReason: counter(
      'streambus_network_errors_by_reason_total',
      'The parts of streambus_network_errors_total.',
      { labels: ['listener', 'reason'] }
    )
  }),
  ...ownedBy('broker', {
    connectionsLimit: gauge('streambus_connections_limit', 'Connections that a listener accepts at most.', perListener)
  }),
  ...ownedBy('sockets', {
    connectionsBackpressured: gauge(
      'streambus_connections_backpressured',
      'Connections that are not read because their client does not take its answers.',
      perListener
    ),
    insecureConnections: gauge(
      'streambus_insecure_connections',
      'Open connections without encryption (reason="plaintext").',
      { labels: ['listener', 'reason'] }
    ),
    socketBuffered: gauge(
      'streambus_socket_buffered_bytes',
      'Memory of frames that have begun to arrive (in), and answers that sockets have not taken yet (out).',
      { unit: 'bytes', labels: ['direction'] }
    ),
    responseQueueSize: gauge(
      'streambus_response_queue_size',
      'Answers that are ready and wait for an earlier one of their connection.'
    ),
    clientSoftware: gauge(
      'streambus_client_software_connections',
      'Open connections by what their client says it is (KIP-511), the 50 most frequent.',
      { labels: ['name', 'version'], whenEmpty: ['', ''] }
    )
  })
}
