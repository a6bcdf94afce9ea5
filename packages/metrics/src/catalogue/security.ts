import { counter, ownedBy } from '../definition.ts'

// Parts of the guide's security metrics, at zero until identities and rights are checked.

export const securityMetrics = ownedBy('security', {
  saslAuthentications: counter('streambus_sasl_authentications_total', 'Finished authentication attempts.', {
    labels: ['listener', 'mechanism', 'result'],
    whenEmpty: ['', '', '']
  }),
  saslFailures: counter('streambus_sasl_authentication_failures_total', 'Failed authentication attempts, by reason.', {
    labels: ['mechanism', 'reason'],
    whenEmpty: ['', '']
  }),
  authorizationDecisions: counter('streambus_authorization_decisions_total', 'Authorization decisions.', {
    labels: ['operation', 'resource', 'decision'],
    whenEmpty: ['', '', '']
  }),
  tlsHandshakes: counter('streambus_tls_handshakes_total', 'TLS handshakes, by result.', {
    labels: ['listener', 'result'],
    whenEmpty: ['', '']
  }),
  auditEvents: counter('streambus_audit_events_total', 'Audit events by what happened and how it ended.', {
    labels: ['event', 'outcome'],
    whenEmpty: ['', '']
  }),
  auditDropped: counter('streambus_audit_dropped_total', 'Audit events that their sink did not get.', {
    labels: ['sink'],
    whenEmpty: ['']
  })
})
