import type { Definition, MetricType } from '@streambus/metrics'
import type { UnitId } from './grafana/model.ts'

/** On each series from the scrape. */
export type TargetLabel = 'job' | 'instance'

export type LabelOf<D> = D extends Definition<MetricType, infer Labels> ? Labels[number] : never

/** An expression of PromQL with what dashboards need to know of it; `Label` are the labels that are left. */
export interface Expr<Label extends string = string> {
  readonly text: string
  readonly labels: readonly Label[]
  readonly metrics: readonly Definition[]
  /** Null: a number of things. */
  readonly unit: UnitId | null
}

/** A string is compared for equality. */
export type Match = string | { readonly re: string } | { readonly not: string } | { readonly notRe: string }

export type Where<D> = { readonly [Label in LabelOf<D>]?: Match }

type Labelled<D> = LabelOf<D> | TargetLabel

/** Every query keeps to the brokers that are chosen at the top of the dashboard. */
const TARGETS = 'job=~"$job",instance=~"$instance"'
/** At least four scrapes, whatever the width of the panel. */
export const RATE_INTERVAL = '$__rate_interval'

type Options<D> = { readonly where?: Where<D>; readonly range?: string }

function matcher(label: string, match: Match): string {
  if (typeof match === 'string') return `${label}="${match}"`
  if ('re' in match) return `${label}=~"${match.re}"`
  return 'not' in match ? `${label}!="${match.not}"` : `${label}!~"${match.notRe}"`
}

function selector(name: string, where: Readonly<Record<string, Match | undefined>> = {}): string {
  const own = Object.entries(where).flatMap(([label, match]) => (match === undefined ? [] : [matcher(label, match)]))
  return `${name}{${[TARGETS, ...own].join(',')}}`
}

function labelsOf<D extends Definition>(metric: D): readonly Labelled<D>[] {
  return [...(metric.labels as readonly LabelOf<D>[]), 'job', 'instance']
}

const UNITS = { seconds: 's', bytes: 'bytes' } as const
/** Seconds per second are a share. */
const RATE_UNITS = { seconds: 'percentunit', bytes: 'binBps' } as const

/** The guide's names say bytes where OpenMetrics wants to see it, at the end, or not at all. */
function dimensionOf({ unit, name }: Definition): 'seconds' | 'bytes' | null {
  return unit ?? (/_bytes_/.test(name) ? 'bytes' : null)
}

function unitOf(metric: Definition): UnitId | null {
  const dimension = dimensionOf(metric)
  return dimension === null ? null : UNITS[dimension]
}

function rateUnitOf(metric: Definition): UnitId {
  const dimension = dimensionOf(metric)
  return dimension === null ? 'cps' : RATE_UNITS[dimension]
}

/** The values of a gauge as they are. */
export function gauge<D extends Definition<'gauge'>>(metric: D, where?: Where<D>): Expr<Labelled<D>> {
  return { text: selector(metric.name, where), labels: labelsOf(metric), metrics: [metric], unit: unitOf(metric) }
}

/** Per second. */
export function rate<D extends Definition<'counter'>>(metric: D, options: Options<D> = {}): Expr<Labelled<D>> {
  const { where, range = RATE_INTERVAL } = options
  const text = `rate(${selector(metric.name, where)}[${range}])`
  return { text, labels: labelsOf(metric), metrics: [metric], unit: rateUnitOf(metric) }
}

/** Over a range: a count, in the metric's own unit. */
export function increase<D extends Definition<'counter'>>(
  metric: D,
  options: { readonly where?: Where<D>; readonly range: string }
): Expr<Labelled<D>> {
  const text = `increase(${selector(metric.name, options.where)}[${options.range}])`
  return { text, labels: labelsOf(metric), metrics: [metric], unit: unitOf(metric) }
}

/** Observations of a histogram per second. */
export function countRate<D extends Definition<'histogram'>>(metric: D, options: Options<D> = {}): Expr<Labelled<D>> {
  return partRate(metric, '_count', { ...options, unit: 'cps' })
}

/** What a histogram has summed up, per second. */
export function sumRate<D extends Definition<'histogram'>>(metric: D, options: Options<D> = {}): Expr<Labelled<D>> {
  return partRate(metric, '_sum', { ...options, unit: rateUnitOf(metric) })
}

