import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { logFiles } from '../../../preview/log-files.ts'
import { labelsIn, type MetricQuery } from '../../../preview/logql/ast.ts'
import { linesOf, valuesAt } from '../../../preview/logql/evaluate.ts'
import { parseLogql } from '../../../preview/logql/parse.ts'
import type { LogLine } from '../../../preview/series.ts'

function entry(atMs: number, level: string, fields: object): LogLine {
  return { atMs, labels: { service: 'streambus', level }, line: JSON.stringify({ level, ...fields }) }
}

const LINES: readonly LogLine[] = [
  entry(1000, 'info', { message: 'started', duration_ms: 5 }),
  entry(2000, 'warn', { message: 'slow request', duration_ms: 250, api: 'Produce' }),
  entry(3000, 'error', { message: 'a handler failed', err: { type: 'TypeError' } }),
  entry(4000, 'error', { message: 'a handler failed', duration_ms: 120 }),
  { atMs: 5000, labels: { service: 'streambus' }, line: 'plain text' },
  { atMs: 6000, labels: { service: 'other', level: 'ERROR' }, line: '{}' }
]

function messages(query: string): readonly (string | undefined)[] {
  const parsed = parseLogql(query)
  if (parsed.kind !== 'log') throw new Error('not a query of lines')
  return linesOf(parsed, LINES).map(({ atMs }) => String(atMs / 1000))
}

describe('lines', () => {
  test.each([
    ['{service="streambus"}', '1 2 3 4 5'],
    ['{service=~"stream.*|x", level!="info"}', '2 3 4 5'],
    // A regular expression must fit the whole value.
    ['{service=~"stream"}', ''],
    ['{level=~"(?i)(error|fatal)"}', '3 4 6'],
    ['{service="streambus"} |= "handler"', '3 4'],
    ['{service="streambus"} != "handler" |~ "(?i)SLOW|plain"', '2 5'],
    ['{service="streambus"} |= `"duration_ms":5`', '1'],
    ['{service="streambus"} |= "" |= ``', '1 2 3 4 5'],
    ['{service="streambus"} | json | duration_ms > 100', '2 4'],
    ['{service="streambus"} | json | duration_ms <= 5', '1'],
    ['{service="streambus"} | json | err_type="TypeError"', '3'],
    ['{service="streambus"} | json | api="Produce" or duration_ms = 120', '2 4'],
    ['{service="streambus"} | json | __error__=""', '1 2 3 4'],
    ['{service="streambus"} | json | api!=""', '2'],
    // What the stream has already keeps its name.
    ['{service="streambus"} | json | level_extracted="warn"', '2']
  ])('%s', (query, wanted) => {
    expect(messages(query).join(' ')).toBe(wanted)
  })
})

describe('numbers', () => {
  function values(query: string): Record<string, number> {
    const found = valuesAt(parseLogql(query) as MetricQuery, LINES, 5000)
    return Object.fromEntries(found.map(({ labels, value }) => [Object.values(labels).join(), value]))
  }

  test.each([
    ['sum(count_over_time({service="streambus"}[5s]))', { '': 5 }],
    ['sum(count_over_time({service="streambus"}[2s]))', { '': 2 }],
    ['sum by (level) (count_over_time({service="streambus"}[5s]))', { info: 1, warn: 1, error: 2, '': 1 }],
    ['sum by (level) (rate({service="streambus", level="error"} [4s]))', { error: 0.5 }],
    ['topk(1, sum by (message) (count_over_time({level="error"} | json [5s])))', { 'a handler failed': 2 }],
    ['max(bytes_over_time({service="streambus"} |= "plain" [5s]))', { '': 10 }],
    ['count(count_over_time({service="streambus"}[5s])) by (service)', { streambus: 4 }]
  ])('%s', (query, wanted) => {
    expect(values(query)).toEqual(wanted)
  })
})

test('lines are written anew', () => {
  const query = parseLogql('{level="warn"} | json | line_format "{{.api}}: {{.message}} {{.nothing}}| {{__line__}}"')
  const [line] = query.kind === 'log' ? linesOf(query, LINES) : []
  expect(line?.line).toBe(`Produce: slow request | ${LINES[1]?.line}`)
})

test('the labels that a query names', () => {
  const query = parseLogql('topk(3, sum by (api) (rate({service="a"} | json | duration_ms > 5 or path="x" [1m])))')
  expect(labelsIn(query)).toEqual(['service', 'duration_ms', 'path', 'api'])
})

describe('what is no LogQL', () => {
  test.each([
    ['{service="a"', "at 12: the end where ',' is expected"],
    ['{}', 'a selector needs a label'],
    ['{service="a"} |= ', 'at 16: the end where a text is expected'],
    ['{service="a"} | json | duration_ms >', 'at 36: the end where a value is expected'],
    ['{service="a"} | json | duration_ms > "5"', 'duration_ms > takes a number'],
    ['{service>"a"}', '> does not compare service'],
    ['rate({service="a"})', "at 18: ')' where '[' is expected"],
    ['rate({service="a"}[5])', "at 19: '5' where a duration such as 5m is expected"],
    ['quantile({service="a"}[5m])', 'there is no function quantile'],
    ['{service="a"} | line_format "{{if .x}}"', '{{if .x}} is no {{.label}}'],
    ['{service="a"} §', "at 13: ' §' is not LogQL"]
  ])('%s', (query, problem) => {
    expect(() => parseLogql(query)).toThrow(problem)
  })
})

test('log files in the place of Loki', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preview-logs-'))
  try {
    const file = path.join(folder, 'broker.log')
    const stamp = (atMs: number): string => new Date(atMs).toISOString()
    const base = { service: 'streambus', broker_id: 1, cluster: null }
    const lines = [
      { ...base, timestamp: stamp(60_000), level: 'info', message: 'one' },
      { ...base, timestamp: stamp(120_000), level: 'error', message: 'two' }
    ]
    fs.writeFileSync(file, `streambus ready\n${lines.map(line => JSON.stringify(line)).join('\n')}\n`)
    const source = logFiles([file])
    const range = { fromMs: 0, toMs: 180_000, stepMs: 60_000 }
    expect(await source.labelValues('{service="streambus"}', 'level')).toEqual(['error', 'info'])
    expect(
      (await source.range('{broker_id="1", cluster=~".*"} |= "two"', range)).lines.map(({ atMs }) => atMs)
    ).toEqual([120_000])
    const { series } = await source.range('sum by (level) (count_over_time({service="streambus"}[60s]))', range)
    expect(series.map(({ labels, points }) => [labels, points])).toEqual([
      [{ level: 'info' }, [[60_000, 1]]],
      [{ level: 'error' }, [[120_000, 1]]]
    ])
    const now = await source.instant('sum(count_over_time({service="streambus"}[180s]))', range)
    expect(now.series[0]?.points).toEqual([[180_000, 2]])
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})
