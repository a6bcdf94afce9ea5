import type { Panel } from '../../../dashboards/src/index.ts'
import { lastOf, type Range, type Series } from '../series.ts'
import { format } from '../units.ts'
import { lineColor, named } from './colors.ts'
import { type Box, escape, px } from './html.ts'
import { linear, logarithmic, type Scale, timeText, timeTicks } from './scale.ts'

interface Custom {
  readonly stacking?: { readonly mode: string }
  readonly scaleDistribution?: { readonly type: string }
  readonly thresholdsStyle?: { readonly mode: string }
  readonly drawStyle?: string
}

const AXIS_WIDTH = 62
const TIME_HEIGHT = 16
const TOP = 6
const LEGEND_MAX = 9

/** `floor` is what the area below the line begins at: null for the axis. */
type Point = readonly [atMs: number, value: number, floor: number | null]

export interface ChartOptions {
  readonly panel: Panel
  readonly series: readonly Series[]
  readonly range: Range
  readonly box: Box
}

/** Lines with axes and a legend, as the panel's options say. */
export function drawTimeseries({ panel, series, range, box }: ChartOptions): string {
  const custom = (panel.fieldConfig.defaults.custom ?? {}) as Custom
  const isStacked = custom.stacking?.mode === 'normal'
  const shown = isStacked ? stacked(series, range) : series.map(alone)
  const legendHeight = 17 * Math.min(4, Math.ceil(Math.min(series.length, LEGEND_MAX + 1) / legendColumns(series, box)))
  const plot = { width: box.width, height: box.height - legendHeight - 4 }
  const y = valueScale(panel, shown, plot)
  const lines = shown.map((points, index) =>
    (custom.drawStyle === 'bars' ? drawSteps : drawLine)({ points, index, y, range, plot })
  )
  return `<svg width="${px(plot.width)}" height="${px(plot.height)}">${[
    grid(panel, { y, range, plot }),
    ...thresholds(panel, { y, plot }),
    ...lines
  ].join('')}</svg>${legend(panel, series, legendHeight)}`
}

/** As many entries as fit side by side: line, name, number. */
function legendColumns(series: readonly Series[], { width }: Box): number {
  const longest = series.reduce((most, { name }) => Math.max(most, name.length), 0)
  return Math.max(1, Math.floor(width / (longest * 6.2 + 95)))
}

function alone({ points }: Series): readonly Point[] {
  return points.map(([at, value]) => [at, value, null])
}

/** Each line on top of the one before. */
function stacked(series: readonly Series[], { stepMs }: Range): readonly (readonly Point[])[] {
  const below = new Map<number, number>()
  return series.map(({ points }) =>
    points.map(([at, value]) => {
      const slot = Math.round(at / stepMs)
      const floor = below.get(slot) ?? 0
      const sum = floor + (Number.isFinite(value) ? value : 0)
      below.set(slot, sum)
      return [at, sum, floor] as const
    })
  )
}

function valueScale({ fieldConfig: { defaults } }: Panel, lines: readonly (readonly Point[])[], plot: Box): Scale {
  const values = lines.flatMap(points => points.map(([, value]) => value)).filter(Number.isFinite)
  const from = plot.height - TIME_HEIGHT
  const custom = (defaults.custom ?? {}) as Custom
  if (custom.scaleDistribution?.type === 'log') {
    const positive = values.filter(value => value > 0)
    return logarithmic({ min: least(positive, 1), max: most(positive, 10), from, to: TOP })
  }
  const low = defaults.min ?? least(values, 0)
  const high = defaults.max ?? most(values, 1)
  const max = high > low ? high + (defaults.max === undefined ? (high - low) * 0.08 : 0) : low + 1
  const base = defaults.unit === 'bytes' || defaults.unit === 'binBps' ? 1024 : 1000
  return linear({ min: low, max, from, to: TOP, base })
}

function least(values: readonly number[], fallback: number): number {
  return values.reduce((low, value) => Math.min(low, value), values[0] ?? fallback)
}

function most(values: readonly number[], fallback: number): number {
  return values.reduce((high, value) => Math.max(high, value), values[0] ?? fallback)
}

interface Frame {
  readonly y: Scale
  readonly range: Range
  readonly plot: Box
}

function timePlace(atMs: number, { range: { fromMs, toMs }, plot }: Pick<Frame, 'range' | 'plot'>): number {
  return AXIS_WIDTH + ((atMs - fromMs) / (toMs - fromMs)) * (plot.width - AXIS_WIDTH - 8)
}

