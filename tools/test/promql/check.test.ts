import { describe, expect, test } from 'vitest'
import { checkPromql, parsePromql, resultLabels, seriesOf } from '../../promql/index.ts'

const known = seriesOf(
  [
    { name: 'connections', type: 'gauge', labels: ['listener'], buckets: null },
    { name: 'connections_limit', type: 'gauge', labels: ['listener'], buckets: null },
    // A gauge by a misleading name.
    { name: 'topics_total', type: 'gauge', labels: [], buckets: null },
    { name: 'limit', type: 'gauge', labels: [], buckets: null },
    { name: 'requests_total', type: 'counter', labels: ['api', 'error'], buckets: null },
    { name: 'bytes_total', type: 'counter', labels: [], buckets: null },
    { name: 'latency_seconds', type: 'histogram', labels: ['api'], buckets: 'seedSeconds' }
  ],
  { seedSeconds: [0.1, 1] }
)

function check(text: string): string[] {
  return checkPromql(text, { known })
}

test('what is fine has no problem', () => {
  const fine = [
    'connections{listener="a",job="streambus"} / connections_limit > 0.9',
    'sum by (api) (rate(requests_total{error!=""}[5m]))',
    'histogram_quantile(0.99, sum by (le, api) (rate(latency_seconds_bucket[5m])))',
    'rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m])',
    'rate(latency_seconds_bucket{le="1.0"}[5m])',
    'sum(connections) / sum(limit)',
    'sum without (listener) (connections) / limit',
    'connections / on(job, instance) group_left() limit',
    'predict_linear(limit[6h], 86400) < 0',
    'increase(bytes_total[1h:5m])',
    'absent(bytes_total)',
    'topics_total > 5',
    'up == 0 and on(job) absent(limit{job="a"})'
  ]
  expect(fine.flatMap(check)).toEqual([])
})

describe('a problem that Prometheus would keep to itself', () => {
  const cases: readonly (readonly [expression: string, problem: string])[] = [
    ['rate(request_total[5m])', 'there is no metric request_total'],
    ['{job="a"}', 'a selector without the name of a metric'],
    ['latency_seconds', 'there is no metric latency_seconds'],
    ['connections{api="x"}', 'connections has no label api; it has listener'],
    ['limit{api="x"}', 'limit has no label api; it has none'],
    ['sum by (topic) (connections)', 'sum groups by topic, which is no label of what it sums up'],
    ['sum by (listener) (sum(connections))', 'sum groups by listener, which is no label of what it sums up'],
    ['rate(connections[5m])', 'rate needs a counter; connections is a gauge'],
    ['deriv(bytes_total[5m])', 'deriv needs a gauge; bytes_total is a counter'],
    ['bytes_total > 5', 'bytes_total is a counter: take its rate or increase'],
    ['rate(bytes_total[30s])', 'bytes_total: a range below 1m holds too few scrapes'],
    ['rate(latency_seconds_bucket{le="1"}[5m])', 'latency_seconds_bucket has no bucket le="1"; it has 0.1, 1.0, +Inf'],
    [
      'histogram_quantile(0.9, sum by (api) (rate(latency_seconds_bucket[5m])))',
      'histogram_quantile without le among the labels of its buckets'
    ],
    ['connections / limit', '/: listener only on one side, so that nothing matches; say on or ignoring'],
    ['connections / on(listener) limit', '/ on listener, which one side does not have'],
    ['connections / on(job) limit', '/: several series by listener for one; say group_left or sum them up'],
    ['rate(bytes_total)', 'rate takes a range where a vector is given'],
    ['rate(bytes_total[5m', "at 19: the end where ']' is expected"]
  ]
  test.each(cases)('%s', (expression, problem) => {
    expect(check(expression)).toEqual([problem])
  })
})

test('a rule may copy a counter', () => {
  expect(checkPromql('sum by (job) (bytes_total)', { known, bareCounters: true })).toEqual([])
})

test('labels that the result can have', () => {
  const labels = (text: string): string[] =>
    [...resultLabels(parsePromql(text), known)].filter(label => !['cluster', 'environment', 'region'].includes(label))
  expect(labels('rate(requests_total[5m])')).toEqual(['job', 'instance', 'api', 'error'])
  expect(labels('sum by (api) (rate(requests_total[5m]))')).toEqual(['api'])
  expect(labels('sum without (api, job) (rate(requests_total[5m]))')).toEqual(['instance', 'error'])
  expect(labels('sum(connections)')).toEqual([])
  expect(labels('1 - connections')).toEqual(['job', 'instance', 'listener'])
  expect(labels('limit * on(instance) group_right(job) connections')).toEqual(['job', 'instance', 'listener'])
  expect(labels('histogram_quantile(0.9, latency_seconds_bucket)')).toEqual(['job', 'instance', 'api'])
  expect(labels('absent(up{job="a"})')).toEqual(['job'])
  expect(labels('label_replace(limit, "x", "", "", "")')).toEqual(['job', 'instance', 'x'])
  expect(labels('vector(1)')).toEqual([])
})
