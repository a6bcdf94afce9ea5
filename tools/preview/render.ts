import { boards, type Dashboard, dashboardOf } from '../../dashboards/src/index.ts'
import { type BoardResult, collect } from './collect.ts'
import type { Intervals, Values } from './interpolate.ts'
import type { DataSource } from './series.ts'

/** As many points as Grafana asks for in a panel of this width. */
const POINTS = 240

export interface Sources {
  readonly prometheus: DataSource
  readonly loki: DataSource | null
}

export interface Span {
  readonly toMs: number
  readonly minutes: number
  readonly scrapeMs: number
}

export const dashboards: readonly Dashboard[] = boards.map(dashboardOf)

export function intervalsOf({ toMs, minutes, scrapeMs }: Span): Intervals {
  const spanMs = minutes * 60_000
  const stepMs = Math.max(1000, Math.ceil(spanMs / POINTS / 1000) * 1000)
  // On whole steps, so that two panels show the same moments.
  const endMs = Math.floor(toMs / stepMs) * stepMs
  return { range: { fromMs: endMs - spanMs, toMs: endMs, stepMs }, scrapeMs }
}

/** A dashboard with the answers to all of its queries. */
export function ask(dashboard: Dashboard, sources: Sources, span: Span, chosen: Values = {}): Promise<BoardResult> {
  return collect(dashboard, { ...sources, intervals: intervalsOf(span), chosen })
}
