import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buckets, catalogue } from '@streambus/metrics'
import { allSeries, shippedRules } from '../../tools/promql/index.ts'
import { shownBoards } from './dashboard-links.ts'
import type { Context } from './rule-problems.ts'
import { testedRules } from './unit-tests.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const rules = shippedRules(root)
export const runbookFolder = path.join(root, 'docs/runbooks')

/** The rules as they are shipped, among the metrics, runbooks and unit tests that there are. */
export const context: Context = {
  known: allSeries(root, Object.values(catalogue), buckets),
  records: rules.records,
  boards: shownBoards(rules.records),
  runbooks: new Set(
    fs
      .readdirSync(runbookFolder)
      .filter(name => name.endsWith('.md') && name !== 'README.md')
      .map(name => path.parse(name).name)
  ),
  ...testedRules(root)
}
