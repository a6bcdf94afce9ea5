import { describe, expect, test } from 'vitest'
import { linear, logarithmic, timeTicks } from '../../preview/draw/scale.ts'
import { anyOf, interpolate } from '../../preview/interpolate.ts'
import { readOptions } from '../../preview/options.ts'
import { legendOf } from '../../preview/series.ts'
import { format } from '../../preview/units.ts'
import { INTERVALS, RANGE } from './fake-source.ts'

describe('numbers as Grafana writes them', () => {
  test.each([
    [0, 'short', '0'],
    [1234, 'short', '1.23 K'],
    [2_500_000, 'mps', '2.5 Mil msg/s'],
    [0.25, 'percentunit', '25%'],
    [0.0000004, 's', '400 ns'],
    [0.0125, 's', '12.5 ms'],
    [90, 's', '1.5 min'],
    [86_400 * 3, 's', '3 day'],
    [Number.POSITIVE_INFINITY, 's', '∞'],
    [1536, 'bytes', '1.5 KiB'],
    [1024 ** 3, 'binBps', '1 GiB/s'],
    [90_061, 'dtdurations', '1d 1h'],
    [0, 'dtdurations', '0s'],
    [1_700_000_000_000, 'dateTimeAsIso', '2023-11-14 22:13:20'],
    [Number.NaN, 'none', 'NaN'],
    [4000, 'none', '4000']
  ] as const)('%s in %s is %s', (value, unit, text) => {
    expect(format(value, unit)).toBe(text)
  })

  test('decimals as the panel wants them', () => {
    expect(format(0.99951, 'percentunit', 3)).toBe('99.951%')
  })
})

describe('variables', () => {
  test.each([
    ['up{job=~"$job"}', 'up{job=~"a|b"}'],
    ['up{job=~"${job:regex}"}', 'up{job=~"a|b"}'],
    ['rate(x[$__rate_interval])', 'rate(x[75s])'],
    ['rate(x[$__range])', 'rate(x[600s])'],
    ['x[$__interval] $__auto', 'x[60s] 60s'],
    ['$job_other', '$job_other']
  ])('%s', (expr, wanted) => {
    expect(interpolate(expr, { job: 'a|b' }, INTERVALS)).toBe(wanted)
  })

  test('several values are one expression, and what means something else in one is escaped', () => {
    expect(anyOf(['a', 'b:8080'])).toBe('(a|b:8080)')
    expect(anyOf(['b.example:8080'])).toBe(String.raw`b\\.example:8080`)
    expect(anyOf([])).toBe('')
  })

  test('a rate covers four scrapes also where the step is short', () => {
    const short = { range: { ...RANGE, stepMs: 1000 }, scrapeMs: 1000 }
    expect(interpolate('$__rate_interval', {}, short)).toBe('4s')
  })
})

test('legends', () => {
  expect(legendOf('codes {{class}}', { class: 'server' })).toBe('codes server')
  expect(legendOf('codes {{class}}', {})).toBe('codes')
  expect(legendOf('', { api: 'Fetch' })).toBe('Fetch')
})

describe('axes', () => {
  test('round numbers, of bytes those of two', () => {
    expect(linear({ min: 0, max: 1, from: 100, to: 0 }).ticks).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(linear({ min: 0, max: 5000, from: 100, to: 0, base: 1024 }).ticks).toEqual([0, 2048, 4096])
    expect(linear({ min: 3, max: 3, from: 100, to: 0 }).ticks.every(Number.isFinite)).toBe(true)
  })

  test('places', () => {
    const { place } = linear({ min: 0, max: 10, from: 100, to: 0 })
    expect([place(0), place(5), place(10)]).toEqual([100, 50, 0])
    const log = logarithmic({ min: 1, max: 1000, from: 90, to: 0 })
    expect([log.place(1), log.place(100), log.place(0)]).toEqual([90, 30, 90])
    expect(log.ticks).toEqual([1, 10, 100, 1000])
  })

  test('round moments', () => {
    expect(timeTicks(30_000, 190_000, 3)).toEqual([60_000, 120_000, 180_000])
  })
})

test('options are read and refused with their range', () => {
  expect(readOptions(['--prometheus', 'http://p:9090/', '--minutes', '5', '--log', 'a', '--log', 'b'])).toEqual({
    prometheusUrl: 'http://p:9090',
    logs: ['a', 'b'],
    minutes: 5,
    scrapeMs: 15_000,
    folder: null,
    port: 8085,
    isStrict: false
  })
  expect(() => readOptions(['--minutes', 'x'])).toThrow("--minutes is 'x'; it takes a whole number from 1 to 50000")
})
