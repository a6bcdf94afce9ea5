import { expect, test } from 'vitest'
import { dashboards } from '../../../tools/preview/render.ts'
import type { DataSource, Series } from '../../../tools/preview/series.ts'
import { inRepository } from '../../stack/files.ts'
import { type Answers, answersOf } from './answers.ts'
import { differences } from './controls.ts'
import { CAN_BE_INFINITE, CAN_BE_NAN, NOTHING_TO_SHOW, STANDS_STILL } from './exceptions.ts'
import { allPanels, constantRecordings, panelsThatRead, recordingsThatRead } from './expected.ts'
import { lasting } from './lasting.ts'
import { lackingPanels, panelProblems } from './panel-problems.ts'
import { lackingRecordings, readRecordings, recordingsOf } from './rules.ts'
import { stillProblems } from './still.ts'

const SPAN = { minutes: 1, scrapeMs: 1000, toMs: 1_000_000 }
const RULES = readRecordings(inRepository('alerts/streambus-recording.yml'))

const panels = dashboards.flatMap(({ panels: parts }) =>
  parts.flatMap(one => (one.type === 'row' ? one.panels : [one]))
)
const legendLabels = panels.flatMap(({ targets }) =>
  targets.flatMap(({ legendFormat = '' }) =>
    [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? '')
  )
)
const ALL_LABELS = Object.fromEntries(legendLabels.map(label => [label, 'x']))

/** Answers every query with the same series. */
function source(series: readonly Series[], options: readonly string[] = ['one']): DataSource {
  const answer = { series, lines: series.map(({ labels }) => ({ atMs: 0, labels, line: '{}' })) }
  return {
    range: () => Promise.resolve(answer),
    instant: () => Promise.resolve(answer),
    labelValues: () => Promise.resolve(options)
  }
}

function seriesOf(value: number, labels: Series['labels'] = ALL_LABELS): Series {
  return { name: '', labels, points: [[SPAN.toMs, value]] }
}

function asked(all: DataSource): Promise<Answers> {
  return answersOf(dashboards, { prometheus: all, loki: all }, SPAN)
}

test('nothing is wrong with dashboards that get what they ask for', async () => {
  expect(panelProblems(await asked(source([seriesOf(1)])))).toEqual([])
})

test('without any data every panel is named, but for those that cannot have any', async () => {
  const lacking = lackingPanels(await asked(source([])))
  const all = [...allPanels(dashboards)]
  expect(all.length).toBeGreaterThan(200)
  expect([...lacking].toSorted()).toEqual(all.filter(name => !(name in NOTHING_TO_SHOW)).toSorted())
})

test('numbers that are none are no data, except where something is awaited, or an infinity says something', async () => {
  const named = lackingPanels(await asked(source([seriesOf(Number.NaN)])))
  expect(named).toContain('StreamBus Overview / Message Throughput')
  expect(named).not.toContain('StreamBus Transactions / Duration')
  const infinite = lackingPanels(await asked(source([seriesOf(Number.POSITIVE_INFINITY)])))
  expect(infinite).toContain('StreamBus Overview / Message Throughput')
  for (const name of Object.keys(CAN_BE_INFINITE)) expect(infinite).not.toContain(name)
})

test('a legend without its label, too many series, errors and empty choices are problems', async () => {
  const problemsFor = async (all: DataSource, name: string): Promise<string[]> =>
    panelProblems(await asked(all)).filter(line => line.startsWith(name))
  const status = 'StreamBus Overview / Broker Status A'
  expect(await problemsFor(source([seriesOf(1, {})]), status)).toEqual([
    expect.stringContaining('the legend names {{instance}}, which no series has')
  ])
  expect(await problemsFor(source([seriesOf(0, { instance: 'none' })]), status)).toEqual([])
  const many = Array.from({ length: 51 }, () => seriesOf(1))
  expect(await problemsFor(source(many), status)).toEqual([expect.stringContaining('has 51 series')])
  expect(await problemsFor(source(many), 'StreamBus Overview / Groups Furthest')).toEqual([])
  const broken: DataSource = { ...source([seriesOf(1)]), instant: () => Promise.reject(new Error('bad query')) }
  expect(await problemsFor(broken, status)).toEqual([expect.stringContaining('bad query')])
  expect(await problemsFor(source([seriesOf(1)], []), 'StreamBus Overview / $job')).toEqual([
    'StreamBus Overview / $job: nothing to choose from'
  ])
})

