import fs from 'node:fs'
import { parse, stringify } from 'yaml'
import { prometheusAt } from '../../../tools/preview/prometheus.ts'
import type { DataSource } from '../../../tools/preview/series.ts'
import { finiteValues } from './answers.ts'
import { CAN_BE_NAN } from './exceptions.ts'

type Labels = Readonly<Record<string, string>>

export interface Recording {
  readonly name: string
  readonly expr: string
  /** Of what this rule records, and no other of the same name. */
  readonly selector: string
}

interface RuleFile {
  readonly groups: readonly {
    readonly name: string
    readonly interval?: string
    readonly rules: readonly { readonly record?: string; readonly expr: string; readonly labels?: Labels }[]
  }[]
}

export function readRecordings(file: string): Recording[] {
  return recordingsOf(fs.readFileSync(file, 'utf8'))
}

export function recordingsOf(text: string): Recording[] {
  const { groups } = parse(text) as RuleFile
  const all = groups.flatMap(({ rules }) =>
    rules.flatMap(({ record: name, expr, labels = {} }) => (name === undefined ? [] : [{ name, expr, labels }]))
  )
  return all.map(rule => {
    const others = all.filter(other => other !== rule && other.name === rule.name)
    return { name: rule.name, expr: rule.expr, selector: selectorOf(rule, others) }
  })
}

function selectorOf(
  { name, labels }: { readonly name: string; readonly labels: Labels },
  others: readonly { readonly labels: Labels }[]
): string {
  const own = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const foreign = others.flatMap(other => Object.entries(other.labels).filter(([label]) => !(label in labels)))
  const matchers = [...own, ...foreign.map(([label, value]) => `${label}!="${value}"`)]
  return matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`
}

/**
 * Writes the same rules in the same order, to be evaluated as often as the Prometheus that loads them likes: nobody
 * waits five minutes for the first number of a group.
 */
export function writeHurried(file: string, target: string): void {
  const { groups } = parse(fs.readFileSync(file, 'utf8')) as RuleFile
  const hurried = groups.map(({ name, rules }) => ({ name, rules }))
  fs.writeFileSync(target, stringify({ groups: hurried }, { lineWidth: 0 }))
}

/** What is recorded is there, and a number where it can be one: a line for each rule of which that is not true. */
export async function recordingProblems(options: {
  readonly prometheusUrl: string
  readonly ruleFile: string
}): Promise<string[]> {
  const found = await lackingRecordings(prometheusAt(options.prometheusUrl), readRecordings(options.ruleFile))
  return [...found].map(([selector, problem]) => `${selector}: ${problem}`)
}

/** What is wrong with each rule that lacks something, by its selector. */
export async function lackingRecordings(
  prometheus: DataSource,
  rules: readonly Recording[]
): Promise<Map<string, string>> {
  const nowMs = Date.now()
  const found = new Map<string, string>()
  for (const { name, selector, expr } of rules) {
    const answer = await prometheus.instant(selector, { fromMs: nowMs, toMs: nowMs, stepMs: 1000 })
    if (answer.series.length === 0) found.set(selector, `no data: ${expr}`)
    else if (finiteValues(answer).length === 0 && !(name in CAN_BE_NAN)) found.set(selector, `no number: ${expr}`)
  }
  return found
}
