import type { Dashboard } from '../../../dashboards/src/index.ts'
import { type BoardResult, isPanel, type PanelResult, type TargetResult } from '../../../tools/preview/collect.ts'
import { logFiles } from '../../../tools/preview/log-files.ts'
import { prometheusAt } from '../../../tools/preview/prometheus.ts'
import { ask, dashboards } from '../../../tools/preview/render.ts'
import type { DataSource } from '../../../tools/preview/series.ts'

export interface PanelQuestion {
  readonly prometheusUrl: string
  /** Log files of brokers, in Loki's place. */
  readonly logs: readonly string[]
  /** How far back. */
  readonly minutes: number
  /** Between two scrapes. */
  readonly scrapeMs: number
}

/** A panel that was asked, by the name that reports use. */
export interface AskedPanel {
  readonly name: string
  readonly dashboard: Dashboard
  readonly result: PanelResult
}

export interface Answers {
  readonly boards: readonly BoardResult[]
  readonly panels: readonly AskedPanel[]
}

export function nameOf(dashboard: { readonly title: string }, panel: { readonly title: string }): string {
  return `${dashboard.title} / ${panel.title}`
}

/** Everything that all dashboards ask, as of now. */
export function askAll({ prometheusUrl, logs, minutes, scrapeMs }: PanelQuestion): Promise<Answers> {
  const sources = { prometheus: prometheusAt(prometheusUrl), loki: logFiles(logs) }
  return answersOf(dashboards, sources, { minutes, scrapeMs, toMs: Date.now() })
}

export async function answersOf(
  all: readonly Dashboard[],
  sources: { readonly prometheus: DataSource; readonly loki: DataSource },
  span: { readonly minutes: number; readonly scrapeMs: number; readonly toMs: number }
): Promise<Answers> {
  const boards: BoardResult[] = []
  for (const dashboard of all) boards.push(await ask(dashboard, sources, span))
  const panels = boards.flatMap(({ dashboard, parts }) =>
    parts.filter(isPanel).map(result => ({ name: nameOf(dashboard, result.panel), dashboard, result }))
  )
  return { boards, panels }
}

export function isOfPrometheus({ panel }: PanelResult): boolean {
  return panel.datasource?.type === 'prometheus'
}

/** Values of all moments that are numbers. */
export function finiteValues({ series }: Pick<TargetResult, 'series'>): readonly number[] {
  return series.flatMap(({ points }) => points.map(([, value]) => value).filter(Number.isFinite))
}
