import fs from 'node:fs'
import path from 'node:path'
import { catalogue, type Definition, owners, sections } from '@streambus/metrics'
import { expect, test } from 'vitest'
import { METRICS_PAGE, metricsPage } from '../../docs/metrics-page.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const definitions: readonly [string, Definition][] = Object.entries(catalogue)

test('docs/METRICS.md is what the catalogue says: npm run docs:metrics', () => {
  const text = fs.readFileSync(path.join(ROOT, METRICS_PAGE), 'utf8')
  expect(text === metricsPage(), `${METRICS_PAGE} is stale: npm run docs:metrics`).toBe(true)
})

test('the page has every metric once, with what belongs to it', () => {
  const rows = metricsPage()
    .split('\n')
    .filter(line => /^\| `(?!packages)/.test(line))
  expect(rows).toHaveLength(definitions.length)
  for (const [, { name, type, labels, help }] of definitions) {
    const [row = '', ...others] = rows.filter(line => line.startsWith(`| \`${name}\` |`))
    expect(others).toEqual([])
    expect(row.split(' | ')[1]).toMatch(new RegExp(`^${type}`))
    for (const label of labels) expect(row).toContain(`\`${label}\``)
    expect(row.replaceAll('&lt;', '<').replaceAll('\\|', '|')).toContain(help)
  }
})

test('sections and catalogue hold the same', () => {
  const keys = sections.flatMap(({ metrics }) => Object.keys(metrics))
  expect(keys).toEqual(Object.keys(catalogue))
})

test.each(definitions)('%s is set in the file that its owner names', (key, { owner }) => {
  const { file, awaits } = owners[owner]
  if (file === null) {
    expect(awaits).not.toBeNull()
    return
  }
  const source = fs.readFileSync(path.join(ROOT, 'packages', file), 'utf8')
  expect(source, `packages/${file}`).toMatch(new RegExp(`\\b${key}\\b`))
})