function partRate<D extends Definition<'histogram'>>(
  metric: D,
  part: string,
  { where, range = RATE_INTERVAL, unit }: Options<D> & { readonly unit: UnitId }
): Expr<Labelled<D>> {
  const text = `rate(${selector(metric.name + part, where)}[${range}])`
  return { text, labels: labelsOf(metric), metrics: [metric], unit }
}

interface ByOptions<D, By extends string> extends Options<D> {
  readonly by?: readonly By[]
}

/** A quantile over all brokers that are chosen, or one for each value of `by`. */
export function quantile<D extends Definition<'histogram'>, By extends Labelled<D> = never>(
  q: number,
  metric: D,
  options: ByOptions<D, By> = {}
): Expr<By> {
  return {
    text: `histogram_quantile(${q}, ${bucketRates(metric, options)})`,
    labels: options.by ?? [],
    metrics: [metric],
    unit: unitOf(metric)
  }
}

/** The buckets themselves, for a heatmap. */
export function bucketsOf<D extends Definition<'histogram'>>(metric: D, options: Options<D> = {}): Expr<'le'> {
  return { text: bucketRates<D, never>(metric, options), labels: ['le'], metrics: [metric], unit: unitOf(metric) }
}

function bucketRates<D extends Definition<'histogram'>, By extends string>(
  metric: D,
  { where, by = [], range = RATE_INTERVAL }: ByOptions<D, By>
): string {
  const labels = ['le', ...by].join(', ')
  return `sum by (${labels}) (rate(${selector(`${metric.name}_bucket`, where)}[${range}]))`
}

/** Sum over count. */
export function mean<D extends Definition<'histogram'>, By extends Labelled<D> = never>(
  metric: D,
  { by = [], ...options }: ByOptions<D, By> = {}
): Expr<By> {
  const { text } = ratio(sum(sumRate(metric, options), by), sum(countRate(metric, options), by))
  return { text, labels: by, metrics: [metric], unit: unitOf(metric) }
}

type Aggregator = 'sum' | 'max' | 'min' | 'avg' | 'count' | 'stddev'

function aggregate<Label extends string, By extends Label>(
  op: Aggregator,
  expr: Expr<Label>,
  by: readonly By[]
): Expr<By> {
  const grouping = by.length === 0 ? '' : ` by (${by.join(', ')}) `
  const unit = op === 'count' ? null : expr.unit
  return { text: `${op}${grouping}(${expr.text})`, labels: by, metrics: expr.metrics, unit }
}

export function sum<Label extends string, By extends Label = never>(
  expr: Expr<Label>,
  by: readonly By[] = []
): Expr<By> {
  return aggregate('sum', expr, by)
}

export function max<Label extends string, By extends Label = never>(
  expr: Expr<Label>,
  by: readonly By[] = []
): Expr<By> {
  return aggregate('max', expr, by)
}

export function min<Label extends string, By extends Label = never>(
  expr: Expr<Label>,
  by: readonly By[] = []
): Expr<By> {
  return aggregate('min', expr, by)
}

export function avg<Label extends string, By extends Label = never>(
  expr: Expr<Label>,
  by: readonly By[] = []
): Expr<By> {
  return aggregate('avg', expr, by)
}

export function count<Label extends string, By extends Label = never>(
  expr: Expr<Label>,
  by: readonly By[] = []
): Expr<By> {
  return aggregate('count', expr, by)
}

export function stddev<Label extends string, By extends Label = never>(
  expr: Expr<Label>,
  by: readonly By[] = []
): Expr<By> {
  return aggregate('stddev', expr, by)
}

/** One number for all brokers, as the metric's scope says: what each of them tells of the cluster is not added up. */
export function total<D extends Definition<'gauge'>, By extends Labelled<D> = never>(
  metric: D,
  { where, by = [] }: { readonly where?: Where<D>; readonly by?: readonly By[] } = {}
): Expr<By> {
  const values = gauge(metric, where)
  return metric.scope === 'cluster' ? max(values, by) : sum(values, by)
}

export function topk<Label extends string>(k: number, expr: Expr<Label>): Expr<Label> {
  return { ...expr, text: `topk(${k}, ${expr.text})` }
}

