import fs from 'node:fs'
import { BOARDS, type Panel } from '../../dashboards/src/index.ts'
import { type BoardResult, isPanel, type PanelResult } from './collect.ts'
import { escape } from './draw/html.ts'
import { drawPanel, heightOf } from './draw/panel.ts'
import type { Range } from './series.ts'

const STYLE = fs.readFileSync(new URL('./style.css', import.meta.url), 'utf8')

export interface PageOptions {
  readonly range: Range
  /** Where another dashboard is: '/d/<uid>' of a server, '<uid>.html' of files. */
  readonly linkOf: (uid: string) => string
}

interface Group {
  readonly title: string | null
  readonly isCollapsed: boolean
  readonly panels: PanelResult[]
}

/** A dashboard as one HTML page that needs nothing else. Collapsed rows are shown open. */
export function drawPage(result: BoardResult, { range, linkOf }: PageOptions): string {
  const { dashboard, variables } = result
  const groups = groupsOf(result)
  const body = groups.map(({ title, isCollapsed, panels }) => {
    const places = panels.map(({ panel }) => panel)
    const top = places.reduce((low, { gridPos: { y } }) => Math.min(low, y), Number.MAX_SAFE_INTEGER)
    const heading =
      title === null ? '' : `<h2>${escape(title)}${isCollapsed ? ' <small>collapsed in Grafana</small>' : ''}</h2>`
    const drawn = panels.map(panel => drawPanel(panel, range, top)).join('\n')
    return `${heading}<div class="grid" style="height:${heightOf(places, top)}px">${drawn}</div>`
  })
  const chosen = variables.map(({ name, value, options }) => {
    const known =
      options === null
        ? ''
        : ` <small>${escape(options.slice(0, 8).join(', '))}${options.length > 8 ? ', …' : ''}</small>`
    return `<span>${escape(name)} <b>${escape(value === '' ? '–' : value)}</b>${known}</span>`
  })
  return document(dashboard.title, [
    `<header><h1>${escape(dashboard.title)}</h1><nav>${navigation(linkOf)}</nav></header>`,
    `<p>${escape(dashboard.description)}</p>`,
    `<p class="variables">${chosen.join('')}<span>${iso(range.fromMs)} to ${iso(range.toMs)} UTC</span></p>`,
    summary(groups),
    ...body
  ])
}

function groupsOf({ parts }: BoardResult): readonly Group[] {
  const groups: Group[] = [{ title: null, isCollapsed: false, panels: [] }]
  for (const part of parts) {
    if (isPanel(part)) groups.at(-1)?.panels.push(part)
    else groups.push({ title: part.title, isCollapsed: part.collapsed, panels: [] })
  }
  return groups.filter(({ panels }) => panels.length > 0)
}

function summary(groups: readonly Group[]): string {
  const panels = groups.flatMap(group => group.panels)
  const without = panels.filter(({ state }) => state !== 'data')
  const titles = without.map(({ panel, state }: { panel: Panel; state: string }) => `${panel.title} (${state})`)
  const text = `${panels.length} panels, ${panels.length - without.length} with all their data`
  return `<p class="summary">${escape(text)}${titles.length === 0 ? '' : `; others: ${escape(titles.join(', '))}`}</p>`
}

export function drawIndex(linkOf: PageOptions['linkOf']): string {
  const items = Object.entries(BOARDS).map(
    ([uid, title]) => `<li><a href="${escape(linkOf(uid))}">${escape(title)}</a></li>`
  )
  return document('Dashboards', [`<header><h1>Dashboards</h1></header><ul>${items.join('')}</ul>`])
}

function navigation(linkOf: PageOptions['linkOf']): string {
  const entries = Object.entries(BOARDS)
  return entries
    .map(([uid, title]) => `<a href="${escape(linkOf(uid))}">${escape(title.replace('StreamBus ', ''))}</a>`)
    .join(' ')
}

function document(title: string, body: readonly string[]): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style><body>${body.join('\n')}</body></html>\n`
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}
