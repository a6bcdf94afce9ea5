import { BOARDS, type Dashboard, type GridPos, type Panel, type Row, unitIds } from '../../src/index.ts'
import { isRow, panelsOf } from './walk.ts'

/** Panels of Grafana's core that are not on their way out. */
const PANEL_TYPES = new Set(['timeseries', 'stat', 'gauge', 'bargauge', 'table', 'heatmap', 'state-timeline', 'logs'])
const COLUMNS = 24
/** A screen of 1080 lines shows about as many rows, and the menus. */
const SCREEN_ROWS = 26

/** What is wrong with the form of a dashboard, one sentence each. `name` is its file's. */
export function formProblems(name: string, dashboard: Dashboard): string[] {
  return [
    ...headProblems(name, dashboard),
    ...idProblems(dashboard),
    ...gridProblems(dashboard),
    ...linkProblems(dashboard),
    ...panelsOf(dashboard).flatMap(panel => panelProblems(panel).map(text => `${panel.title}: ${text}`))
  ].map(text => `${name}: ${text}`)
}

function headProblems(name: string, { uid, title, time, tags, timezone, refresh, ...rest }: Dashboard): string[] {
  const wanted: readonly (readonly [what: string, is: string, should: string])[] = [
    ['file name', name, `${uid}.json`],
    ['title', title, BOARDS[uid as keyof typeof BOARDS]],
    ['from', time.from, 'now-6h'],
    ['tags', tags.join(), 'streambus'],
    ['timezone', timezone, 'utc'],
    ['refresh', refresh, '30s'],
    ['schema version', String(rest.schemaVersion), '39'],
    ['editable', String(rest.editable), 'false']
  ]
  return wanted.filter(([, is, should]) => is !== should).map(([what, is, should]) => `${what} is ${is}, not ${should}`)
}

function idProblems({ panels }: Dashboard): string[] {
  const ids = panels.flatMap(one => [one.id, ...(isRow(one) ? one.panels.map(({ id }) => id) : [])])
  return ids.filter((id, index) => ids.indexOf(id) !== index).map(id => `two panels have the id ${id}`)
}

/** Those of a collapsed row move what is below them when it is opened: each is a grid of its own. */
function gridProblems({ panels }: Dashboard): string[] {
  const closed = panels.filter(one => isRow(one) && one.collapsed) as Row[]
  return [...gridOf(panels), ...closed.flatMap(row => gridOf(row.panels))]
}

function gridOf(panels: readonly (Panel | Row)[]): string[] {
  const outside = panels.filter(({ gridPos: { x, y, w, h } }) => x < 0 || y < 0 || w < 1 || h < 1 || x + w > COLUMNS)
  const overlapping = panels.flatMap((one, index) =>
    panels
      .slice(index + 1)
      .filter(other => overlap(one.gridPos, other.gridPos))
      .map(other => [one.title, other.title])
  )
  return [
    ...outside.map(({ title }) => `${title} does not fit the grid`),
    ...overlapping.map(([one, other]) => `${one} lies on ${other}`)
  ]
}

function overlap(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

function linkProblems(dashboard: Dashboard): string[] {
  const urls = [
    ...dashboard.links.map(({ url }) => url),
    ...panelsOf(dashboard).flatMap(({ links = [], fieldConfig: { defaults } }) =>
      [...links, ...(defaults.links ?? [])].map(({ url }) => url)
    )
  ]
  const uids = urls.map(url => /^\/d\/([\w-]+)/.exec(url)?.[1] ?? url)
  return uids.filter(uid => !Object.hasOwn(BOARDS, uid)).map(uid => `a link leads to ${uid}, which does not exist`)
}

function panelProblems({ type, title, description, targets, fieldConfig, datasource }: Panel): string[] {
  const found: string[] = []
  if (!PANEL_TYPES.has(type)) found.push(`panel type ${type} is not one of ${[...PANEL_TYPES].join(', ')}`)
  if (title.trim() === '') found.push('no title')
  if (description.trim() === '') found.push('no description')
  if (!unitIds.includes(fieldConfig.defaults.unit)) found.push(`unit ${fieldConfig.defaults.unit} is not known`)
  if (targets.length === 0) found.push('no query')
  if (new Set(targets.map(({ refId }) => refId)).size < targets.length) found.push('two queries with one refId')
  if (!/^\$\{\w*datasource\}$/.test(datasource?.uid ?? '')) found.push('its data source is not the variable')
  return found
}

/** Whether what matters is seen without scrolling: titles of panels of the first screen. */
export function firstScreen({ panels }: Dashboard): readonly string[] {
  return panels.filter(({ gridPos: { y, h } }) => y + h <= SCREEN_ROWS).map(({ title }) => title)
}
