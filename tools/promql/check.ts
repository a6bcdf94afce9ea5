import { type Binary, type Call, type Expr, PromqlError, type Selector, walk } from './ast.ts'
import { type KnownSeries, labelsOf, type SeriesTable, TARGET_LABELS } from './known-series.ts'
import { parsePromql } from './parse.ts'
import { matchedLabels, resultLabels } from './result-labels.ts'
import { isSetOperator, typeOf } from './value-type.ts'

/** Functions that only mean something for what grows and starts again at zero. */
const OF_COUNTERS: readonly string[] = ['rate', 'irate', 'increase', 'resets']
/** Those that only mean something for what goes up and down. */
const OF_GAUGES: readonly string[] = ['delta', 'idelta', 'deriv', 'predict_linear', 'holt_winters']
/** A counter's number may be looked at where only its being there is asked for. */
const OF_PRESENCE: readonly string[] = ['absent', 'absent_over_time', 'present_over_time', 'changes', 'count_over_time']
/** Four scrapes of the shipped 15 s: less, and one failed scrape leaves a rate without a second point. */
const RANGE_MS_MIN = 60_000

export interface CheckOptions {
  readonly known: SeriesTable
  /** A rule may copy a counter under another name: it stays one. */
  readonly bareCounters?: boolean
}

/**
 * What is wrong with an expression, one sentence each; empty when nothing is. Series and labels must be known ones,
 * functions must fit what they are given, and both sides of an operation must be able to find each other: Prometheus
 * says nothing about any of that, it returns nothing.
 */
export function checkPromql(text: string, options: CheckOptions): string[] {
  let expr: Expr
  try {
    expr = parsePromql(text)
    typeOf(expr)
  } catch (error) {
    if (error instanceof PromqlError) return [error.message]
    throw error
  }
  const found = new Set<string>()
  for (const node of walk(expr)) {
    for (const problem of problemsOf(node, options.known)) found.add(problem)
  }
  if (options.bareCounters !== true) {
    for (const name of bareCounters(expr, options.known)) found.add(`${name} is a counter: take its rate or increase`)
  }
  return [...found]
}

/** Names of all series that an expression reads. Throws PromqlError. */
export function namesIn(text: string): Set<string> {
  const names = [...walk(parsePromql(text))].flatMap(node => (node.kind === 'selector' ? [node.name] : []))
  return new Set(names.filter(name => name !== null))
}

function problemsOf(node: Expr, known: SeriesTable): string[] {
  switch (node.kind) {
    case 'selector':
      return problemsOfSelector(node, known)
    case 'call':
      return problemsOfCall(node, known)
    case 'aggregation': {
      const labels = resultLabels(node.of, known)
      const lost = node.grouping?.labels.filter(label => !labels.has(label)) ?? []
      return lost.map(label => `${node.op} groups by ${label}, which is no label of what it sums up`)
    }
    case 'binary':
      return problemsOfBinary(node, known)
    case 'subquery':
    case 'unary':
    case 'number':
    case 'string':
      return []
    default:
      return node satisfies never
  }
}

function problemsOfSelector({ name, matchers, range }: Selector, known: SeriesTable): string[] {
  if (name === null) return ['a selector without the name of a metric']
  const series = known.get(name)
  if (series === undefined) return [`there is no metric ${name}`]
  const labels = labelsOf(series)
  const found = matchers
    .filter(({ label }) => !labels.includes(label))
    .map(({ label }) => `${name} has no label ${label}; it has ${series.labels.join(', ') || 'none'}`)
  if (typeof range === 'number' && range < RANGE_MS_MIN) found.push(`${name}: a range below 1m holds too few scrapes`)
  return [...found, ...boundProblems({ name, matchers }, series)]
}

/** A bound that no bucket has, or spelled otherwise than the broker does ("1" for "1.0"), selects nothing. */
function boundProblems({ name, matchers }: Pick<Selector, 'name' | 'matchers'>, { bounds }: KnownSeries): string[] {
  if (bounds === undefined) return []
  return matchers
    .filter(({ label, op, value }) => label === 'le' && (op === '=' || op === '!=') && !bounds.includes(value))
    .map(({ value }) => `${name} has no bucket le="${value}"; it has ${bounds.join(', ')}`)
}

function problemsOfCall({ name, args }: Call, known: SeriesTable): string[] {
  const vector = args.find(arg => typeOf(arg) !== 'scalar')
  if (vector === undefined) return []
  if (name === 'histogram_quantile' && !resultLabels(vector, known).has('le')) {
    return ['histogram_quantile without le among the labels of its buckets']
  }
  if (vector.kind !== 'selector') return []
  const series = known.get(vector.name ?? '')
  if (series === undefined) return []
  const wanted = OF_COUNTERS.includes(name) ? 'a counter' : 'a gauge'
  const isWrong = OF_COUNTERS.includes(name)
    ? series.kind === 'gauge'
    : OF_GAUGES.includes(name) && series.kind !== 'gauge'
  return isWrong ? [`${name} needs ${wanted}; ${vector.name} is a ${series.kind}`] : []
}

function problemsOfBinary(expr: Binary, known: SeriesTable): string[] {
  if (typeOf(expr.left) !== 'vector' || typeOf(expr.right) !== 'vector') return []
  const { left, right } = matchedLabels(expr, known)
  const { matching, op } = expr
  const found: string[] = []
  if (matching?.kind === 'on') {
    const lost = matching.labels.filter(label => !left.has(label) || !right.has(label))
    found.push(...lost.map(label => `${op} on ${label}, which one side does not have`))
  }
  // What `or` and `unless` do with series that find nothing is their purpose.
  if (op === 'or' || op === 'unless') return found
  const difference = [...left, ...right].filter(label => !left.has(label) || !right.has(label))
  if (difference.length > 0 && matching?.kind !== 'on') {
    found.push(`${op}: ${difference.join(', ')} only on one side, so that nothing matches; say on or ignoring`)
  }
  if (!isSetOperator(op) && matching !== null && matching.many === null) {
    const own = [...resultLabels(expr.left, known), ...resultLabels(expr.right, known)]
    const many = own.filter(label => !left.has(label) && !TARGET_LABELS.includes(label))
    if (many.length > 0)
      found.push(`${op}: several series by ${many.join(', ')} for one; say group_left or sum them up`)
  }
  return found
}

function bareCounters(expr: Expr, known: SeriesTable): string[] {
  const covered = new Set<Expr>()
  const bare: string[] = []
  for (const node of walk(expr)) {
    if (node.kind === 'call' && [...OF_COUNTERS, ...OF_GAUGES, ...OF_PRESENCE].includes(node.name)) {
      for (const arg of node.args) covered.add(arg)
    }
    // `x unless x offset 1h` asks which series are new.
    if (node.kind === 'binary' && node.op === 'unless') covered.add(node.left).add(node.right)
    if (node.kind === 'subquery' && covered.has(node)) covered.add(node.of)
    if (node.kind !== 'selector' || covered.has(node) || node.name === null) continue
    if ((known.get(node.name)?.kind ?? 'gauge') !== 'gauge') bare.push(node.name)
  }
  return bare
}
