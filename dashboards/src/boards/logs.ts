import type { Board } from '../board.ts'
import { collapsed, section } from '../layout.ts'
import { logLines, logSeries, logTop, STREAMS } from '../log-panels.ts'
import { lokiLabel, textVariable } from '../variables.ts'

/** Upper case, too: logs of other services may lie in the same Loki. */
const ERRORS = `${STREAMS} | json | level=~"(?i)(error|fatal)"`
/** What it is about first; behind it the line as it was, in which Grafana finds the id of a trace. */
const READABLE = '| line_format "{{.logger}}: {{.message}}  {{__line__}}"'
const PER_INTERVAL = '[$__auto]'

const volume = section(null, [
  logSeries('Lines by Level', {
    says: 'How much is logged, and how bad.',
    queries: [{ expr: `sum by (level) (count_over_time(${STREAMS} ${PER_INTERVAL}))`, legend: '{{level}}' }],
    width: 12
  }),
  logSeries('Error Rate', {
    says: 'Lines of level error and fatal per second.',
    queries: [{ expr: `sum by (broker_id) (rate(${ERRORS} ${PER_INTERVAL}))`, legend: 'broker {{broker_id}}' }],
    unit: 'cps',
    width: 6
  }),
  logSeries('Lines by Logger', {
    says: 'Which part of the broker writes.',
    queries: [{ expr: `sum by (logger) (count_over_time(${STREAMS} | json ${PER_INTERVAL}))`, legend: '{{logger}}' }],
    width: 6
  })
])

const errors = section('Errors and what there is most of', [
  logLines('Errors', { says: 'Newest first.', expr: `${ERRORS} ${READABLE}`, width: 16, height: 9 }),
  logTop('Top Messages', {
    says: 'What is said most often in the chosen time.',
    expr: `topk(10, sum by (message) (count_over_time(${STREAMS} | json | __error__="" [$__range])))`,
    legend: '{{message}}',
    width: 8,
    height: 9
  })
])

const search = section('Search', [
  logLines('Lines', {
    says: 'Narrowed by the boxes at the top: any text, a request, a trace, a user. Empty boxes hide nothing.',
    expr: `${STREAMS} |= \`$search\` |= \`$request\` |= \`$trace\` |= \`$user\` | json ${READABLE}`,
    width: 24,
    height: 10
  })
])

const subjects = collapsed('By subject', [
  logLines('Slow Requests', {
    says: 'Longer than 100 ms; of clients those above slow.request.ms are written, of the admin port all, at level debug.',
    expr: `${STREAMS} | json | duration_ms > 100 ${READABLE}`,
    width: 12
  }),
  logLines('Starts and Stops', {
    says: 'When brokers began and ended. A start without a stop before it: the process was killed, or ended itself.',
    expr: `${STREAMS} | json | event=~"broker_started|broker_not_started|broker_stopped|fatal" ${READABLE}`,
    width: 12
  }),
  logTop('Requests by Endpoint', {
    says: 'On the admin port, as far as they are logged (level debug).',
    expr: `topk(10, sum by (method, path) (count_over_time(${STREAMS} | json | method!="" [$__range])))`,
    legend: '{{method}} {{path}}',
    width: 12
  }),
  logLines('Failed Authentication', {
    expr: `${STREAMS} |~ "(?i)(auth|sasl|tls|token)" |~ "(?i)(error|fail|invalid|denied|refused)" | json ${READABLE}`,
    says: 'Lines about identities and rights that did not end well.',
    width: 12
  }),
  logLines('Limits', {
    says: 'Lines about limits that were reached, and repeats that were left out.',
    expr: `${STREAMS} |~ "(?i)(throttl|rate limit|limit reached|suppressed|refused)" | json ${READABLE}`,
    width: 12
  }),
  logTop('Events', {
    says: 'The stable names of what happened.',
    expr: `topk(15, sum by (event) (count_over_time(${STREAMS} | json | event!="" [$__range])))`,
    legend: '{{event}}',
    width: 8
  }),
  logTop('By User', {
    expr: `topk(10, sum by (principal) (count_over_time(${STREAMS} | json | principal!="" [$__range])))`,
    says: 'Lines that name a principal.',
    legend: '{{principal}}',
    width: 8
  }),
  logTop('By Client', {
    says: 'Lines that name a client.',
    expr: `topk(10, sum by (client_id) (count_over_time(${STREAMS} | json | client_id!="" [$__range])))`,
    legend: '{{client_id}}',
    width: 8
  })
])

export const logs: Board = {
  uid: 'streambus-logs',
  description: 'What the brokers wrote, from Loki: volume, errors, and the lines of one request, trace or user.',
  variables: [
    lokiLabel('cluster', 'Cluster ids.'),
    lokiLabel('broker_id', 'Brokers by id.'),
    textVariable('search', 'Text', 'Any text that a line must hold.'),
    textVariable('request', 'Request', 'A correlation id, or <connection>-<number> of a client’s request.'),
    textVariable('trace', 'Trace', 'A trace id.'),
    textVariable('user', 'User', 'A principal.')
  ],
  sections: [volume, errors, search, subjects]
}
