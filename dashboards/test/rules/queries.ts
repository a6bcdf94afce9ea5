import { fileURLToPath } from 'node:url'
import { buckets, catalogue, type Definition } from '@streambus/metrics'
import {
  allSeries,
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

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const recordings = [...allSeries(ROOT, Object.values(catalogue), buckets)].filter(([, { isRecorded }]) => isRecorded)

/** Every series of a broker, or of one that has other metrics, and what rules record. */
export function knownSeries(definitions: Iterable<Definition> = Object.values(catalogue)): SeriesTable {
  return new Map([...seriesOf(definitions, buckets), ...recordings])
}

/** Without a job of the brokers. */
const OF_OTHERS = /^(ALERTS$|prometheus_|alertmanager_)/
/** About all targets: the dashboard of the monitoring itself. */
const OF_ALL_JOBS = 'streambus-monitoring'
/** Recorded over all brokers of a job. */
const OF_A_JOB = /^job\w*:/
/** As wide as the panel is, at least four scrapes; or the whole time that is shown, as one number. */
const RATE_RANGES = ['[$__rate_interval]', '[$__range]']
/** Queries with another range, and why. */
export const OTHER_RANGES: Readonly<Record<string, string>> = {
  'Round Duration A': 'rounds are rare, and a mean of none is nothing',
  'Controller changed': 'annotations know no $__rate_interval'
}

/** What is wrong with the queries of a dashboard, one sentence each. */
export function queryProblems(dashboard: Dashboard, known: SeriesTable): string[] {
  const asked = promqlOf(dashboard)
  const wrong = asked.flatMap(({ where, expr }) => checkPromql(expr, { known }).map(text => `${where}: ${text}`))
  // Who cannot be read has no labels to look at.
  const readable = asked.filter(({ expr }) => isReadable(expr))
  const narrow = readable.flatMap(({ where, expr }) =>
    dashboard.uid === OF_ALL_JOBS ? [] : targetProblems(where, expr)
  )
  const ranges = asked.flatMap(({ where, expr }) => rangeProblems(where, expr))
  const legends =
    readable.length < asked.length ? [] : panelsOf(dashboard).flatMap(panel => legendProblems(panel, known))
  return [...wrong, ...narrow, ...ranges, ...legends].map(text => `${dashboard.title}: ${text}`)
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

function rangeProblems(where: string, expr: string): string[] {
  if (where in OTHER_RANGES) return []
  const ranges = [...expr.matchAll(/\brate\([^[\]]*(\[[^\]]*\])/g)].map(([, range = '']) => range)
  return ranges.filter(range => !RATE_RANGES.includes(range)).map(range => `${where}: a rate over ${range}`)
}

/** The choice of brokers at the top must hold for each part of each query. */
function targetProblems(where: string, expr: string): string[] {
  if (where === 'variable job') return []
  return [...walk(parsePromql(expr))].flatMap(node => {
    if (node.kind !== 'selector' || OF_OTHERS.test(node.name ?? '')) return []
    const isOfJob = where === 'variable instance' || OF_A_JOB.test(node.name ?? '')
    const wanted = isOfJob ? ['job=~$job'] : ['job=~$job', 'instance=~$instance']
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
