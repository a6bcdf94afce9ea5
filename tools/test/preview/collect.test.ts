import { describe, expect, test } from 'vitest'
import type { Dashboard } from '../../../dashboards/src/index.ts'
import { type BoardResult, collect, isPanel, missing } from '../../preview/collect.ts'
import { dashboards } from '../../preview/render.ts'
import { fakeSource, INTERVALS, line, NOTHING } from './fake-source.ts'

const overview = dashboards[0] as Dashboard

function stateOf({ parts }: BoardResult, title: string): string | undefined {
  return parts.filter(isPanel).find(({ panel }) => panel.title === title)?.state
}

test('variables are put in, and their choices asked for', async () => {
  const prometheus = fakeSource(() => NOTHING)
  const chosen = { instance: 'broker-1:8080' }
  const { variables } = await collect(overview, { prometheus, loki: null, intervals: INTERVALS, chosen })
  expect(variables).toEqual([
    // Not all jobs that there are: those that can be chosen.
    { name: 'job', value: '(a|b)', options: ['a', 'b'] },
    { name: 'instance', value: 'broker-1:8080', options: ['a', 'b'] }
  ])
  expect(prometheus.asked).toContain('instance of up{job=~"(a|b)"}')
  expect(prometheus.asked).toContain(
    'sum(rate(streambus_messages_produced_total{job=~"(a|b)",instance=~"broker-1:8080"}[75s]))'
  )
  expect(prometheus.asked.filter(expr => expr.includes('$'))).toEqual([])
})

test.each(dashboards.map(dashboard => [dashboard.title, dashboard] as const))(
  'an empty source leaves every panel of %s without data',
  async (_, dashboard) => {
    const empty = fakeSource(() => NOTHING)
    const { parts } = await collect(dashboard, { prometheus: empty, loki: empty, intervals: INTERVALS })
    const states = parts.filter(isPanel).map(({ state }) => state)
    expect(states.filter(state => state !== 'empty' && state !== 'awaited')).toEqual([])
  }
)

describe('the state of a panel', () => {
  test('data, a part of it, none, and what its source complained of', async () => {
    const prometheus = fakeSource(expr => {
      if (expr.includes('messages_produced') || expr.includes('bytes')) return { lines: [], series: [line({}, [1, 2])] }
      // The quantile of nothing.
      if (expr.includes('produce_latency')) return { lines: [], series: [line({}, [Number.NaN])] }
      if (expr.includes('broker_status')) throw new Error('parse error')
      return NOTHING
    })
    const result = await collect(overview, { prometheus, loki: null, intervals: INTERVALS })
    expect(stateOf(result, 'Byte Throughput')).toBe('data')
    expect(stateOf(result, 'Message Throughput')).toBe('partial')
    expect(stateOf(result, 'P99 Produce Latency')).toBe('empty')
    expect(stateOf(result, 'Broker Status')).toBe('error')
    const lines = missing(result).join('\n')
    expect(lines).toContain('StreamBus Overview / Broker Status: error\n    A parse error: max by (instance)')
    expect(lines).toContain('StreamBus Overview / Message Throughput: partial\n    B no data: sum(rate(')
    expect(lines).not.toContain('Byte Throughput')
  })

  test('what waits for a part of the broker, and what has no source', async () => {
    const options = { prometheus: fakeSource(() => NOTHING), loki: null, intervals: INTERVALS }
    const results = await Promise.all(dashboards.map(dashboard => collect(dashboard, options)))
    const of = (title: string): string | undefined =>
      results.map(result => stateOf(result, title)).find(state => state !== undefined)
    expect(of('Committed and Aborted')).toBe('awaited')
    expect(of('Idempotent Producers')).toBe('empty')
    expect(of('Lines by Level')).toBe('unasked')
    const withLogs = { ...options, loki: fakeSource(() => NOTHING) }
    const logs = await Promise.all(dashboards.map(dashboard => collect(dashboard, withLogs)))
    expect(logs.map(result => stateOf(result, 'By User'))).toContain('awaited')
    expect(logs.map(result => stateOf(result, 'By Client'))).toContain('empty')
  })
})

test('a legend is made of the labels of its series', async () => {
  const prometheus = fakeSource(() => ({ lines: [], series: [line({ instance: 'b:1', class: 'server' }, [1])] }))
  const { parts } = await collect(overview, { prometheus, loki: null, intervals: INTERVALS })
  const errors = parts.filter(isPanel).find(({ panel }) => panel.title === 'Errors')
  expect(errors?.targets.map(({ series }) => series[0]?.name)).toEqual(['codes server', 'failed requests', 'network'])
})
