import type { Dashboard, Panel, Row, Target, Variable } from '../../dashboards/src/index.ts'
import { awaitedIn, awaitedInLogs } from './awaited.ts'
import { anyOf, type Intervals, initialOf, interpolate, type Values } from './interpolate.ts'
import { type Answer, type DataSource, hasData, legendOf } from './series.ts'

export interface TargetResult extends Answer {
  readonly refId: string
  /** As it was sent. */
  readonly expr: string
  /** What the source complained of. */
  readonly error: string | null
  /** What must come before there can be an answer. */
  readonly awaits: string | null
}

/**
 * 'partial': some of the queries have nothing; 'unasked': its data source is not there; 'awaited': what has nothing
 * waits for a part of the broker that does not exist yet.
 */
export type PanelState = 'data' | 'partial' | 'empty' | 'error' | 'unasked' | 'awaited'

export interface PanelResult {
  readonly panel: Panel
  readonly targets: readonly TargetResult[]
  readonly state: PanelState
}

export interface VariableResult {
  readonly name: string
  /** What can be chosen; null: anything. */
  readonly options: readonly string[] | null
  readonly value: string
}

export interface BoardResult {
  readonly dashboard: Dashboard
  readonly variables: readonly VariableResult[]
  /** Rows as they are, and the panels, those of collapsed rows behind their row. */
  readonly parts: readonly (Row | PanelResult)[]
}

export interface CollectOptions {
  readonly prometheus: DataSource
  readonly loki: DataSource | null
  readonly intervals: Intervals
  readonly chosen?: Values
}

/** Asks everything that a dashboard asks. Errors of single queries are results, too. */
export async function collect(dashboard: Dashboard, options: CollectOptions): Promise<BoardResult> {
  const list = dashboard.templating.list
  const values: Record<string, string> = {}
  const variables: VariableResult[] = []
  // One after the other: they choose among what those before them leave.
  for (const variable of list) {
    if (variable.type === 'datasource') continue
    const result = await variableOf(variable, values, options)
    values[variable.name] = result.value
    variables.push(result)
  }
  const parts: (Row | PanelResult)[] = []
  for (const one of dashboard.panels) {
    const panels = one.type === 'row' ? one.panels : [one]
    if (one.type === 'row') parts.push(one)
    for (const panel of panels) parts.push(await resultOf(panel, values, options))
  }
  return { dashboard, variables, parts }
}

async function variableOf(variable: Variable, values: Values, options: CollectOptions): Promise<VariableResult> {
  const { name, type } = variable
  const first = options.chosen?.[name] ?? initialOf(variable)
  const value = first ?? ''
  if (type === 'custom') return { name, value, options: variable.options.map(option => option.value) }
  if (type === 'textbox') return { name, value, options: null }
  const { source, selector, label } = choicesOf(variable, options)
  if (source === null) return { name, value, options: null }
  const found = await source.labelValues(interpolate(selector, values, options.intervals), label)
  return { name, value: first ?? anyOf(found), options: found }
}

interface Choices {
  readonly source: DataSource | null
  readonly selector: string
  readonly label: string
}

/** Where a variable gets its values from: Prometheus says it in a function, Loki in an object. */
function choicesOf({ query, definition = '', datasource }: Variable, { prometheus, loki }: CollectOptions): Choices {
  if (datasource?.type === 'loki' && typeof query === 'object')
    return { source: loki, selector: String(query['stream']), label: String(query['label']) }
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? []
  if (selector === undefined || label === undefined)
    throw new Error(`a variable asks '${definition}', not label_values`)
  return { source: prometheus, selector, label }
}

async function resultOf(panel: Panel, values: Values, options: CollectOptions): Promise<PanelResult> {
  const targets = await Promise.all(panel.targets.map(target => ask(target, values, options)))
  return { panel, targets, state: stateOf(targets, panel.datasource?.type === 'loki' && options.loki === null) }
}

function stateOf(targets: readonly TargetResult[], isUnasked: boolean): PanelState {
  if (isUnasked) return 'unasked'
  if (targets.some(({ error }) => error !== null)) return 'error'
  const without = targets.filter(target => !hasData(target))
  if (without.length === 0) return 'data'
  if (without.every(({ awaits }) => awaits !== null)) return 'awaited'
  return without.length === targets.length ? 'empty' : 'partial'
}

async function ask(target: Target, values: Values, options: CollectOptions): Promise<TargetResult> {
  const { refId, legendFormat = '', instant, datasource } = target
  const { intervals, prometheus, loki } = options
  const expr = interpolate(target.expr, values, intervals)
  const source = datasource.type === 'loki' ? loki : prometheus
  const awaits = datasource.type === 'prometheus' ? awaitedIn(target.expr) : awaitedInLogs(target.expr)
  const nothing = { refId, expr, awaits, error: null, series: [], lines: [] }
  if (source === null) return nothing
  try {
    const answer = await (instant ? source.instant(expr, intervals.range) : source.range(expr, intervals.range))
    const series = answer.series.map(one => ({ ...one, name: legendOf(legendFormat, one.labels) }))
    return { ...nothing, series, lines: answer.lines }
  } catch (error) {
    return { ...nothing, error: error instanceof Error ? error.message : String(error) }
  }
}

export function isPanel(part: Row | PanelResult): part is PanelResult {
  return 'panel' in part
}

/** One line for each panel in which something is missing: what is missing, and what was asked. */
export function missing({ dashboard, parts }: BoardResult): string[] {
  return parts.filter(isPanel).flatMap(({ panel, targets, state }) => {
    if (state === 'data') return []
    const without = targets.filter(target => target.error !== null || !hasData(target))
    const reasons = without.map(({ refId, expr, error, awaits }) => {
      return `    ${refId} ${error ?? (awaits === null ? 'no data' : `awaits ${awaits}`)}: ${expr}`
    })
    return [`${dashboard.title} / ${panel.title}: ${state}`, ...reasons]
  })
}
