import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Parts of the guide's security metrics, at zero until identities and rights are checked.

const sink = { labels: ['sink'], whenEmpty: [''] } as const
const cluster = { scope: 'cluster' } as const
const request = { unit: 'seconds', buckets: 'requestSeconds' } as const

export const securityMetrics = ownedBy('security', {
  saslAuthentications: counter('streambus_sasl_authentications_total', 'Finished authentication attempts.', {
    labels: ['listener', 'mechanism', 'result'],
    whenEmpty: ['', '', '']
  }),
  saslFailures: counter('streambus_sasl_authentication_failures_total', 'Failed authentication attempts, by reason.', {
    labels: ['mechanism', 'reason'],
    whenEmpty: ['', '']
  }),
  saslHandshakeDuration: histogram('streambus_sasl_handshake_seconds', 'One authentication, from its first request.', {
    ...request,
    labels: ['mechanism'],
    whenEmpty: ['']
  }),
  saslReauthentications: counter(
    'streambus_sasl_reauthentications_total',
    'Authentications on connections that had one already (KIP-368).',
    { labels: ['result'], whenEmpty: [''] }
  ),
  expiredConnections: counter(
    'streambus_expired_connections_closed_total',
    'Connections closed because their authentication had run out (KIP-368).'
  ),
  acls: gauge('streambus_acls', 'Access control entries.', cluster),
  scramUsers: gauge('streambus_scram_users', 'Users with SCRAM credentials.', cluster),
  delegationTokens: gauge('streambus_delegation_tokens', 'Delegation tokens that are valid.', cluster),
  authorizationDecisions: counter('streambus_authorization_decisions_total', 'Authorization decisions.', {
    labels: ['operation', 'resource', 'decision'],
    whenEmpty: ['', '', '']
  }),
  tlsHandshakes: counter('streambus_tls_handshakes_total', 'TLS handshakes, by result.', {
    labels: ['listener', 'result'],
    whenEmpty: ['', '']
  }),
  tlsHandshakeDuration: histogram('streambus_tls_handshake_seconds', 'One TLS handshake.', {
    ...request,
    labels: ['listener'],
    whenEmpty: ['']
  }),
  tlsConnections: gauge('streambus_tls_connections', 'Open connections with TLS.', {
    labels: ['protocol', 'cipher'],
    whenEmpty: ['', '']
  }),
  tlsReloads: counter('streambus_tls_reloads_total', 'Times that certificates were read again, by result.', {
    labels: ['result'],
    whenEmpty: ['']
  }),
  auditEvents: counter('streambus_audit_events_total', 'Audit events by what happened and how it ended.', {
    labels: ['event', 'outcome'],
    whenEmpty: ['', '']
  }),
  auditDropped: counter('streambus_audit_dropped_total', 'Audit events that their sink did not get.', sink),
  auditWriteErrors: counter('streambus_audit_write_errors_total', 'Attempts to write audit events that failed.', sink),
  auditQueueSize: gauge('streambus_audit_queue_size', 'Audit events that wait for their sink.', sink),
  auditLastEvent: gauge(
    'streambus_audit_last_event_timestamp_seconds',
    'Unix time of the last audit event that a sink got; 0: none yet.',
    { ...sink, unit: 'seconds' }
  )
})
