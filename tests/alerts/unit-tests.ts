import fs from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { namesIn } from '../../tools/promql/index.ts'
import type { Context } from './rule-problems.ts'

interface ExpectedAlert {
  readonly exp_labels: Readonly<Record<string, string>>
}

interface UnitTestFile {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly ExpectedAlert[]
    }[]
    readonly promql_expr_test?: readonly { readonly expr: string }[]
  }[]
}

/** Absolute paths of all unit tests for promtool. */
export function unitTestFiles(root: string): string[] {
  const folder = path.join(root, 'alerts/tests')
  return fs.readdirSync(folder).map(name => path.join(folder, name))
}

/** What those tests look at. Whether they pass is for promtool. */
export function testedRules(root: string): Pick<Context, 'firing' | 'silent' | 'asked'> {
  const firing = new Set<string>()
  const silent = new Set<string>()
  const asked = new Set<string>()
  for (const file of unitTestFiles(root)) {
    const { tests } = parse(fs.readFileSync(file, 'utf8')) as UnitTestFile
    for (const { alert_rule_test: alerts = [], promql_expr_test: expressions = [] } of tests) {
      for (const { alertname, exp_alerts: expected } of alerts) {
        if (expected.length === 0) silent.add(alertname)
        for (const { exp_labels: labels } of expected) firing.add(`${alertname} ${labels['severity']}`)
      }
      for (const { expr } of expressions) for (const name of namesIn(expr)) asked.add(name)
    }
  }
  return { firing, silent, asked }
}
