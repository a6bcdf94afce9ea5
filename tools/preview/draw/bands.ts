import { format } from '../units.ts'
import { shownAs } from './colors.ts'
import { escape, px } from './html.ts'
import { timeText, timeTicks } from './scale.ts'
import type { ChartOptions } from './timeseries.ts'

const NAME_WIDTH = 110
const TIME_HEIGHT = 16

function place(atMs: number, { range: { fromMs, toMs }, box }: ChartOptions): number {
  const share = Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs)))
  return NAME_WIDTH + share * (box.width - NAME_WIDTH - 8)
}

function times(options: ChartOptions): string {
  const { range, box } = options
  return timeTicks(range.fromMs, range.toMs, Math.max(2, Math.floor(box.width / 110)))
    .map(
      tick =>
        `<text class="axis" x="${px(place(tick, options))}" y="${px(box.height - 3)}" text-anchor="middle">${timeText(tick, range.toMs - range.fromMs)}</text>`
    )
    .join('')
}

function nameOf(name: string, y: number): string {
  const short = name.length > 17 ? `${name.slice(0, 16)}…` : name
  return `<text class="axis" x="${NAME_WIDTH - 6}" y="${px(y)}" dy="4" text-anchor="end">${escape(short)}<title>${escape(name)}</title></text>`
}

/** A band for each series, coloured by the state it is in. */
export function drawStateTimeline(options: ChartOptions): string {
  const { panel, series, range, box } = options
  const each = Math.min(46, (box.height - TIME_HEIGHT) / Math.max(1, series.length))
  const bands = series.map(({ name, points }, row) => {
    const top = row * each + 3
    const states = mergeEqual(points, range.stepMs).map(({ fromMs, toMs, value }) => {
      const { text, color } = shownAs(value, panel.fieldConfig.defaults)
      const [left, right] = [place(fromMs, options), place(toMs, options)]
      const word = text ?? format(value, panel.fieldConfig.defaults.unit)
      const label =
        right - left > word.length * 7
          ? `<text class="state" x="${px(left + 5)}" y="${px(top + (each - 6) / 2)}" dy="4">${escape(word)}</text>`
          : ''
      return `<rect x="${px(left)}" y="${px(top)}" width="${px(Math.max(1, right - left))}" height="${px(each - 6)}" fill="${color}" fill-opacity="0.75"><title>${escape(word)}</title></rect>${label}`
    })
    return nameOf(name, top + (each - 6) / 2) + states.join('')
  })
  return `<svg width="${px(box.width)}" height="${px(box.height)}">${bands.join('')}${times(options)}</svg>`
}

interface Band {
  readonly fromMs: number
  toMs: number
  readonly value: number
}

function mergeEqual(points: readonly (readonly [number, number])[], stepMs: number): readonly Band[] {
  const bands: Band[] = []
  for (const [at, value] of points) {
    const last = bands.at(-1)
    if (last !== undefined && last.value === value && at - last.toMs < stepMs * 1.5) last.toMs = at
    else {
      if (last !== undefined && at - last.toMs < stepMs * 1.5) last.toMs = at
      if (!Number.isNaN(value)) bands.push({ fromMs: at, toMs: at, value })
    }
  }
  return bands
}

const COLUMNS_MAX = 90

/** How often each bucket was hit: darker is more. Buckets come with the counts of all below them. */
export function drawHeatmap(options: ChartOptions): string {
  const { panel, series, range, box } = options
  const buckets = series
    .map(one => ({ le: boundOf(one.labels['le']), points: new Map(one.points) }))
    .toSorted((a, b) => a.le - b.le)
  const moments = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].toSorted((a, b) => a - b)
  const every = Math.ceil(moments.length / COLUMNS_MAX)
  const columns = moments.filter((_, index) => index % every === 0)
  const cells = columns.flatMap(at =>
    buckets.map(({ points }, row) => {
      const count = (points.get(at) ?? 0) - (buckets[row - 1]?.points.get(at) ?? 0)
      return { at, row, count: Number.isFinite(count) ? count : 0 }
    })
  )
  const most = cells.reduce((high, { count }) => Math.max(high, count), 0)
  const height = (box.height - TIME_HEIGHT) / Math.max(1, buckets.length)
  const width = (place(range.fromMs + range.stepMs * every, options) - place(range.fromMs, options)) * 0.94
  const drawn = cells
    .filter(({ count }) => count > 1e-9)
    .map(({ at, row, count }) => {
      const y = (buckets.length - 1 - row) * height
      const strength = 0.12 + 0.88 * Math.sqrt(count / most)
      return `<rect x="${px(place(at, options))}" y="${px(y + 0.5)}" width="${px(width)}" height="${px(height - 1)}" fill="#e0570a" fill-opacity="${strength.toFixed(2)}"/>`
    })
  const skip = Math.ceil(14 / height)
  const names = buckets.flatMap(({ le }, row) =>
    row % skip === 0
      ? [
          nameOf(
            Number.isFinite(le) ? format(le, panel.fieldConfig.defaults.unit) : '+Inf',
            (buckets.length - 1 - row) * height + 5
          )
        ]
      : []
  )
  return `<svg width="${px(box.width)}" height="${px(box.height)}">${drawn.join('')}${names.join('')}${times(options)}</svg>`
}

function boundOf(le: string | undefined): number {
  return le === undefined || le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)
}
