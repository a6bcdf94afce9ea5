import type { Dashboard } from '../../../dashboards/src/index.ts'
import { namesIn } from '../../../tools/promql/index.ts'
import { nameOf } from './answers.ts'
import type { Recording } from './rules.ts'

const PARTS = ['', '_bucket', '_sum', '_count']

/** Series that are gone when the metric has another name. */
function seriesOf(metric: string): ReadonlySet<string> {
  return new Set(PARTS.map(part => `${metric}${part}`))
}

function reads(expr: string, gone: ReadonlySet<string>): boolean {
  return [...namesIn(expr)].some(name => gone.has(name))
}

/** Names of the panels in which something reads one of the metrics. */
export function panelsThatRead(dashboards: readonly Dashboard[], metrics: readonly string[]): Set<string> {
  const gone = new Set(metrics.flatMap(metric => [...seriesOf(metric)]))
  const found = new Set<string>()
  for (const dashboard of dashboards) {
    const panels = dashboard.panels.flatMap(one => (one.type === 'row' ? one.panels : [one]))
    for (const panel of panels) {
      const targets = panel.targets.filter(({ datasource }) => datasource.type === 'prometheus')
      if (targets.some(({ expr }) => reads(expr, gone))) found.add(nameOf(dashboard, panel))
    }
  }
  return found
}

/** Names of all panels, of whatever data source. */
export function allPanels(dashboards: readonly Dashboard[]): Set<string> {
  const all = dashboards.flatMap(dashboard => {
    const panels = dashboard.panels.flatMap(one => (one.type === 'row' ? one.panels : [one]))
    return panels.map(panel => nameOf(dashboard, panel))
  })
  return new Set(all)
}

/** Those rules, by their selectors, that have nothing to record without the metrics, or without what others record. */
export function recordingsThatRead(rules: readonly Recording[], metrics: readonly string[]): Set<string> {
  const gone = new Set(metrics.flatMap(metric => [...seriesOf(metric)]))
  const found = new Set<Recording>()
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const rule of rules) if (reads(rule.expr, gone)) found.add(rule)
    // A name that several rules record goes with the last of them.
    for (const { name } of found) if (rules.every(rule => rule.name !== name || found.has(rule))) gone.add(name)
  }
  return new Set([...found].map(({ selector }) => selector))
}

/** Rules that say the same whatever was scraped, by their selectors. */
export function constantRecordings(rules: readonly Recording[]): Set<string> {
  return new Set(rules.filter(({ expr }) => namesIn(expr).size === 0).map(({ selector }) => selector))
}
