import { boards, dashboardOf } from '../../dashboards/src/index.ts'
import { panelsOf } from '../../dashboards/test/rules/walk.ts'
import {
  type AlertRule,
  namesIn,
  parsePromql,
  type RecordingRule,
  resultLabels,
  type SeriesTable
} from '../../tools/promql/index.ts'

/** Grafana of docker/compose.yaml; docs/runbooks/README.md says how to put another one in its place. */
const GRAFANA = 'http://localhost:3000/d/'

export interface ShownBoard {
  /** Names of the series that its panels ask for, and of those that recorded ones are made of. */
  readonly series: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
}

/** What the shipped dashboards show, by their uids. */
export function shownBoards(records: readonly RecordingRule[]): ReadonlyMap<string, ShownBoard> {
  return new Map(
    boards.map(dashboardOf).map(dashboard => {
      const targets = panelsOf(dashboard).flatMap(panel => panel.targets)
      const asked = targets.filter(({ datasource }) => datasource.type === 'prometheus').map(({ expr }) => expr)
      const series = new Set(asked.flatMap(expr => [...seriesBehind(expr, records)]))
      return [dashboard.uid, { series, variables: new Set(dashboard.templating.list.map(({ name }) => name)) }]
    })
  )
}

/** Names that an expression asks for; a recorded one stands for those it is made of. */
function seriesBehind(expr: string, records: readonly RecordingRule[]): ReadonlySet<string> {
  return new Set(
    [...namesIn(expr)].flatMap(name => {
      const sources = records.filter(({ record }) => record === name)
      return sources.length === 0 ? [name] : sources.flatMap(rule => [...seriesBehind(rule.expr, records)])
    })
  )
}

/** What an alert's link to a dashboard must be seen against. */
export interface LinkSurroundings {
  readonly known: SeriesTable
  readonly records: readonly RecordingRule[]
  readonly boards: ReadonlyMap<string, ShownBoard>
}

/** What is wrong with the `dashboard_url` of an alert whose expression can be read. */
export function linkProblems({ expr, annotations }: AlertRule, surroundings: LinkSurroundings): string[] {
  const url = annotations['dashboard_url'] ?? ''
  const [address = '', query = ''] = url.split('?')
  const { known, records } = surroundings
  const board = surroundings.boards.get(address.slice(GRAFANA.length))
  if (!address.startsWith(GRAFANA) || board === undefined) return [`dashboard_url is ${GRAFANA} and the uid of one`]
  const found: string[] = []
  const asked = seriesBehind(expr, records)
  if (asked.size > 0 && ![...asked].some(name => board.series.has(name)))
    found.push(`no panel of ${address} shows its metrics`)
  // A label that both have narrows what is shown to what the alert is about; encoded, as it may be any text.
  const labels = [...resultLabels(parsePromql(expr), known)].filter(label => board.variables.has(label))
  const wanted = labels.map(label => `var-${label}={{ $labels.${label} | urlquery }}`)
  const given = query === '' ? [] : query.split('&')
  if (wanted.toSorted().join('&') !== given.toSorted().join('&'))
    found.push(`dashboard_url ends with ?${wanted.join('&')}`)
  return found
}
