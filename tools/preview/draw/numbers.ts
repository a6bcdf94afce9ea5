import type { Panel } from '../../../dashboards/src/index.ts'
import { lastOf, type Series } from '../series.ts'
import { format } from '../units.ts'
import { shownAs } from './colors.ts'
import { type Box, escape, px } from './html.ts'

interface Shown {
  readonly name: string
  readonly text: string
  readonly color: string
  readonly value: number
  readonly series: Series
}

function present({ fieldConfig: { defaults } }: Panel, series: readonly Series[]): readonly Shown[] {
  return series.flatMap(one => {
    const value = lastOf(one)
    if (value === undefined) return []
    const { text, color } = shownAs(value, defaults)
    return [
      { name: one.name, text: text ?? format(value, defaults.unit, defaults.decimals), color, value, series: one }
    ]
  })
}

/** The present numbers, as large as they fit. */
export function drawStat(panel: Panel, series: readonly Series[], box: Box): string {
  const all = present(panel, series)
  const isFilled = panel.options['colorMode'] === 'background'
  const width = box.width / Math.max(1, all.length)
  const items = all.map(({ name, text, color, series: { points } }) => {
    const size = Math.max(11, Math.min(38, box.height * 0.42, (width * 1.55) / Math.max(4, text.length)))
    const style = isFilled ? `background:${color};color:#fff` : `color:${color}`
    const label = all.length > 1 ? `<small>${escape(name)}</small>` : ''
    const line =
      panel.options['graphMode'] === 'area' ? sparkline(points, { width, height: box.height * 0.4 }, color) : ''
    return `<div style="${style}">${label}<b style="font-size:${px(size)}px">${escape(text)}</b>${line}</div>`
  })
  return `<div class="stat" style="height:${px(box.height)}px">${items.join('')}</div>`
}

function sparkline(points: Series['points'], { width, height }: Box, color: string): string {
  const known = points.filter(([, value]) => Number.isFinite(value))
  const values = known.map(([, value]) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const [[from = 0] = [], [to = 1] = []] = [known[0], known.at(-1)]
  if (known.length < 2) return ''
  const path = known.map(([at, value]) => {
    const x = ((at - from) / (to - from || 1)) * width
    const y = height - 3 - ((value - low) / (high - low || 1)) * (height - 6)
    return `${px(x)},${px(y)}`
  })
  return `<svg width="${px(width)}" height="${px(height)}"><polygon points="${path.join(' ')} ${px(width)},${px(height)} 0,${px(height)}" fill="${color}" fill-opacity="0.12"/><polyline points="${path.join(' ')}" fill="none" stroke="${color}"/></svg>`
}

/** A needle would be too much: an arc, filled as far as the number is. */
export function drawGauge(panel: Panel, series: readonly Series[], box: Box): string {
  const { min = 0, max = 1, thresholds } = panel.fieldConfig.defaults
  const radius = Math.min(box.width / 2 - 14, box.height * 0.62)
  const center = { x: box.width / 2, y: box.height * 0.72 }
  const steps = thresholds.steps.map(({ value, color }, index) => {
    const from = Math.max(0, ((value ?? min) - min) / (max - min))
    const to = ((thresholds.steps[index + 1]?.value ?? max) - min) / (max - min)
    const { color: shown } = shownAs(value ?? min, {
      ...panel.fieldConfig.defaults,
      thresholds: { mode: 'absolute', steps: [{ color, value: null }] }
    })
    return arc(center, radius + 8, { from, to: Math.min(1, to), color: shown, width: 4 })
  })
  const [first] = present(panel, series)
  const share = first === undefined ? 0 : Math.min(1, Math.max(0, (first.value - min) / (max - min)))
  const value = first === undefined ? '' : arc(center, radius, { from: 0, to: share, color: first.color, width: 12 })
  const text =
    first === undefined
      ? ''
      : `<text x="${px(center.x)}" y="${px(center.y)}" text-anchor="middle" font-size="22" font-weight="600" fill="${first.color}">${escape(first.text)}</text>`
  const back = arc(center, radius, { from: 0, to: 1, color: '#e8e8e8', width: 12 })
  return `<svg width="${px(box.width)}" height="${px(box.height)}">${back}${value}${steps.join('')}${text}</svg>`
}

function arc(
  { x, y }: { readonly x: number; readonly y: number },
  radius: number,
  {
    from,
    to,
    color,
    width
  }: { readonly from: number; readonly to: number; readonly color: string; readonly width: number }
): string {
  const at = (share: number): string => {
    const angle = Math.PI * (1.1 - share * 1.2)
    return `${px(x + radius * Math.cos(angle))},${px(y - radius * Math.sin(angle))}`
  }
  const large = to - from > 5 / 6 ? 1 : 0
  return `<path d="M${at(from)} A${px(radius)} ${px(radius)} 0 ${large} 1 ${at(to)}" fill="none" stroke="${color}" stroke-width="${width}"/>`
}

/** A bar for each number, the longest first as they came. */
export function drawBars(panel: Panel, series: readonly Series[], box: Box): string {
  const all = present(panel, series)
  const { min = 0, max = all.reduce((high, { value }) => Math.max(high, value), 0) } = panel.fieldConfig.defaults
  const height = Math.max(16, Math.min(34, box.height / Math.max(1, all.length) - 5))
  const rows = all.map(({ name, text, color, value }) => {
    const share = max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0
    const fill = color === '#24292e' ? '#56a64b' : color
    return `<div class="bar" style="height:${px(height)}px"><span title="${escape(name)}">${escape(name === '' ? 'Value' : name)}</span><i><u style="width:${px(share * 100)}%;background:${fill}"></u></i><b>${escape(text)}</b></div>`
  })
  return `<div class="bars" style="height:${px(box.height)}px">${rows.join('')}</div>`
}
