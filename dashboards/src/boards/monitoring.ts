import type { Board } from '../board.ts'
import { type Expr, nonZero, ofPrometheus, RATE_INTERVAL } from '../expr.ts'
import { section } from '../layout.ts'
import { stat, stateTimeline, table, timeseries } from '../panels.ts'
import { mapping } from '../thresholds.ts'

// Everything here is about all jobs of this Prometheus, whatever is chosen at the top: a Prometheus that scrapes itself
// and its Alertmanager, as docker/prometheus/prometheus.yml has it.

const UP = mapping({ 0: ['down', 'red'], 1: ['up', 'green'] })
const SELF = 'Prometheus must scrape itself.'

function perSecond(counter: string): string {
  return `rate(${counter}[${RATE_INTERVAL}])`
}

/** Alertmanager has a series for each kind of receiver that it knows, used or not. */
function byIntegration(counter: string): Expr<'integration'> {
  return nonZero(ofPrometheus(`sum by (integration) (${perSecond(counter)})`, { labels: ['integration'] }))
}

const targets = section('Who is reached', [
  stateTimeline('Targets', {
    says: 'Brokers, Prometheus, Alertmanager, Loki and whatever else has a job: what is down says nothing to anybody.',
    queries: [
      {
        expr: ofPrometheus('max by (job, instance) (up)', { labels: ['job', 'instance'] }),
        legend: '{{job}} {{instance}}'
      }
    ],
    unit: 'none',
    mappings: [UP],
    limits: 'plain'
  }),
  timeseries('Scrape Duration', {
    says: 'At scrape_timeout, 10 s, a scrape fails.',
    queries: [{ expr: ofPrometheus('max by (job) (scrape_duration_seconds)', { labels: ['job'], unit: 's' }) }],
    width: 6
  }),
  timeseries('Samples per Scrape', {
    says: 'How many series each job has.',
    queries: [{ expr: ofPrometheus('sum by (job) (scrape_samples_scraped)', { labels: ['job'] }) }],
    width: 6
  })
])

const rules = section('Rules and alerts', [
  timeseries('Rule Evaluation Time', {
    says: `Of each group, the last time; above its interval, 30 s for most, rounds are left out. ${SELF}`,
    queries: [
      {
        expr: ofPrometheus('topk(10, max by (rule_group) (prometheus_rule_group_last_duration_seconds))', {
          labels: ['rule_group'],
          unit: 's'
        })
      }
    ],
    legend: 'table'
  }),
  timeseries('Rule Evaluation Failures', {
    says: `Anything but 0: alerts that cannot fire. ${SELF}`,
    queries: [
      { expr: ofPrometheus(`sum(${perSecond('prometheus_rule_evaluation_failures_total')})`), legend: 'failed rules' },
      {
        expr: ofPrometheus(`sum(${perSecond('prometheus_rule_group_iterations_missed_total')})`),
        legend: 'rounds left out'
      }
    ],
    unit: 'cps'
  }),
  table('Firing Alerts', {
    says: 'As Prometheus sees them, silenced and inhibited ones included. Watchdog always fires: its absence is an alarm.',
    queries: [
      {
        expr: ofPrometheus('count by (alertname, severity, component) (ALERTS{alertstate="firing"})', {
          labels: ['alertname', 'severity', 'component']
        })
      }
    ],
    columns: { alertname: 'Alert', severity: 'Severity', component: 'Component', Value: 'Firing' },
    noValue: 'none',
    width: 8
  })
])

const notifications = section('The way to people', [
  stat('Alertmanagers', {
    says: `To which this Prometheus sends. None: nobody hears of anything. ${SELF}`,
    queries: [{ expr: ofPrometheus('max(prometheus_notifications_alertmanagers_discovered)') }],
    unit: 'none',
    limits: { bad: 1, isFloor: true },
    width: 4,
    height: 8
  }),
  timeseries('Alerts Not Handed Over', {
    says: `By Prometheus to Alertmanager. ${SELF}`,
    queries: [{ expr: ofPrometheus(`sum(${perSecond('prometheus_notifications_dropped_total')})`), legend: 'dropped' }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Failed Notifications', {
    says: 'Of Alertmanager to Slack, PagerDuty, e-mail, webhooks. Its placeholders fail until they are replaced. Prometheus must scrape Alertmanager.',
    queries: [{ expr: byIntegration('alertmanager_notifications_failed_total') }],
    unit: 'cps',
    width: 7
  }),
  timeseries('Notifications', {
    says: 'Tried by Alertmanager. Prometheus must scrape it.',
    queries: [{ expr: byIntegration('alertmanager_notifications_total') }],
    unit: 'cps',
    width: 7
  })
])

export const monitoring: Board = {
  uid: 'streambus-monitoring',
  description: 'Who watches the watchers: targets, scrapes, rules, and the way of an alert to people.',
  variables: [],
  sections: [targets, rules, notifications]
}