test('a query that only ever showed zero is told, unless it is known to', async () => {
  const still = async (value: number): Promise<string[]> => {
    const all = source([seriesOf(value)])
    return stillProblems(await asked(all), all, SPAN)
  }
  expect(await still(1)).toEqual([])
  const names = (await still(0)).map(line => line.split(': ')[0])
  expect(names).toContain('StreamBus Overview / Message Throughput A')
  for (const name of Object.keys(STANDS_STILL)) expect(names).not.toContain(name)
})

test('exceptions are of panels, queries and rules that there are', () => {
  const all = allPanels(dashboards)
  for (const name of [...Object.keys(NOTHING_TO_SHOW), ...Object.keys(CAN_BE_INFINITE)]) expect(all).toContain(name)
  for (const query of Object.keys(STANDS_STILL)) expect(all).toContain(query.replace(/ [A-Z]$/, ''))
  const recorded = RULES.map(({ name }) => name)
  for (const name of Object.keys(CAN_BE_NAN)) expect(recorded).toContain(name)
})

test('panels that read a metric are known from their queries, also by the parts of a histogram', () => {
  const counter = panelsThatRead(dashboards, ['streambus_segment_rolls_total'])
  expect([...counter]).toEqual(['StreamBus Storage / Rolled and Deleted'])
  const histogram = panelsThatRead(dashboards, ['streambus_purgatory_wait_seconds'])
  expect([...histogram]).toEqual(['StreamBus Performance / P95 Wait'])
})

const CHAIN = recordingsOf(`
groups:
  - name: chain
    rules:
      - { record: 'a:first', expr: 'rate(gone_total[5m])' }
      - { record: 'a:second', expr: 'sum(a:first)' }
      - { record: 'a:mixed', expr: 'rate(stays_total[5m])' }
      - { record: 'a:mixed', expr: 'sum(a:second)', labels: { of: 'gone' } }
      - { record: 'a:reader', expr: 'max(a:mixed)' }
      - { record: 'a:constant', expr: 'vector(1)' }
`)

test('what rules record is missing with what they read, through other rules, until something else is left', () => {
  const missing = recordingsThatRead(CHAIN, ['gone_total'])
  expect([...missing].toSorted()).toEqual(['a:first', 'a:mixed{of="gone"}', 'a:second'])
  expect([...recordingsThatRead(CHAIN, ['gone_total', 'stays_total'])]).toContain('a:reader')
  expect([...constantRecordings(CHAIN)]).toEqual(['a:constant'])
})

test('rules of one name are told apart by their labels', () => {
  const mixed = CHAIN.filter(({ name }) => name === 'a:mixed').map(({ selector }) => selector)
  expect(mixed).toEqual(['a:mixed{of!="gone"}', 'a:mixed{of="gone"}'])
  expect(new Set(RULES.map(({ selector }) => selector)).size).toBe(RULES.length)
})

test('recorded series without samples or numbers are told', async () => {
  const nan = await lackingRecordings(source([seriesOf(Number.NaN)]), RULES)
  expect(nan.size).toBe(RULES.length - Object.keys(CAN_BE_NAN).length)
  expect((await lackingRecordings(source([]), RULES)).size).toBe(RULES.length)
  expect((await lackingRecordings(source([seriesOf(0)]), RULES)).size).toBe(0)
})

test('a control tells what it has not found, what it found too much, and that it looked for nothing', () => {
  const of = (expected: string[], found: string[]): string[] => differences('test', 'panel', { expected, found })
  expect(of(['a', 'b'], ['b', 'a'])).toEqual([])
  expect(of(['a'], [])).toEqual(['negative control, test: panel a passed although it should have failed'])
  expect(of(['a'], ['a', 'b'])).toEqual(['negative control, test: panel b failed, too'])
  expect(of([], [])).toHaveLength(1)
})

test('what is wrong only for a moment is not told', async () => {
  const moments = [['a', 'b', 'c'], ['c', 'b'], ['b'], ['b', 'a']]
  expect(await lasting(() => Promise.resolve(moments.shift() ?? ['never asked']), 0)).toEqual(['b'])
  expect(moments).toEqual([])
  const soonWell = [['a'], []]
  expect(await lasting(() => Promise.resolve(soonWell.shift() ?? ['never asked']), 0)).toEqual([])
})
