import { buckets, catalogue, type Definition } from '@streambus/metrics'
import {
  checkPromql,
  PromqlError,
  parsePromql,
  resultLabels,
  type SeriesTable,
  seriesOf,
  TARGET_LABELS,
  walk
} from '../../../tools/promql/index.ts'
import type { Dashboard, Panel } from '../../src/index.ts'
import { panelsOf, promqlOf } from './walk.ts'

/** Every series of a broker, or of one that has other metrics. */
export function knownSeries(definitions: Iterable<Definition> = Object.values(catalogue)): SeriesTable {
  return seriesOf(definitions, buckets)
}

/** Of all targets, or without a job of the brokers. */
const OF_ALL_JOBS = new Set(['ALERTS'])

/** What is wrong with the queries of a dashboard, one sentence each. */
export function queryProblems(dashboard: Dashboard, known: SeriesTable): string[] {
  const asked = promqlOf(dashboard)
  const wrong = asked.flatMap(({ where, expr }) => checkPromql(expr, { known }).map(text => `${where}: ${text}`))
  // Who cannot be read has no labels to look at.
  const readable = asked.filter(({ expr }) => isReadable(expr))
  const narrow = readable.flatMap(({ where, expr }) => targetProblems(where, expr))
  const legends =
    readable.length < asked.length ? [] : panelsOf(dashboard).flatMap(panel => legendProblems(panel, known))
  return [...wrong, ...narrow, ...legends].map(text => `${dashboard.title}: ${text}`)
}

function isReadable(expr: string): boolean {
  try {
    parsePromql(expr)
    return true
  } catch (error) {
    if (error instanceof PromqlError) return false
    throw error
  }
}

/** The choice of brokers at the top must hold for each part of each query. */
function targetProblems(where: string, expr: string): string[] {
  if (where === 'variable job') return []
  const wanted = where === 'variable instance' ? ['job=~$job'] : ['job=~$job', 'instance=~$instance']
  return [...walk(parsePromql(expr))].flatMap(node => {
    if (node.kind !== 'selector' || OF_ALL_JOBS.has(node.name ?? '')) return []
    const has = node.matchers.map(({ label, op, value }) => `${label}${op}${value}`)
    return wanted.filter(one => !has.includes(one)).map(one => `${where}: ${node.name} is not narrowed by ${one}`)
  })
}

/** A label of the legend, or a column of the table, that no result has would be empty. */
function legendProblems({ title, type, targets, transformations = [] }: Panel, known: SeriesTable): string[] {
  const prometheus = targets.filter(({ datasource }) => datasource.type === 'prometheus')
  const results = prometheus.map(({ refId, expr, legendFormat = '' }) => {
    const labels = resultLabels(parsePromql(expr), known)
    return { refId, labels, used: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? '') }
  })
  const unknown = results.flatMap(({ refId, labels, used }) =>
    used
      .filter(label => !labels.has(label) && !TARGET_LABELS.includes(label))
      .map(label => `${refId} has no label ${label}`)
  )
  if (type !== 'table') return unknown.map(text => `${title}: ${text}`)
  const values = results.map(({ refId }) => (results.length > 1 ? `Value #${refId}` : 'Value'))
  const columns = new Set([...values, ...results.flatMap(({ labels }) => [...labels]), ...TARGET_LABELS])
  const renamed = transformations.flatMap(({ options }) => Object.keys((options['renameByName'] ?? {}) as object))
  return renamed.filter(name => !columns.has(name)).map(name => `${title}: there is no column ${name}`)
}
