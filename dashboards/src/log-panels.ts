import type { DataSourceRef, Target, UnitId } from './grafana/model.ts'
import { BAR_GAUGE_OPTIONS, LEGEND_LIST, LOGS_OPTIONS, TIMESERIES_CUSTOM } from './grafana/options.ts'
import type { PanelDraft } from './panel.ts'
import { stepsOf } from './thresholds.ts'

export const LOKI: DataSourceRef = { type: 'loki', uid: '${loki_datasource}' }

/** Labels of streams are few; everything else is in the line, where `| json` finds it. */
export const STREAMS = '{service="streambus",cluster=~"$cluster",broker_id=~"$broker_id"}'

interface LogOptions {
  readonly says: string
  readonly width: number
  readonly height?: number
}

function common(title: string, { says, width, height = 8 }: LogOptions) {
  return { title, description: says, datasource: LOKI, width, height }
}

function target(refId: string, expr: string, queryType: 'range' | 'instant'): Target {
  const isRange = queryType === 'range'
  return { refId, datasource: LOKI, editorMode: 'code', expr, queryType, range: isRange, instant: !isRange }
}

/** Lines over time, counted. */
export function logSeries(
  title: string,
  options: LogOptions & { readonly queries: readonly { expr: string; legend: string }[]; readonly unit?: UnitId }
): PanelDraft {
  const { queries, unit = 'short' } = options
  return {
    ...common(title, options),
    type: 'timeseries',
    targets: queries.map(({ expr, legend }, index) => ({
      ...target(String.fromCodePoint(65 + index), expr, 'range'),
      legendFormat: legend
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        noValue: 'none',
        color: { mode: 'palette-classic' },
        mappings: [],
        thresholds: { mode: 'absolute', steps: stepsOf(undefined) },
        custom: { ...TIMESERIES_CUSTOM, drawStyle: 'bars', fillOpacity: 60, stacking: { group: 'A', mode: 'normal' } }
      },
      overrides: []
    },
    options: { legend: LEGEND_LIST, tooltip: { hideZeros: false, mode: 'multi', sort: 'desc' } }
  }
}

/** The lines themselves. */
export function logLines(title: string, options: LogOptions & { readonly expr: string }): PanelDraft {
  return {
    ...common(title, options),
    type: 'logs',
    targets: [{ ...target('A', options.expr, 'range'), maxLines: 500 }],
    fieldConfig: {
      defaults: {
        unit: 'short',
        noValue: 'none',
        color: { mode: 'thresholds' },
        mappings: [],
        thresholds: { mode: 'absolute', steps: stepsOf(undefined) }
      },
      overrides: []
    },
    options: LOGS_OPTIONS
  }
}

/** What there was most of in the chosen time. */
export function logTop(
  title: string,
  options: LogOptions & { readonly expr: string; readonly legend: string }
): PanelDraft {
  return {
    ...common(title, options),
    type: 'bargauge',
    targets: [{ ...target('A', options.expr, 'instant'), legendFormat: options.legend }],
    fieldConfig: {
      defaults: {
        unit: 'short',
        min: 0,
        noValue: 'none',
        color: { mode: 'thresholds' },
        mappings: [],
        thresholds: { mode: 'absolute', steps: stepsOf('plain') }
      },
      overrides: []
    },
    options: BAR_GAUGE_OPTIONS
  }
}
