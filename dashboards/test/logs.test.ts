import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { labelsIn, logQueryOf } from '../../tools/preview/logql/ast.ts'
import { parseLogql } from '../../tools/preview/logql/parse.ts'
import { boards, dashboardOf } from '../src/index.ts'
import { logqlOf } from './rules/walk.ts'

const queries = boards.map(dashboardOf).flatMap(logqlOf)

/** What the shipped collectors make labels of. */
const STREAM_LABELS = ['service', 'level', 'broker_id', 'cluster']
/** Loki's own; and what lines will say when identities are checked. */
const OTHERS = ['__error__', 'principal']

const SOURCES = fileURLToPath(new URL('../../packages/broker/src', import.meta.url))
const source = fs
  .readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => fs.readFileSync(path.join(SOURCES, file), 'utf8'))
  .join('\n')

/** As a field of a line: `client_id: clientId`, `messageKey: 'message'`, or in short `{ path }`. */
function isWritten(field: string): boolean {
  return new RegExp(`\\b${field}:|'${field}'|[{,]\\s*${field}\\s*[,}]`).test(source)
}

describe.each(queries.map(({ where, expr }) => [where, expr] as const))('%s', (_, expr) => {
  test('is LogQL on fields that lines of the broker have', () => {
    const query = parseLogql(expr)
    const known = [...STREAM_LABELS, ...OTHERS]
    expect(labelsIn(query).filter(label => !known.includes(label) && !isWritten(label))).toEqual([])
  })

  test('chooses the streams by their labels alone, and the broker at the top', () => {
    const { selector } = logQueryOf(parseLogql(expr))
    expect(selector).toEqual([
      { label: 'service', op: '=', value: 'streambus' },
      { label: 'cluster', op: '=~', value: '$cluster' },
      { label: 'broker_id', op: '=~', value: '$broker_id' }
    ])
  })
})

test('there are queries, and a field that nobody writes is noticed', () => {
  expect(queries.length).toBeGreaterThan(10)
  expect(isWritten('duration_ms')).toBe(true)
  expect(isWritten('duration_seconds')).toBe(false)
})
