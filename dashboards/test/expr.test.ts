import { catalogue as m } from '@streambus/metrics'
import { describe, expect, test } from 'vitest'
import { gauge, mean, promql, quantile, rate, ratio, sum, topk, total } from '../src/expr.ts'

const WHERE = 'job=~"$job",instance=~"$instance"'

describe('the compiler knows the metrics', () => {
  test('their types', () => {
    // @ts-expect-error a gauge has no rate
    expect(() => rate(m.brokerStatus)).not.toThrow()
    // @ts-expect-error a counter is not looked at as it is
    expect(() => gauge(m.messagesProduced)).not.toThrow()
    // @ts-expect-error only histograms have quantiles
    expect(() => quantile(0.5, m.messagesProduced)).not.toThrow()
  })

  test('their names', () => {
    // @ts-expect-error a metric that has another name now
    expect(m.messagesProducedTotally).toBe(undefined)
  })

  test('their labels', () => {
    // @ts-expect-error requests have no topic
    expect(sum(rate(m.requestErrors), ['topic']).text).toContain('by (topic)')
    // @ts-expect-error requests have no topic
    expect(rate(m.requestErrors, { where: { topic: 'a' } }).text).toContain('topic="a"')
    // @ts-expect-error what was summed away is gone
    expect(sum(sum(rate(m.requestErrors), ['api']), ['error']).text).toContain('by (error)')
  })
})

test('expressions as text', () => {
  expect(rate(m.messagesProduced).text).toBe(`rate(streambus_messages_produced_total{${WHERE}}[$__rate_interval])`)
  expect(gauge(m.consumerGroupLag, { group: { not: '' } }).text).toBe(
    `streambus_consumer_group_lag{${WHERE},group!=""}`
  )
  expect(topk(3, sum(gauge(m.requestsInFlight), ['api'])).text).toBe(
    `topk(3, sum by (api) (streambus_requests_in_flight{${WHERE}}))`
  )
  expect(quantile(0.99, m.requestDuration, { by: ['api'] }).text).toBe(
    `histogram_quantile(0.99, sum by (le, api) (rate(streambus_request_duration_seconds_bucket{${WHERE}}[$__rate_interval])))`
  )
})

test('what each broker tells of the cluster is not added up', () => {
  expect(total(m.topics).text).toBe(`max(streambus_topics{${WHERE}})`)
  expect(total(m.segments).text).toBe(`sum(streambus_segments{${WHERE}})`)
})

test('units come from the catalogue', () => {
  expect(rate(m.messagesProduced).unit).toBe('cps')
  expect(rate(m.bytesProduced).unit).toBe('binBps')
  expect(rate(m.processCpu).unit).toBe('percentunit')
  expect(gauge(m.storageUsed).unit).toBe('bytes')
  expect(quantile(0.5, m.produceLatency).unit).toBe('s')
  expect(mean(m.produceBatchBytes).unit).toBe('bytes')
  expect(ratio(sum(rate(m.messagesProduced)), sum(rate(m.messagesConsumed))).unit).toBe('percentunit')
  expect(sum(gauge(m.segments)).unit).toBe(null)
})

test('parts keep their meaning inside of operators', () => {
  const a = gauge(m.topics)
  const b = gauge(m.partitions)
  const both = promql(a)`${a} + ${b}`
  expect(promql(a)`${both} * 2`.text).toBe(`(streambus_topics{${WHERE}} + streambus_partitions{${WHERE}}) * 2`)
  expect(promql(a)`${sum(a)} / ${topk(1, b)}`.text).toBe(
    `sum(streambus_topics{${WHERE}}) / topk(1, streambus_partitions{${WHERE}})`
  )
  expect(promql(a)`${sum(a, ['job'])} * 2`.text).toBe(`sum by (job) (streambus_topics{${WHERE}}) * 2`)
  // A sum of two calls begins and ends like a call.
  expect(promql(a)`${promql(a)`${sum(a)} + ${sum(b)}`} * 2`.text).toBe(
    `(sum(streambus_topics{${WHERE}}) + sum(streambus_partitions{${WHERE}})) * 2`
  )
})
