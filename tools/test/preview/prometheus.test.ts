import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prometheusAt } from '../../preview/prometheus.ts'
import { serve } from '../../preview/server.ts'
import { fakeSource, line, RANGE } from './fake-source.ts'

const asked: string[] = []
/** What Prometheus says to the next question. */
let says: unknown
const server = http.createServer((request, response) => {
  asked.push(decodeURIComponent(request.url ?? '').replaceAll('+', ' '))
  response.end(JSON.stringify(says))
})
let url = ''

beforeAll(async () => {
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

function success(resultType: string, result: unknown): unknown {
  return { status: 'success', data: { resultType, result } }
}

test('a range', async () => {
  says = success('matrix', [
    {
      metric: { __name__: 'x', api: 'Fetch' },
      values: [
        [1, '2'],
        [2, '+Inf'],
        [3, 'NaN']
      ]
    }
  ])
  const answer = await prometheusAt(url).range('x[5m]', RANGE)
  expect(answer.series).toEqual([
    {
      name: '',
      labels: { api: 'Fetch' },
      points: [
        [1000, 2],
        [2000, Number.POSITIVE_INFINITY],
        [3000, Number.NaN]
      ]
    }
  ])
  expect(asked.at(-1)).toBe('/api/v1/query_range?query=x[5m]&start=0&end=600&step=60')
})

test('a moment, with labels and without', async () => {
  says = success('vector', [{ metric: { api: 'Fetch' }, value: [1, '-Inf'] }])
  expect((await prometheusAt(url).instant('x', RANGE)).series[0]?.points).toEqual([[1000, Number.NEGATIVE_INFINITY]])
  says = success('scalar', [1, '7'])
  expect((await prometheusAt(url).instant('time()', RANGE)).series).toEqual([
    { name: '', labels: {}, points: [[1000, 7]] }
  ])
})

test('values of a label', async () => {
  says = { status: 'success', data: ['a', 'b'] }
  expect(await prometheusAt(url).labelValues('up{job="x"}', 'instance')).toEqual(['a', 'b'])
  expect(asked.at(-1)).toBe('/api/v1/label/instance/values?match[]=up{job="x"}')
})

test('a complaint is handed on in its own words', async () => {
  says = { status: 'error', error: 'parse error: unexpected end' }
  await expect(prometheusAt(url).instant('sum(', RANGE)).rejects.toThrow('parse error: unexpected end')
})

test('pages are served, each drawn when it is asked for', async () => {
  const prometheus = fakeSource(() => ({ lines: [], series: [line({}, [1])] }))
  const pages = await serve(0, { sources: { prometheus, loki: null }, minutes: 15, scrapeMs: 15_000 })
  try {
    const base = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
    const get = async (path: string): Promise<string> => (await fetch(base + path)).text()
    expect(await get('/')).toContain('href="/d/streambus-overview"')
    expect(await get('/d/streambus-consumers?var-group=billing')).toContain('<h1>StreamBus Consumers</h1>')
    expect(prometheus.asked.some(expr => expr.includes('group=~"billing|"'))).toBe(true)
    expect(await get('/missing')).toContain('StreamBus Logs / Lines by Level: unasked')
    expect((await fetch(`${base}/d/nowhere`)).status).toBe(404)
  } finally {
    pages.close()
  }
})