/** A share, 0 to 1, unless `unit` says otherwise. Both sides must have the same labels. */
export function ratio<Label extends string>(
  part: Expr<Label>,
  whole: Expr<NoInfer<Label>>,
  unit: UnitId = 'percentunit'
): Expr<Label> {
  return { ...promql(part)`${part} / ${whole}`, unit }
}

/**
 * Only what is not zero, so that thirty idle APIs do not fill a legend; and a line "none" at zero, so that a panel on
 * what should not happen is empty only when there is no such metric. `always`: what there are series of from the start
 * on, where `expr` chooses among labels that come with events.
 */
export function nonZero<Label extends string>(expr: Expr<Label>, always: Expr = expr): Expr<Label> {
  const [label] = expr.labels
  const text = `${bracketed(expr.text)} > 0 or label_replace(sum(${always.text}) * 0, "${label}", "none", "", "")`
  return { ...expr, text }
}

/** Only where something was observed: the quantile or the mean of nothing is NaN, which is not above 0. */
export function observed<Label extends string>(expr: Expr<Label>): Expr<Label> {
  return { ...expr, text: `${bracketed(expr.text)} > 0` }
}

/** As `ratio`, and 0 where the whole is 0: no attempts are no failures. */
export function share<Label extends string>(
  part: Expr<Label>,
  whole: Expr<NoInfer<Label>>,
  unit: UnitId = 'percentunit'
): Expr<Label> {
  return { ...promql(part)`${part} / (${whole} > 0) or ${whole} * 0`, unit }
}

/** `deriv`: what a gauge gains per second. */
export function growth<D extends Definition<'gauge'>>(metric: D, options: Options<D> = {}): Expr<Labelled<D>> {
  const { where, range = RATE_INTERVAL } = options
  const text = `deriv(${selector(metric.name, where)}[${range}])`
  return { text, labels: labelsOf(metric), metrics: [metric], unit: rateUnitOf(metric) }
}

/**
 * PromQL by hand: what is put in brings its metrics along; labels and unit are those of `like`. The brackets that
 * precedence may need are written around each part.
 */
export function promql<Label extends string>(
  like: Expr<Label>
): (strings: TemplateStringsArray, ...parts: readonly (Expr | number | string)[]) => Expr<Label> {
  return (strings, ...parts) => {
    const texts = parts.map(part => (typeof part === 'object' ? bracketed(part.text) : String(part)))
    const metrics = parts.flatMap(part => (typeof part === 'object' ? part.metrics : []))
    return { ...like, text: String.raw({ raw: strings }, ...texts), metrics: [...new Set(metrics)] }
  }
}

/** A call, an aggregation or a selector binds stronger than any operator: nothing stands outside of its brackets. */
function bracketed(text: string): string {
  const bare = text.replaceAll(/"[^"]*"/g, '""').replace(/^([\w:]+) by \([\w, ]*\) /, '$1')
  const rest = withoutBrackets(bare)
  return /^[\w:.]+(\(\)|\{\})?$/.test(rest) ? text : `(${text})`
}

/** What is inside of brackets left out: `a(b) / c{d}` becomes `a() / c{}`. */
function withoutBrackets(text: string): string {
  let depth = 0
  let rest = ''
  for (const char of text) {
    if (')}]'.includes(char)) depth--
    if (depth === 0) rest += char
    if ('({['.includes(char)) depth++
  }
  return rest
}

export function inUnit<Label extends string>(unit: UnitId, expr: Expr<Label>): Expr<Label> {
  return { ...expr, unit }
}

/**
 * What the rules of alerts/streambus-recording.yml have summed up over all brokers of a job: the choice of brokers at
 * the top means nothing there.
 */
export function recorded<Label extends string = never>(
  name: `${string}:${string}:${string}`,
  { labels = [], unit = 'percentunit' }: { readonly labels?: readonly Label[]; readonly unit?: UnitId } = {}
): Expr<Label | 'job'> {
  return { text: `${name}{job=~"$job"}`, labels: [...labels, 'job'], metrics: [], unit }
}

/** What is written about Prometheus' own series (`up`, `ALERTS`), which no catalogue has. */
export function ofPrometheus<Label extends string = never>(
  text: string,
  { labels = [], unit = null }: { readonly labels?: readonly Label[]; readonly unit?: UnitId | null } = {}
): Expr<Label> {
  return { text, labels, metrics: [], unit }
}
