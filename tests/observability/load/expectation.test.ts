import { expect, test } from 'vitest'
import { describe, differences, Expectations, exprOf } from './expectation.ts'
import { MetricsPage } from './metrics-page.ts'

test('what is asked', () => {
  expect(exprOf({ name: 'a', labels: {}, of: 'one' })).toBe('a')
  expect(exprOf({ name: 'a', labels: { b: 'c"d' }, of: 'one' }, { job: 'x' })).toBe('a{b="c\\"d",job="x"}')
  expect(exprOf({ name: 'a', labels: { b: 'c' }, of: 'sum' })).toBe('sum(a{b="c"})')
  expect(exprOf({ name: 'a', labels: {}, of: 'total' })).toBe('sum(a) or vector(0)')
})

test('what is equal makes no line; each difference makes one', async () => {
  const { all } = new Expectations()
    .from('the page')
    .is('same', 3)
    .is('other', 3, { kind: 'x' })
    .is('missing', 0)
    .is('gone', null)
    .is('not_gone', null)
    .is('several', 1)
  const answers: Readonly<Record<string, readonly number[]>> = { same: [3], not_gone: [1], several: [1, 1] }
  const ask = async (expr: string) =>
    (answers[expr] ?? (expr.startsWith('other') ? [4] : [])).map(value => ({ labels: {}, value }))
  expect((await differences(all, ask)).map(describe)).toEqual([
    'other{kind="x"} is 4, expected 3: the page',
    'missing is no series, expected 0: the page',
    'not_gone is 1, expected no series: the page',
    'several is several series, expected 1: the page'
  ])
})

test('a page of metrics answers as Prometheus does', async () => {
  const page =
    '# TYPE a_total counter\na_total{b="x",c="1"} 2\na_total{b="x",c="2"} 3\na_total{b="y\\"z"} 4\nd 1.5e+3\n'
  const { all } = new Expectations()
    .from('the page')
    .sum('a_total', 9)
    .sum('a_total', 5, { b: 'x' })
    .is('a_total', 3, { c: '2' })
    .is('d', 1500)
    .is('e', null)
    .total('e', 0)
  const asked = new MetricsPage(page)
  expect(await differences(all, expr => asked.query(expr))).toEqual([])
  const { all: wrong } = new Expectations().from('the page').sum('e', 0).is('a_total', 2, { b: 'x' }).total('d', 1)
  expect(await differences(wrong, expr => asked.query(expr))).toHaveLength(3)
})
