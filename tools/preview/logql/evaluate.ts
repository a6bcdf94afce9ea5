import type { LogLine, Range, Series } from '../series.ts'
import {
  type Aggregation,
  type Condition,
  type LogQuery,
  LogqlError,
  type MetricQuery,
  type RangeQuery,
  type Stage
} from './ast.ts'

/** The lines that a query lets through, with the labels that its stages have found in them. */
export function linesOf({ selector, stages }: LogQuery, lines: readonly LogLine[]): readonly LogLine[] {
  const chosen = lines.filter(({ labels }) => selector.every(condition => holds(condition, labels)))
  return stages.reduce(apply, chosen)
}

function apply(lines: readonly LogLine[], stage: Stage): readonly LogLine[] {
  switch (stage.kind) {
    case 'line': {
      const wanted = stage.op === '|=' || stage.op === '|~'
      const isText = stage.op === '|=' || stage.op === '!='
      const pattern = isText ? null : regularExpression(stage.value)
      return lines.filter(({ line }) => (pattern === null ? line.includes(stage.value) : pattern.test(line)) === wanted)
    }
    case 'json':
      return lines.map(line => ({ ...line, labels: { ...line.labels, ...extracted(line) } }))
    case 'format':
      return lines.map(line => ({ ...line, line: formatted(stage.template, line) }))
    case 'label':
      return lines.filter(({ labels }) => stage.anyOf.some(condition => holds(condition, labels)))
    default:
      return stage satisfies never
  }
}

function formatted(template: string, { line, labels }: LogLine): string {
  const named = template.replaceAll(/\{\{\.(\w+)\}\}/g, (_, label: string) => labels[label] ?? '')
  return named.replaceAll('{{__line__}}', () => line)
}

/** RE2 knows flags in front only; so do we. */
function regularExpression(text: string, isWhole = false): RegExp {
  const ignoresCase = text.startsWith('(?i)')
  const body = ignoresCase ? text.slice('(?i)'.length) : text
  return new RegExp(isWhole ? `^(?:${body})$` : body, ignoresCase ? 'i' : '')
}

/** A label that is not there is the empty text, as in Loki. */
function holds({ label, op, value }: Condition, labels: LogLine['labels']): boolean {
  const found = labels[label] ?? ''
  switch (op) {
    case '=':
    case '==':
      return typeof value === 'number' ? Number(found) === value : found === value
    case '!=':
      return typeof value === 'number' ? Number(found) !== value : found !== value
    case '=~':
      return regularExpression(String(value), true).test(found)
    case '!~':
      return !regularExpression(String(value), true).test(found)
    case '>':
      return found !== '' && Number(found) > Number(value)
    case '>=':
      return found !== '' && Number(found) >= Number(value)
    case '<':
      return found !== '' && Number(found) < Number(value)
    case '<=':
      return found !== '' && Number(found) <= Number(value)
    default:
      return op satisfies never
  }
}

/** What is inside of objects gets a name with an underscore; what the stream has already gets another name. */
function extracted({ line, labels }: LogLine): Readonly<Record<string, string>> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { __error__: 'JSONParserErr' }
  }
  const found: Record<string, string> = {}
  const walk = (object: object, prefix: string): void => {
    for (const [key, item] of Object.entries(object)) {
      const name = prefix + key.replaceAll(/\W/g, '_')
      if (typeof item === 'object' && item !== null) {
        if (!Array.isArray(item)) walk(item, `${name}_`)
      } else if (item !== null) found[name in labels ? `${name}_extracted` : name] = String(item)
    }
  }
  if (typeof value === 'object' && value !== null) walk(value, '')
  return found
}

/** A number for each step, and each set of labels that had a line in the range before it. */
export function seriesOf(query: MetricQuery, lines: readonly LogLine[], range: Range): readonly Series[] {
  const byStep = new Map<string, { readonly labels: LogLine['labels']; readonly points: [number, number][] }>()
  for (let at = range.fromMs; at <= range.toMs; at += range.stepMs) {
    for (const { labels, value } of valuesAt(query, lines, at)) {
      const key = JSON.stringify(labels)
      const known = byStep.get(key) ?? { labels, points: [] }
      known.points.push([at, value])
      byStep.set(key, known)
    }
  }
  return [...byStep.values()].map(one => ({ ...one, name: '' }))
}

interface Value {
  readonly labels: LogLine['labels']
  readonly value: number
}

export function valuesAt(query: MetricQuery, lines: readonly LogLine[], atMs: number): readonly Value[] {
  return query.kind === 'range' ? rangeAt(query, lines, atMs) : aggregated(query, valuesAt(query.of, lines, atMs))
}

function rangeAt({ fn, of, rangeMs }: RangeQuery, lines: readonly LogLine[], atMs: number): readonly Value[] {
  if (rangeMs === null) throw new LogqlError('a variable stands where a duration should be')
  const inRange = lines.filter(line => line.atMs > atMs - rangeMs && line.atMs <= atMs)
  const counts = new Map<string, { readonly labels: LogLine['labels']; value: number }>()
  for (const { labels, line } of linesOf(of, inRange)) {
    const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    const known = counts.get(key) ?? { labels, value: 0 }
    known.value += fn.startsWith('bytes') ? Buffer.byteLength(line) : 1
    counts.set(key, known)
  }
  const divisor = fn === 'rate' || fn === 'bytes_rate' ? rangeMs / 1000 : 1
  return [...counts.values()].map(({ labels, value }) => ({ labels, value: value / divisor }))
}

function aggregated({ op, k, by }: Aggregation, values: readonly Value[]): readonly Value[] {
  if (op === 'topk') return values.toSorted((a, b) => b.value - a.value).slice(0, k)
  if (op === 'bottomk') return values.toSorted((a, b) => a.value - b.value).slice(0, k)
  const groups = Map.groupBy(values, ({ labels }) => JSON.stringify((by ?? []).map(label => labels[label] ?? '')))
  return [...groups.values()].map(members => {
    const numbers = members.map(({ value }) => value)
    const kept = (by ?? []).flatMap(label => {
      const value = members[0]?.labels[label]
      return value === undefined || value === '' ? [] : [[label, value] as const]
    })
    return { labels: Object.fromEntries(kept), value: combine(op, numbers) }
  })
}

function combine(op: 'sum' | 'min' | 'max' | 'avg' | 'count', numbers: readonly number[]): number {
  const total = numbers.reduce((sum, value) => sum + value, 0)
  switch (op) {
    case 'sum':
      return total
    case 'avg':
      return total / numbers.length
    case 'count':
      return numbers.length
    case 'min':
      return numbers.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY)
    case 'max':
      return numbers.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY)
    default:
      return op satisfies never
  }
}
