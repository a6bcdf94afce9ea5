import fs from 'node:fs'
import path from 'node:path'
import { buckets, catalogue } from '@streambus/metrics'
import { describe, expect, test } from 'vitest'
import { type AlertRule, seriesOf, withRecorded } from '../../tools/promql/index.ts'
import { alertProblems, recordProblems } from './rule-problems.ts'
import { context, root, rules } from './shipped.ts'

test('every alert asks for what there is, says what it must, has a runbook and unit tests', () => {
  expect(rules.alerts.flatMap(rule => alertProblems(rule, context))).toEqual([])
})

test('every recording rule asks for what there is and is tested', () => {
  expect(rules.records.flatMap(rule => recordProblems(rule, context))).toEqual([])
})

test("the guide's alerts are there to the letter", () => {
  const guide = fs.readFileSync(new URL('guide-alerts.yml', import.meta.url), 'utf8')
  const shipped = fs.readFileSync(path.join(root, 'alerts/streambus-alerts.yml'), 'utf8')
  expect(shipped.split('\n\ngroups:')[1]?.slice(0, guide.length - 'groups:'.length)).toBe(guide.slice('groups:'.length))
})

test('every runbook belongs to an alert', () => {
  const alerts = new Set(rules.alerts.map(({ alert }) => alert))
  expect([...context.runbooks].filter(name => !alerts.has(name))).toEqual([])
})

describe('the check fails', () => {
  const alert = (change: Partial<AlertRule>): string[] => {
    const rule = rules.alerts.find(({ alert: name }) => name === 'ConnectionsNearLimit') as AlertRule
    return alertProblems({ ...rule, ...change }, context)
  }

  test('not for the alert as it is', () => {
    expect(alert({})).toEqual([])
  })

  test('when a metric is renamed', () => {
    const renamed = Object.values(catalogue).map(definition => {
      return definition.name === 'streambus_connections_active'
        ? { ...definition, name: 'streambus_conns' }
        : definition
    })
    const known = withRecorded(seriesOf(renamed, buckets), rules.records)
    expect(rules.alerts.flatMap(rule => alertProblems(rule, { ...context, known }))).toContain(
      'ConnectionsNearLimit: there is no metric streambus_connections_active'
    )
  })

  test('when a metric loses a label that a text names', () => {
    const without = Object.values(catalogue).map(definition => {
      return definition.name.startsWith('streambus_connections_') ? { ...definition, labels: [] } : definition
    })
    const known = withRecorded(seriesOf(without, buckets), rules.records)
    expect(rules.alerts.flatMap(rule => alertProblems(rule, { ...context, known }))).toContain(
      'ConnectionsNearLimit: its text has {{ $labels.listener }}, its result has not'
    )
  })

  test.each<[what: string, url: string, problem: string]>([
    [
      'leads nowhere',
      'http://localhost:3000/d/streambus-none',
      'dashboard_url is http://localhost:3000/d/ and the uid'
    ],
    ['is not there', '', 'dashboard_url is http://localhost:3000/d/ and the uid'],
    ['shows something else', 'http://localhost:3000/d/streambus-consumers', 'shows its metrics'],
    [
      'is not about this broker',
      'http://localhost:3000/d/streambus-performance?var-job={{ $labels.job | urlquery }}',
      'dashboard_url ends with ?var-job={{ $labels.job | urlquery }}&var-instance={{ $labels.instance | urlquery }}'
    ],
    [
      'says what the dashboard cannot be asked for',
      'http://localhost:3000/d/streambus-performance?var-job={{ $labels.job | urlquery }}&var-instance={{ $labels.instance | urlquery }}&var-listener={{ $labels.listener | urlquery }}',
      'dashboard_url ends with ?var-job='
    ]
  ])('when the link to its dashboard %s', (_, url, problem) => {
    const { annotations = {} } = rules.alerts.find(({ alert: name }) => name === 'ConnectionsNearLimit') ?? {}
    expect(alert({ annotations: { ...annotations, dashboard_url: url } }).join('\n')).toContain(problem)
  })

  test.each<[what: string, change: Partial<AlertRule>, problem: string]>([
    ['the runbook', { alert: 'Other' }, 'Other: there is no docs/runbooks/Other.md'],
    ['the unit test', { labels: { severity: 'info', component: 'x' } }, 'no unit test sees it fire as info'],
    ['the severity', { labels: { component: 'network' } }, 'severity is critical, warning or info'],
    ['the component', { labels: { severity: 'warning' } }, 'no component'],
    ['for', { for: null }, 'no for (0m where one event counts)'],
    ['the text', { annotations: {} }, 'no description'],
    ['the condition', { expr: 'streambus_connections_active' }, 'compares nothing: it fires for every series'],
    ['the syntax', { expr: 'rate(up' }, "at 7: the end where ',' is expected"]
  ])('without %s', (_, change, problem) => {
    expect(alert(change).join('\n')).toContain(problem)
  })

  test('when no unit test asks for a recording rule, or its name says nothing', () => {
    expect(recordProblems({ record: 'some_name', expr: 'up', labels: {} }, context)).toEqual([
      'some_name: a name is level:metric:operation',
      'some_name: no unit test asks for it'
    ])
  })
})
