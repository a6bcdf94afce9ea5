import http from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseExposition } from '../../src/top/exposition.ts'
import { type Interval, quantile, rate } from '../../src/top/rates.ts'
import { readingOf } from '../../src/top/reading.ts'
import { screenOf } from '../../src/top/screen.ts'
import { run } from '../fake-io.ts'

const BOUNDS = [0.001, 0.01, 0.1]

function between(before: string, after: string, seconds = 2): Interval {
  const at = (text: string, atMs: number) => ({ atMs, scrape: parseExposition(text) })
  return { before: at(before, 1_000), after: at(after, 1_000 + seconds * 1_000) }
}

/** Counts of a histogram's buckets, cumulated, the last one without a bound. */
function histogram(name: string, counts: readonly number[]): string {
  let sum = 0
  const lines = counts.map((count, i) => `${name}_bucket{le="${BOUNDS[i] ?? '+Inf'}"} ${(sum += count)}`)
  return lines.join('\n')
}

describe('the text format', () => {
  test('is read with labels, escapes, infinities, timestamps and comments', () => {
    const text = '# HELP a b\na 1\nb{x="1",y="\\"\\\\\\n,}"} +Inf 1700000000\n\nb{x="2"} -1e3\n'
    expect([...parseExposition(text)]).toEqual([
      ['a', [{ labels: {}, value: 1 }]],
      [
        'b',
        [
          { labels: { x: '1', y: '"\\\n,}' }, value: Number.POSITIVE_INFINITY },
          { labels: { x: '2' }, value: -1000 }
        ]
      ]
    ])
  })

  test('is read back for any label', () => {
    fc.assert(
      fc.property(fc.string(), value => {
        const escaped = value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
        expect(parseExposition(`m{l="${escaped}"} 1`).get('m')?.[0]?.labels['l']).toBe(value)
      })
    )
  })
})

describe('rates', () => {
  test('are per second, over all lines or some of them, and begin anew with the process', () => {
    const interval = between('c{a="1"} 10\nc{a="2"} 5', 'c{a="1"} 14\nc{a="2"} 5')
    expect(rate(interval, 'c')).toBe(2)
    expect(rate(interval, 'c', ({ a }) => a === '2')).toBe(0)
    expect(rate(interval, 'other')).toBeNull()
    expect(rate(between('c 100', 'c 6'), 'c')).toBe(3)
    expect(rate(between('', 'c 6'), 'c')).toBe(3)
  })

  test('quantiles are those of what came between, within the bucket that they are in', () => {
    const interval = between(histogram('h', [100, 0, 0, 0]), histogram('h', [100, 10, 10, 0]))
    expect(quantile(interval, 'h', 0.25)).toBeCloseTo(0.0055)
    expect(quantile(interval, 'h', 0.75)).toBeCloseTo(0.055)
    expect(quantile(between('', histogram('h', [0, 0, 0, 3])), 'h', 0.5)).toBe(0.1)
    expect(quantile(between(histogram('h', [1]), histogram('h', [1])), 'h', 0.5)).toBeNull()
  })

  test('a quantile is never outside the bucket of its rank', () => {
    const counts = fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }).filter(list => list.some(count => count > 0))
    fc.assert(
      fc.property(counts, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, share) => {
        const found = quantile(between('', histogram('h', list)), 'h', share) ?? Number.NaN
        const total = list.reduce((sum, count) => sum + count)
        let cumulated = 0
        const at = list.findIndex(count => (cumulated += count) >= share * total)
        const upper = BOUNDS[Math.min(at, 2)] ?? 0
        expect(found).toBeLessThanOrEqual(upper + 1e-12)
        expect(found).toBeGreaterThanOrEqual(at === 0 || at === 3 ? 0 : (BOUNDS[at - 1] ?? 0))
      })
    )
  })
})

