import fs from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import type { Expr } from './ast.ts'
import { type KnownSeries, type SeriesTable, seriesOf } from './known-series.ts'
import { parsePromql } from './parse.ts'
import { resultLabels } from './result-labels.ts'

type Texts = Readonly<Record<string, string>>

export interface RecordingRule {
  readonly record: string
  readonly expr: string
  readonly labels: Texts
}

export interface AlertRule {
  readonly alert: string
  readonly group: string
  readonly expr: string
  /** As written; null without one. */
  readonly for: string | null
  readonly labels: Texts
  readonly annotations: Texts
}

export interface Rules {
  readonly alerts: readonly AlertRule[]
  readonly records: readonly RecordingRule[]
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Partial<AlertRule & RecordingRule>[] }[]
}

/** The rules of a file for Prometheus, in their order. Throws on YAML that is none. */
export function parseRules(text: string): Rules {
  const { groups } = parse(text) as RuleFile
  const alerts: AlertRule[] = []
  const records: RecordingRule[] = []
  for (const { name: group, rules } of groups) {
    for (const rule of rules) {
      const { expr = '', labels = {}, annotations = {} } = rule
      if (rule.record !== undefined) records.push({ record: rule.record, expr, labels })
      else alerts.push({ alert: rule.alert ?? '', group, expr, for: rule.for ?? null, labels, annotations })
    }
  }
  return { alerts, records }
}

/** All rules that the project ships. */
export function shippedRules(root: string): Rules {
  const read = (name: string): Rules => parseRules(fs.readFileSync(path.join(root, 'alerts', name), 'utf8'))
  return { alerts: read('streambus-alerts.yml').alerts, records: read('streambus-recording.yml').records }
}

/** `known` and what the rules record. A rule may read what an earlier one has recorded. */
export function withRecorded(known: SeriesTable, records: readonly RecordingRule[]): Map<string, KnownSeries> {
  const all = new Map(known)
  for (const { record, expr, labels } of records) {
    const parsed = parsePromql(expr)
    const own = [...resultLabels(parsed, all), ...Object.keys(labels), ...(all.get(record)?.labels ?? [])]
    all.set(record, { labels: [...new Set(own)], kind: kindOf(parsed, all), isRecorded: true })
  }
  return all
}

/** Every series there can be where a broker is scraped and the shipped rules are loaded. */
export function allSeries(root: string, ...catalogue: Parameters<typeof seriesOf>): Map<string, KnownSeries> {
  return withRecorded(seriesOf(...catalogue), shippedRules(root).records)
}

/** A counter under another name is still one. */
function kindOf(expr: Expr, known: SeriesTable): KnownSeries['kind'] {
  return expr.kind === 'selector' ? (known.get(expr.name ?? '')?.kind ?? 'gauge') : 'gauge'
}
