import type { Expr } from './expr.ts'
import type { DataSourceRef, FieldOverride, Link, Panel, Target, Transformation, UnitId } from './grafana/model.ts'

/** A panel without its place. */
export type PanelDraft = Omit<Panel, 'id' | 'gridPos'> & {
  readonly width: number
  readonly height: number
}

export interface Query {
  readonly expr: Expr
  /** Grafana's template, `{{api}}`; left out: the labels that are left. */
  readonly legend?: string
}

export interface PanelOptions {
  /** What to look for, in front of what the metrics say of themselves. */
  readonly says?: string
  readonly queries: readonly Query[]
  /** Left out: the unit of the queries, which comes from the catalogue. */
  readonly unit?: UnitId
  /** Columns of 24. */
  readonly width?: number
  /** Rows of 38 pixels. */
  readonly height?: number
  readonly decimals?: number
  readonly noValue?: string
  readonly links?: readonly Link[]
  /** From a single series: what it is named by goes along. */
  readonly dataLinks?: readonly Link[]
  readonly overrides?: readonly FieldOverride[]
  readonly transformations?: readonly Transformation[]
  /** Another time range than the dashboard's: '30d'. */
  readonly timeFrom?: string
}

export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '${datasource}' }

/** Throws when the queries have no unit in common, which would be a panel that misleads. */
export function unitOf(title: string, { unit, queries }: PanelOptions): UnitId {
  if (unit !== undefined) return unit
  const units = new Set(queries.map(({ expr }) => expr.unit ?? 'short'))
  const [first = 'short'] = units
  if (units.size > 1) throw new Error(`panel '${title}' mixes ${[...units].join(' and ')}: give it a unit or split it`)
  return first
}

/** What the panel is for, then the help text of each metric in it. */
export function descriptionOf(options: PanelOptions): string {
  const metrics = new Set(options.queries.flatMap(({ expr }) => expr.metrics))
  const helps = [...metrics].map(({ name, help }) => `- \`${name}\`: ${help}`)
  return [...(options.says === undefined ? [] : [options.says]), helps.join('\n')]
    .filter(part => part !== '')
    .join('\n\n')
}

/** Brokers are told apart by `instance` alone unless the legend says otherwise. */
export function legendOf({ expr, legend }: Query): string {
  if (legend !== undefined) return legend
  const labels = expr.labels.filter(label => label !== 'job')
  return labels.map(label => `{{${label}}}`).join(' ')
}

type Asks = Pick<Target, 'range' | 'instant'> & Partial<Pick<Target, 'format' | 'exemplar'>>

export const RANGE: Asks = { range: true, instant: false }
export const INSTANT: Asks = { range: false, instant: true }

export function targetsOf({ queries }: PanelOptions, asks: Asks): readonly Target[] {
  return queries.map((query, index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource: PROMETHEUS,
    editorMode: 'code',
    expr: query.expr.text,
    legendFormat: legendOf(query),
    ...asks
  }))
}

/** What all kinds of panels have in common. */
export function common(
  title: string,
  options: PanelOptions,
  size: { readonly width: number; readonly height: number }
) {
  const { links, transformations, timeFrom } = options
  return {
    title,
    description: descriptionOf(options),
    datasource: PROMETHEUS,
    width: options.width ?? size.width,
    height: options.height ?? size.height,
    ...(links === undefined ? {} : { links }),
    ...(transformations === undefined ? {} : { transformations }),
    ...(timeFrom === undefined ? {} : { timeFrom })
  }
}
