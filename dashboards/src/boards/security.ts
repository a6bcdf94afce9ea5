import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import { type Expr, gauge, inUnit, max, nonZero, promql, quantile, rate, share, sum, total } from '../expr.ts'
import { section } from '../layout.ts'
import { to } from '../links.ts'
import { stat, timeseries } from '../panels.ts'

const NOT_YET = 'Zero until this version of the broker checks identities and rights.'

const now = section(null, [
  timeseries('Authentication Failures', {
    says: NOT_YET,
    queries: [{ expr: sum(rate(m.authenticationFailures)), legend: 'failures' }],
    unit: 'cps',
    height: 7
  }),
  timeseries('Authorization Denials', {
    says: NOT_YET,
    queries: [{ expr: sum(rate(m.authorizationDenials)), legend: 'denials' }],
    unit: 'cps',
    height: 7
  }),
  stat('Failure Ratio', {
    says: 'Of authentications. The alert HighAuthFailureRate begins at 10 %.',
    queries: [{ expr: share(sum(rate(m.authenticationFailures)), sum(rate(m.authenticationAttempts))) }],
    limits: { warn: 0.05, bad: 0.1 },
    width: 4,
    height: 7
  }),
  stat('Connections Without Encryption', {
    says: 'Open at present.',
    queries: [{ expr: sum(gauge(m.insecureConnections)) }],
    unit: 'none',
    limits: { warn: 1 },
    width: 4,
    height: 7
  })
])

const identities = section('Identities', [
  timeseries('Authentication Attempts', {
    queries: [
      { expr: sum(rate(m.authenticationAttempts)), legend: 'attempts' },
      { expr: sum(rate(m.saslAuthentications), ['mechanism', 'result']), legend: 'SASL {{mechanism}} {{result}}' }
    ],
    unit: 'cps'
  }),
  timeseries('Failures by Reason', {
    says: 'Many of one reason at once is somebody who guesses, or a password that was changed in one place only.',
    queries: [
      { expr: sum(rate(m.saslFailures), ['mechanism', 'reason']), legend: 'failures {{mechanism}} {{reason}}' }
    ],
    unit: 'cps'
  }),
  timeseries('TLS Handshakes', {
    queries: [
      { expr: sum(rate(m.tlsHandshakes), ['listener', 'result']), legend: 'handshakes {{listener}} {{result}}' }
    ],
    unit: 'cps'
  }),
  timeseries('P99 of Handshakes', {
    says: 'What SCRAM and TLS cost shows here.',
    queries: [
      { expr: quantile(0.99, m.saslHandshakeDuration, { by: ['mechanism'] }), legend: 'SASL {{mechanism}}' },
      { expr: quantile(0.99, m.tlsHandshakeDuration, { by: ['listener'] }), legend: 'TLS {{listener}}' }
    ],
    noValue: 'none'
  }),
  timeseries('Re-authentications', {
    says: 'On connections that had authenticated already; who does not in time is closed.',
    queries: [
      { expr: sum(rate(m.saslReauthentications), ['result']), legend: 're-authenticated {{result}}' },
      { expr: sum(rate(m.expiredConnections)), legend: 'closed' }
    ],
    unit: 'cps'
  }),
  timeseries('Encrypted Connections', {
    queries: [{ expr: sum(gauge(m.tlsConnections), ['protocol', 'cipher']), legend: '{{protocol}} {{cipher}}' }],
    unit: 'none',
    stack: true
  }),
  timeseries('Certificates Read Again', {
    queries: [{ expr: sum(rate(m.tlsReloads), ['result']), legend: 'read {{result}}' }],
    unit: 'cps',
    width: 12,
    height: 6
  }),
  timeseries('Known Identities', {
    queries: [
      { expr: total(m.scramUsers), legend: 'SCRAM users' },
      { expr: total(m.delegationTokens), legend: 'delegation tokens' },
      { expr: total(m.acls), legend: 'access control entries' }
    ],
    unit: 'none',
    width: 12,
    height: 6
  })
])

function sinceAudit(): Expr<'sink'> {
  const last = max(gauge(m.auditLastEvent), ['sink'])
  return inUnit('s', promql(last)`time() - (${last} > 0)`)
}

const rights = section('Rights and audit', [
  timeseries('Authorization Decisions', {
    queries: [
      { expr: sum(rate(m.authorizationChecks)), legend: 'checks' },
      {
        expr: sum(rate(m.authorizationDecisions), ['operation', 'resource', 'decision']),
        legend: 'decisions {{operation}} {{resource}} {{decision}}'
      }
    ],
    unit: 'cps'
  }),
  timeseries('Audit Events', {
    queries: [
      { expr: sum(rate(m.auditEventsLogged)), legend: 'logged' },
      { expr: sum(rate(m.auditEvents), ['event', 'outcome']), legend: 'events {{event}} {{outcome}}' }
    ],
    unit: 'cps'
  }),
  timeseries('Audit Events Lost', {
    says: 'Must stay at 0: what is lost here is known nowhere.',
    queries: [
      { expr: sum(rate(m.auditDropped), ['sink']), legend: 'dropped {{sink}}' },
      { expr: sum(rate(m.auditWriteErrors), ['sink']), legend: 'failed writes {{sink}}' }
    ],
    unit: 'cps'
  }),
  timeseries('Audit Events Waiting', {
    queries: [{ expr: sum(gauge(m.auditQueueSize), ['sink']), legend: 'waiting {{sink}}' }],
    unit: 'none',
    width: 12,
    height: 6
  }),
  timeseries('Silence of the Audit', {
    says: 'Time since the last event that a sink got; nothing before the first one.',
    queries: [{ expr: sinceAudit(), legend: 'since {{sink}}' }],
    noValue: 'no event yet',
    width: 12,
    height: 6
  })
])

const doors = section('At the door', [
  timeseries('Connections Refused', {
    says: 'By the limit that refused them: a client that runs wild, or a limit that is too low.',
    queries: [{ expr: nonZero(sum(rate(m.connectionsRejected), ['listener', 'reason'])) }],
    unit: 'cps'
  }),
  timeseries('Broken Connections', {
    says: 'Resets, and what is no request: port scanners show here.',
    queries: [
      { expr: nonZero(sum(rate(m.networkErrorsByReason), ['reason'])) },
      { expr: sum(rate(m.requestParseErrors), ['reason']), legend: 'not understood: {{reason}}' }
    ],
    unit: 'cps',
    links: to('streambus-logs')
  }),
  timeseries('Without Encryption by Listener', {
    queries: [{ expr: sum(gauge(m.insecureConnections), ['listener', 'reason']) }],
    unit: 'none'
  })
])

export const security: Board = {
  uid: 'streambus-security',
  description: 'Who tried to come in, who was let in, what was denied, and what was written down about it.',
  variables: [],
  sections: [now, identities, rights, doors]
}
