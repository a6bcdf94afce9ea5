import type { BucketSet } from './buckets.ts'
import type { Counter, Gauge, Histogram, Summary } from './cells.ts'
import type { Family } from './family.ts'
import type { Owner } from './owners.ts'

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary'
export type Unit = 'seconds' | 'bytes' | null

/**
 * How values of several brokers combine: 'local' is summed, 'cluster' is the same view from every broker (use max),
 * 'owner' is non-zero only where the coordinator or leader is (summing is right).
 */
export type Scope = 'local' | 'cluster' | 'owner'

/** 'seed' is the monitoring guide's contract and never changes; 'compat' serves queries written for other runtimes. */
export type Stability = 'seed' | 'stable' | 'compat'

/**
 * How many series a metric can have. 'A': a number that the configuration bounds. 'T', 'G', 'P': one for each topic,
 * consumer group, partition, within `metrics.topics.max`, `metrics.groups.max` and `metrics.series.max`; what is beyond
 * goes to the label value `__other__`.
 */
export type Cardinality = 'A' | 'T' | 'G' | 'P'

export interface Definition<
  Type extends MetricType = MetricType,
  Labels extends readonly string[] = readonly string[]
> {
  readonly name: string
  readonly type: Type
  readonly unit: Unit
  readonly labels: Labels
  readonly scope: Scope
  readonly stability: Stability
  readonly help: string
  readonly cardinality: Cardinality
  /** Who feeds it. */
  readonly owner: Owner
  /** Histograms only. */
  readonly buckets: BucketSet | null
  /** Label values of the zero that is served while the family has no child, so that a query is never empty. */
  readonly whenEmpty: readonly string[] | null
  /** Cells at most; null: as many as a family has by default. */
  readonly childrenMax: number | null
}

interface CellByType {
  readonly counter: Counter
  readonly gauge: Gauge
  readonly histogram: Histogram
  readonly summary: Summary
}

/** What holds a metric's numbers: one cell, or a family of cells when it has labels. */
export type CellOf<D> =
  D extends Definition<infer Type, infer Labels>
    ? Labels extends readonly []
      ? CellByType[Type]
      : Family<CellByType[Type], Labels>
    : never

export interface DefinitionOptions<Labels extends readonly string[]> {
  readonly unit?: Unit
  readonly labels?: Labels
  /** Default 'local'. */
  readonly scope?: Scope
  /** Default 'stable'. */
  readonly stability?: Stability
  /** Default 'A'. */
  readonly cardinality?: Cardinality
  readonly whenEmpty?: readonly string[]
  readonly childrenMax?: number
}

type Shape<Type extends MetricType> = Pick<Definition<Type>, 'type' | 'name' | 'help' | 'buckets'>

function define<Type extends MetricType, const Labels extends readonly string[]>(
  shape: Shape<Type>,
  options: DefinitionOptions<Labels>
): Definition<Type, Labels> {
  return {
    ...shape,
    unit: options.unit ?? null,
    // Without `labels` the type parameter is inferred as the empty tuple.
    labels: options.labels ?? ([] as unknown as Labels),
    scope: options.scope ?? 'local',
    stability: options.stability ?? 'stable',
    cardinality: options.cardinality ?? 'A',
    owner: 'broker',
    whenEmpty: options.whenEmpty ?? null,
    childrenMax: options.childrenMax ?? null
  }
}

export function counter<const Labels extends readonly string[] = readonly []>(
  name: string,
  help: string,
  options: DefinitionOptions<Labels> = {}
): Definition<'counter', Labels> {
  return define({ type: 'counter', name, help, buckets: null }, options)
}

export function gauge<const Labels extends readonly string[] = readonly []>(
  name: string,
  help: string,
  options: DefinitionOptions<Labels> = {}
): Definition<'gauge', Labels> {
  return define({ type: 'gauge', name, help, buckets: null }, options)
}

export function histogram<const Labels extends readonly string[] = readonly []>(
  name: string,
  help: string,
  options: DefinitionOptions<Labels> & { readonly buckets: BucketSet }
): Definition<'histogram', Labels> {
  return define({ type: 'histogram', name, help, buckets: options.buckets }, options)
}

/** Without labels: the only summaries are compatibility names. */
export function summary(
  name: string,
  help: string,
  options: DefinitionOptions<readonly []> = {}
): Definition<'summary', readonly []> {
  return define({ type: 'summary', name, help, buckets: null }, options)
}

/**
 * The same definitions with who feeds them. `D` is not bound to definitions, because that would tell the compiler to
 * take the label names inside as any strings; the catalogue as a whole is checked.
 */
export function ownedBy<D extends object>(owner: Owner, definitions: D): D {
  const entries = Object.entries(definitions).map(([key, definition]) => [key, { ...definition, owner }])
  return Object.fromEntries(entries) as D
}
