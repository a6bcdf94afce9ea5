/** The part of LogQL that the dashboards use, as a tree. */

export type MatchOp = '=' | '!=' | '=~' | '!~'
export type CompareOp = MatchOp | '==' | '>' | '>=' | '<' | '<='
export type LineOp = '|=' | '!=' | '|~' | '!~'

export interface Condition {
  readonly label: string
  readonly op: CompareOp
  readonly value: string | number
}

export type Stage =
  | { readonly kind: 'line'; readonly op: LineOp; readonly value: string }
  | { readonly kind: 'json' }
  /** Labels as `{{.label}}`, the whole line as `{{__line__}}`; no other templates. */
  | { readonly kind: 'format'; readonly template: string }
  /** One of them must hold: `a="x" or b="y"`. */
  | { readonly kind: 'label'; readonly anyOf: readonly Condition[] }

export interface LogQuery {
  readonly kind: 'log'
  readonly selector: readonly Condition[]
  readonly stages: readonly Stage[]
}

export const RANGE_FUNCTIONS = ['rate', 'count_over_time', 'bytes_rate', 'bytes_over_time'] as const
export const AGGREGATIONS = ['sum', 'min', 'max', 'avg', 'count', 'topk', 'bottomk'] as const

export interface RangeQuery {
  readonly kind: 'range'
  readonly fn: (typeof RANGE_FUNCTIONS)[number]
  readonly of: LogQuery
  /** Milliseconds; null for a variable of Grafana's. */
  readonly rangeMs: number | null
}

export interface Aggregation {
  readonly kind: 'aggregation'
  readonly op: (typeof AGGREGATIONS)[number]
  /** Of topk and bottomk. */
  readonly k: number
  /** Null: all labels are summed away. */
  readonly by: readonly string[] | null
  readonly of: MetricQuery
}

export type MetricQuery = RangeQuery | Aggregation
export type Query = LogQuery | MetricQuery

export class LogqlError extends Error {
  override readonly name = 'LogqlError'
}

/** Every label that a query names, the part that reads lines. */
export function logQueryOf(query: Query): LogQuery {
  return query.kind === 'log' ? query : logQueryOf(query.of)
}

/** Labels by which a query selects, compares or groups. */
export function labelsIn(query: Query): readonly string[] {
  const { selector, stages } = logQueryOf(query)
  const compared = stages.flatMap(stage => (stage.kind === 'label' ? stage.anyOf : []))
  return [...[...selector, ...compared].map(({ label }) => label), ...groupings(query)]
}

function groupings(query: Query): readonly string[] {
  return query.kind === 'aggregation' ? [...(query.by ?? []), ...groupings(query.of)] : []
}
