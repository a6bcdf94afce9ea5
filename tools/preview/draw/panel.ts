import type { Panel } from '../../../dashboards/src/index.ts'
import type { PanelResult, TargetResult } from '../collect.ts'
import { hasData, type Range } from '../series.ts'
import { drawHeatmap, drawStateTimeline } from './bands.ts'
import { type Box, escape, px } from './html.ts'
import { drawBars, drawGauge, drawStat } from './numbers.ts'
import { drawTable } from './table.ts'
import { drawTimeseries } from './timeseries.ts'

/** Grafana's grid on a page of 1,440 pixels. */
const COLUMN = 58
const ROW = 38
const GAP = 8
const HEAD = 26
const PADDING = 8

const MARKS: Readonly<Record<PanelResult['state'], string>> = {
  data: '',
  partial: 'part of it has no data',
  empty: 'no data',
  error: 'failed',
  unasked: 'no Loki here',
  awaited: 'not fed yet'
}

/** A panel with its frame, its title and, where something is missing, a mark. */
export function drawPanel(result: PanelResult, range: Range, top: number): string {
  const { panel, state } = result
  const { x, y, w, h } = panel.gridPos
  const place = `left:${x * COLUMN}px;top:${(y - top) * ROW}px;width:${w * COLUMN - GAP}px;height:${h * ROW - GAP}px`
  const box = { width: w * COLUMN - GAP - 2 * PADDING - 2, height: h * ROW - GAP - HEAD - PADDING - 2 }
  const mark = MARKS[state] === '' ? '' : `<em>${MARKS[state]}</em>`
  const own = panel.timeFrom === undefined ? '' : ` <small>last ${escape(panel.timeFrom)}</small>`
  return `<section class="panel ${state}" style="${place}" data-title="${escape(panel.title)}"><h3 title="${escape(panel.description)}">${escape(panel.title)}${own}${mark}</h3>${content(result, range, box)}</section>`
}

function content({ panel, targets, state }: PanelResult, range: Range, box: Box): string {
  if (state === 'error')
    return notice(targets.flatMap(({ error, expr }) => (error === null ? [] : [`${error}: ${expr}`])))
  if (state === 'unasked') return notice(targets.map(({ expr }) => expr))
  if (!targets.some(hasData)) return nothing(panel, targets, box)
  const series = targets.flatMap(target => target.series)
  switch (panel.type) {
    case 'timeseries':
      return drawTimeseries({ panel, series, range, box })
    case 'stat':
      return drawStat(panel, series, box)
    case 'gauge':
      return drawGauge(panel, series, box)
    case 'bargauge':
      return drawBars(panel, series, box)
    case 'table':
      return drawTable(panel, targets, box)
    case 'heatmap':
      return drawHeatmap({ panel, series, range, box })
    case 'state-timeline':
      return drawStateTimeline({ panel, series, range, box })
    case 'logs':
      return drawLines(targets, box)
    default:
      return panel.type satisfies never
  }
}

function nothing({ fieldConfig: { defaults } }: Panel, targets: readonly TargetResult[], { height }: Box): string {
  const says = defaults.noValue ?? 'No data'
  const asked = targets.filter(target => !hasData(target)).map(({ expr }) => expr)
  return `<div class="nothing" style="height:${px(height)}px" title="${escape(asked.join('\n'))}">${escape(says)}</div>`
}

function notice(lines: readonly string[]): string {
  return `<pre>${escape(lines.join('\n'))}</pre>`
}

function drawLines(targets: readonly TargetResult[], { height }: Box): string {
  const lines = targets.flatMap(target => target.lines).toSorted((a, b) => b.atMs - a.atMs)
  const rows = lines.slice(0, 100).map(({ atMs, line, labels }) => {
    const time = new Date(atMs).toISOString().slice(0, 23).replace('T', ' ')
    return `<div class="level-${escape(labels['level'] ?? 'none')}"><small>${time}</small> ${escape(line)}</div>`
  })
  return `<div class="lines" style="height:${px(height)}px">${rows.join('')}</div>`
}

/** Of a group of panels that begins at `top`. */
export function heightOf(panels: readonly Panel[], top: number): number {
  return panels.reduce((high, { gridPos: { y, h } }) => Math.max(high, (y + h - top) * ROW), 0)
}
