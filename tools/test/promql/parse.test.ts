import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { namesIn, PromqlError, parseDuration, parsePromql, typeOf } from '../../promql/index.ts'
import { hasPromtool, promtoolTakes } from './promtool.ts'
import { print, randomExpr } from './random-expr.ts'

const GOOD = [
  'histogram_quantile(0.99, rate(streambus_produce_latency_seconds_bucket[5m])) > 0.1',
  '(a / (a + b)) * 100 > 80',
  'sum by (job, instance) (rate(x_total{class="server",code!~"5.."}[5m])) / on(job, instance) group_left(v) y',
  'sum(rate(x_total[1h30m])) without (a)',
  'max_over_time(deriv(x[15m])[1h:1m] offset 1d)',
  'x offset -5m',
  'x @ 1600000000',
  'x[5m] @ end()',
  'topk(5, x)',
  'count_values("version", x)',
  'absent(up{job="streambus"})',
  'label_replace(x, "a", "$1", "b", "(.*)")',
  'x and on() vector(1)',
  'x unless ignoring(a) y or z',
  '-2 ^ 2 ^ -x',
  '1 > bool 2',
  'a:b:c{le="+Inf"}',
  'NaN + Inf - inf',
  '0x1F + .5 + 1e-3',
  "x{a='it',b=`raw \\n`,}",
  'SUM BY (a) (x) AND y',
  'up # a comment\n== 0',
  'round(x)',
  'hour()',
  'time() - process_start_time_seconds'
]
const BAD = [
  'rate(x)',
  'rate(x[5m]',
  'rate(x[5])',
  'sum(x[5m])',
  'x[5m][5m]',
  '(x + y)[5m]',
  'nothing(x)',
  'topk(x)',
  'histogram_quantile(x[5m], 1)',
  'histogram_quantile(0.9)',
  '1 > 2',
  'x + bool y',
  'x and 1',
  'x and group_left() y',
  '1 + on(a) x',
  '"a" + 1',
  '{}',
  '{a=""}',
  'rate(x[5m]) offset 1d',
  '(1 + x) @ 5',
  'x{a=b}',
  'x{a~"b"}',
  'x{"a"="b"}',
  'x y',
  'x +',
  '$x + ^',
  'label_replace(x, "a", "b", "c")',
  'x{a="b"',
  '5m'
]

function isTaken(text: string): boolean {
  try {
    typeOf(parsePromql(text))
    return true
  } catch (error) {
    if (error instanceof PromqlError) return false
    throw error
  }
}

test('takes what Prometheus takes, and refuses what it refuses', () => {
  expect(GOOD.filter(text => !isTaken(text))).toEqual([])
  expect(BAD.filter(text => isTaken(text))).toEqual([])
})

test.skipIf(!hasPromtool)('those lists are what promtool says (skipped without promtool)', () => {
  expect(promtoolTakes(GOOD)).toEqual(GOOD.map(() => true))
  expect(promtoolTakes(BAD)).toEqual(BAD.map(() => false))
})

test('reads what was printed', () => {
  fc.assert(
    fc.property(randomExpr, expr => {
      expect(parsePromql(print(expr))).toEqual(expr)
    })
  )
})

test.skipIf(!hasPromtool)('judges random expressions as promtool does (skipped without promtool)', () => {
  const texts = fc.sample(randomExpr, 500).map(print)
  const theirs = promtoolTakes(texts)
  expect(texts.filter((text, index) => isTaken(text) !== theirs[index])).toEqual([])
})

describe('what it reads', () => {
  test('binds as tightly as Prometheus', () => {
    const same = (loose: string, bracketed: string): void => expect(parsePromql(loose)).toEqual(parsePromql(bracketed))
    same('a + b * c ^ d', 'a + (b * (c ^ d))')
    same('a ^ b ^ c', 'a ^ (b ^ c)')
    same('a - b - c', '(a - b) - c')
    same('a or b and c > d', 'a or (b and (c > d))')
    same('-a ^ b', '-(a ^ b)')
    same('-a * b', '(-a) * b')
    same('sum(a) by (x)', 'sum by (x) (a)')
  })

  test("takes Grafana's variables where they can stand", () => {
    expect([...namesIn('rate(x_total{job=~"$job"}[$__rate_interval]) / ${scale}')]).toEqual(['x_total'])
    expect(isTaken('topk($n, sum_over_time(x[$__range:1m]))')).toBe(true)
    expect(isTaken('sum by ($group) (x)')).toBe(false)
  })

  test('durations in milliseconds', () => {
    expect(parseDuration('1h30m')).toBe(5_400_000)
    expect(parseDuration('250ms')).toBe(250)
  })

  test('an error says where and what', () => {
    expect(() => parsePromql('rate(x[5m)')).toThrow("at 9: ')' where ']' is expected")
    expect(() => parsePromql('sum(x')).toThrow("at 5: the end where ',' is expected")
    expect(() => typeOf(parsePromql('rate(x)'))).toThrow('rate takes a range where a vector is given')
  })
})