function grid({ fieldConfig: { defaults } }: Panel, frame: Frame): string {
  const { y, range, plot } = frame
  const rows = y.ticks.map(tick => {
    const at = px(y.place(tick))
    const text = escape(format(tick, defaults.unit))
    return `<line class="grid" x1="${AXIS_WIDTH}" x2="${px(plot.width - 8)}" y1="${at}" y2="${at}"/><text class="axis" x="${AXIS_WIDTH - 5}" y="${at}" dy="4" text-anchor="end">${text}</text>`
  })
  const span = range.toMs - range.fromMs
  const times = timeTicks(range.fromMs, range.toMs, Math.max(2, Math.floor(plot.width / 90))).map(tick => {
    const at = px(timePlace(tick, frame))
    return `<text class="axis" x="${at}" y="${px(plot.height - 3)}" text-anchor="middle">${timeText(tick, span)}</text>`
  })
  return [...rows, ...times].join('')
}

function thresholds({ fieldConfig: { defaults } }: Panel, { y, plot }: Pick<Frame, 'y' | 'plot'>): string[] {
  const custom = (defaults.custom ?? {}) as Custom
  if (custom.thresholdsStyle?.mode !== 'dashed') return []
  return defaults.thresholds.steps.flatMap(({ value, color }) => {
    if (value === null) return []
    const at = y.place(value)
    if (at < TOP) return []
    return [
      `<line x1="${AXIS_WIDTH}" x2="${px(plot.width - 8)}" y1="${px(at)}" y2="${px(at)}" stroke="${named(color)}" stroke-dasharray="6 4"/>`
    ]
  })
}

interface LineOptions extends Frame {
  readonly points: readonly Point[]
  readonly index: number
}

/** A bar for each step. */
function drawSteps({ points, index, ...frame }: LineOptions): string {
  const bottom = frame.plot.height - TIME_HEIGHT
  const { fromMs, stepMs } = frame.range
  const width = Math.max(1, (timePlace(fromMs + stepMs, frame) - timePlace(fromMs, frame)) * 0.8)
  return points
    .filter(([, value]) => Number.isFinite(value))
    .map(([at, value, floor]) => {
      const [top, low] = [frame.y.place(value), floor === null ? bottom : frame.y.place(floor)]
      const x = timePlace(at, frame) - width / 2
      return `<rect x="${px(x)}" y="${px(top)}" width="${px(width)}" height="${px(low - top)}" fill="${lineColor(index)}" fill-opacity="0.75"/>`
    })
    .join('')
}

function drawLine({ points, index, ...frame }: LineOptions): string {
  const color = lineColor(index)
  const place = (at: number, y: number): string => `${px(timePlace(at, frame))},${px(y)}`
  const bottom = frame.plot.height - TIME_HEIGHT
  return runs(points, frame.range.stepMs)
    .map(run => {
      const upper = run.map(([at, value]) => place(at, frame.y.place(value)))
      const lower = run.map(([at, , floor]) => place(at, floor === null ? bottom : frame.y.place(floor))).reverse()
      const opacity = run[0]?.[2] === null ? 0.08 : 0.35
      const area = `<polygon points="${[...upper, ...lower].join(' ')}" fill="${color}" fill-opacity="${opacity}"/>`
      const [x = 0, y = 0] = (upper[0] ?? '').split(',')
      const dot = run.length === 1 ? `<circle cx="${x}" cy="${y}" r="2" fill="${color}"/>` : ''
      return `${area}<polyline points="${upper.join(' ')}" fill="none" stroke="${color}" stroke-width="1.3"/>${dot}`
    })
    .join('')
}

/** Where numbers are missing the line is, too. */
function runs(points: readonly Point[], stepMs: number): Point[][] {
  const found: Point[][] = []
  let before: Point | null = null
  for (const point of points) {
    if (!Number.isFinite(point[1])) continue
    if (before === null || point[0] - before[0] > stepMs * 1.5) found.push([])
    found.at(-1)?.push(point)
    before = point
  }
  return found
}

function legend({ fieldConfig: { defaults } }: Panel, series: readonly Series[], height: number): string {
  const items = series.slice(0, LEGEND_MAX).map((one, index) => {
    const last = lastOf(one)
    const value = last === undefined ? '' : ` <b>${escape(format(last, defaults.unit, defaults.decimals))}</b>`
    return `<span title="${escape(JSON.stringify(one.labels))}"><i style="background:${lineColor(index)}"></i>${escape(one.name === '' ? 'Value' : one.name)}${value}</span>`
  })
  const more = series.length > LEGEND_MAX ? `<span>and ${series.length - LEGEND_MAX} more</span>` : ''
  return `<div class="legend" style="height:${height}px">${items.join('')}${more}</div>`
}
