import { catalogue, type Definition, type MetricKey } from '@streambus/metrics'
import { describe, expect, test } from 'vitest'
import { namesIn } from '../../tools/promql/index.ts'
import { boards, type Dashboard, dashboardOf, NOT_SHOWN } from '../src/index.ts'
import { knownSeries, OTHER_RANGES, queryProblems } from './rules/queries.ts'
import { panelsOf, promqlOf } from './rules/walk.ts'

const dashboards = boards.map(dashboardOf)
const known = knownSeries()
const metrics = Object.entries(catalogue) as readonly (readonly [MetricKey, Definition])[]

test.each(dashboards.map(dashboard => [dashboard.title, dashboard] as const))('queries of %s', (_, dashboard) => {
  expect(queryProblems(dashboard, known)).toEqual([])
})

/** The metric behind a series of a histogram. */
function metricOf(series: string): string {
  return metrics.some(([, { name }]) => name === series) ? series : series.replace(/_(bucket|sum|count)$/, '')
}

const shown = new Set(
  dashboards.flatMap(dashboard => promqlOf(dashboard).flatMap(({ expr }) => [...namesIn(expr)].map(metricOf)))
)

test('every metric of the catalogue is on a dashboard, or there is a reason why not', () => {
  const missing = metrics.filter(([key, { name }]) => !shown.has(name) && NOT_SHOWN[key] === undefined)
  expect(missing.map(([key]) => key)).toEqual([])
})

test('no reason is given for a metric that is shown', () => {
  expect(metrics.filter(([key, { name }]) => shown.has(name) && NOT_SHOWN[key] !== undefined)).toEqual([])
})

test('a metric that is renamed breaks what shows it', () => {
  const unnoticed = metrics
    .filter(([, { name }]) => shown.has(name))
    .filter(([, renamed]) => {
      const others = metrics.map(([, metric]) =>
        metric === renamed ? { ...metric, name: `${metric.name}_x` } : metric
      )
      const table = knownSeries(others)
      const asking = dashboards.filter(dashboard => JSON.stringify(promqlOf(dashboard)).includes(renamed.name))
      return !asking.some(dashboard => queryProblems(dashboard, table).some(text => text.includes(renamed.name)))
    })
  expect(unnoticed.map(([key]) => key)).toEqual([])
})

test('every query that may have another range has one', () => {
  const asked = dashboards.flatMap(promqlOf)
  for (const where of Object.keys(OTHER_RANGES))
    expect(asked.filter(one => one.where === where && /rate\(.*\[\d+m\]/.test(one.expr))).not.toEqual([])
})

describe('each rule can fail', () => {
  const overview = dashboards[0] as Dashboard

  function problemsOf(expr: string, legendFormat = ''): string[] {
    const [panel] = panelsOf(overview)
    const [target] = panel?.targets ?? []
    const panels = [{ ...panel, targets: [{ ...target, expr, legendFormat }] }]
    return queryProblems({ ...overview, panels } as Dashboard, known)
  }
  const where = '{job=~"$job",instance=~"$instance"}'

  test.each([
    [`rate(streambus_messages_produced_total${where}[1h])`, '', 'Message Throughput A: a rate over [1h]'],
    ['job_sli:slo_burn:ratio_rate1h', '', 'job_sli:slo_burn:ratio_rate1h is not narrowed by job=~$job'],
    [`rate(streambus_no_such_metric_total${where}[5m])`, '', 'there is no metric streambus_no_such_metric_total'],
    [
      `rate(streambus_broker_connections${where}[5m])`,
      '',
      'rate needs a counter; streambus_broker_connections is a gauge'
    ],
    [`sum by (topic) (streambus_broker_connections${where})`, '', 'sum groups by topic, which is no label'],
    ['streambus_broker_connections', '', 'streambus_broker_connections is not narrowed by instance=~$instance'],
    [`sum(streambus_broker_connections${where})`, '{{topic}}', 'A has no label topic'],
    ['sum(', '', 'the end where a value is expected']
  ])('%s', (expr, legend, problem) => {
    expect(problemsOf(expr, legend).join('\n')).toContain(problem)
  })
})