describe('the screen', () => {
  test('shows what there is, the busiest first, and says what there is not', () => {
    const before = 'streambus_messages_produced_total 0\nstreambus_request_duration_seconds_count{api="Produce"} 0'
    const groups = Array.from({ length: 10 }, (_, i) => `streambus_consumer_group_lag{group="g${i}"} ${i}`).join('\n')
    const after = `streambus_messages_produced_total 2468
streambus_request_duration_seconds_count{api="Produce"} 4
streambus_request_duration_seconds_count{api="Fetch"} 400
streambus_consumer_group_lag_seconds{group="g8"} 3700
streambus_consumer_group_status{group="g8",status="OK"} 0
streambus_consumer_group_status{group="g8",status="STOP"} 1
streambus_storage_used_bytes 250
streambus_storage_available_bytes 750
streambus_log_dir_total_bytes{log_dir="/a"} 4000
streambus_log_dir_free_bytes{log_dir="/a"} 720
streambus_log_dir_total_bytes{log_dir="/b"} 100
streambus_log_dir_free_bytes{log_dir="/b"} 30
streambus_build_info{version="1.2.3"} 1
${groups}`
    const lines = screenOf(readingOf(between(before, after)), 'title')
    const text = lines.join('\n')
    expect(lines[0]).toBe('title')
    expect(text).toContain('version 1.2.3')
    expect(text).toContain('disk 250 B used, 750 B free (18 %)')
    expect(text).toMatch(/produce +1,234/)
    expect(text).toMatch(/Fetch +200\nProduce +2\.0/)
    expect(text).toMatch(/g9 +9 +- +-\ng8 +8 +1h 1m +STOP/)
    expect(text).toContain('… 2 more')
    expect(text).toContain('no topic has traffic')
  })

  const many = (metric: string, label: string, count: number, value: number): string =>
    Array.from(
      { length: count },
      (_, i) => `${metric}{${label}="${label}-${i}-${'x'.repeat(230)}-${i}"} ${value}`
    ).join('\n')

  test('keeps numbers in view, whatever names are like', () => {
    const metrics = [
      many('streambus_request_duration_seconds_count', 'api', 9, 4),
      many('streambus_topic_bytes_in_total', 'topic', 20, 4_000),
      many('streambus_consumer_group_lag', 'group', 20, 12_345)
    ]
    const reading = readingOf(between('', metrics.join('\n')))
    const lines = screenOf(reading, 'title', { columns: 80, rows: 23 })
    expect(lines).toHaveLength(23)
    // Of each list something.
    expect(lines.filter(line => line.startsWith('…'))).toHaveLength(3)
    for (const start of ['api-', 'topic-', 'group-'])
      expect(lines.filter(line => line.startsWith(start))).not.toEqual([])
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
    for (const line of lines.filter(each => each.startsWith('group-')))
      expect(line).toMatch(/^group-(\d+)-x+…x+-\1 +12,345 +- +-$/)
    // Where nobody has to look at it, nothing is cut.
    expect(screenOf(reading, 'title').join('\n')).toContain('x'.repeat(230))
  })

  test('shares a low terminal out by what there is', () => {
    const metrics = many('streambus_consumer_group_lag', 'group', 20, 1)
    const lines = screenOf(readingOf(between('', metrics)), 'title', { columns: 80, rows: 23 })
    expect(lines.filter(line => line.startsWith('group-'))).toHaveLength(7)
    expect(lines.at(-1)).toBe('… 13 more')
  })

  test('of a broker that says nothing has no numbers that are made up', () => {
    const text = screenOf(readingOf(between('', '')), 't').join('\n')
    expect(text).toContain('no requests')
    expect(text).not.toMatch(/NaN|undefined|null/)
  })
})

describe('the command', () => {
  let server: http.Server
  let admin: string
  /** What /metrics answers. */
  let metrics: string

  beforeEach(async () => {
    metrics = 'streambus_broker_status 2\n'
    server = http.createServer((_, response) => response.end(metrics))
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    admin = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => server.close())

  test('does not take the metrics of something else for those of a broker', async () => {
    metrics = 'prometheus_build_info{version="2.42.0"} 1\nprocess_cpu_seconds_total 5\n'
    const { exitCode, stdout, stderr } = await run(['top', '--once', '--admin', admin])
    expect([exitCode, stdout.toString()]).toEqual([3, ''])
    expect(stderr).toContain(`http://${admin}/metrics has metrics, but not those of a broker`)
  })

  test('prints once, without escapes, on a terminal that knows none', async () => {
    const terminal = { rows: 24, columns: 80 }
    const { exitCode, stdout } = await run(['top', '--interval', '100', '--admin', admin], {
      terminal,
      env: { TERM: 'dumb' }
    })
    expect(exitCode).toBe(0)
    expect(stdout.toString()).toContain('no consumer groups')
    expect(stdout.toString()).not.toContain('\u001b')
  })
})
