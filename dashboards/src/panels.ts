import type { ValueMapping } from './grafana/model.ts'
import {
  BAR_GAUGE_OPTIONS,
  GAUGE_OPTIONS,
  HEATMAP_OPTIONS,
  LEGEND_LIST,
  LEGEND_TABLE,
  STAT_OPTIONS,
  STATE_TIMELINE_OPTIONS,
  TABLE_OPTIONS,
  TIMESERIES_CUSTOM
} from './grafana/options.ts'
import { common, INSTANT, type PanelDraft, type PanelOptions, RANGE, targetsOf, unitOf } from './panel.ts'
import { type Limits, NO_LIMITS, stepsOf } from './thresholds.ts'

export interface TimeseriesOptions extends PanelOptions {
  readonly stack?: boolean
  /** Default: 0, because a line that begins elsewhere exaggerates. 'auto' for what may be negative or far from 0. */
  readonly min?: number | 'auto'
  readonly max?: number
  /** Lines to keep below. */
  readonly limits?: Limits
  readonly legend?: 'list' | 'table'
  readonly isLogarithmic?: boolean
  /** Dots that lead to traces; for quantiles of histograms that have them. */
  readonly exemplars?: boolean
}

/** Lines over time. */
export function timeseries(title: string, options: TimeseriesOptions): PanelDraft {
  const { stack = false, min = 0, max, limits, isLogarithmic = false, exemplars = false } = options
  const custom = {
    ...TIMESERIES_CUSTOM,
    ...(stack ? { fillOpacity: 30, stacking: { group: 'A', mode: 'normal' } } : {}),
    ...(limits === undefined ? {} : { thresholdsStyle: { mode: 'dashed' } }),
    ...(isLogarithmic ? { scaleDistribution: { type: 'log', log: 10 } } : {})
  }
  return {
    ...common(title, options, { width: 8, height: 8 }),
    type: 'timeseries',
    targets: targetsOf(options, exemplars ? { ...RANGE, exemplar: true } : RANGE),
    fieldConfig: {
      defaults: {
        ...scaleOf(title, options),
        ...(min === 'auto' || isLogarithmic ? {} : { min }),
        ...(max === undefined ? {} : { max }),
        color: { mode: 'palette-classic' },
        mappings: [],
        thresholds: { mode: 'absolute', steps: stepsOf(limits) },
        custom
      },
      overrides: options.overrides ?? []
    },
    options: {
      legend: options.legend === 'table' ? LEGEND_TABLE : LEGEND_LIST,
      tooltip: { hideZeros: false, mode: 'multi', sort: 'desc' }
    }
  }
}

export interface StatOptions extends PanelOptions {
  readonly limits?: Limits | 'plain'
  readonly mappings?: readonly ValueMapping[]
  readonly min?: number
  readonly max?: number
  /** With the way there as a line below. */
  readonly sparkline?: boolean
  /** The colour fills the panel. */
  readonly isFilled?: boolean
}

/** The present number, large. */
export function stat(title: string, options: StatOptions): PanelDraft {
  const { sparkline = false, isFilled = false } = options
  return {
    ...common(title, options, { width: 3, height: 4 }),
    type: 'stat',
    targets: targetsOf(options, sparkline ? RANGE : INSTANT),
    fieldConfig: { defaults: numbersOf(title, options), overrides: options.overrides ?? [] },
    options: {
      ...STAT_OPTIONS,
      colorMode: isFilled ? 'background' : 'value',
      ...(sparkline ? { graphMode: 'area' } : {})
    }
  }
}

/** The present number on a scale. */
export function gaugePanel(title: string, options: StatOptions & { readonly max: number }): PanelDraft {
  return {
    ...common(title, options, { width: 4, height: 5 }),
    type: 'gauge',
    targets: targetsOf(options, INSTANT),
    fieldConfig: { defaults: { min: 0, ...numbersOf(title, options) }, overrides: options.overrides ?? [] },
    options: GAUGE_OPTIONS
  }
}

/** One bar for each series, at present. */
export function bars(title: string, options: StatOptions): PanelDraft {
  return {
    ...common(title, options, { width: 8, height: 8 }),
    type: 'bargauge',
    targets: targetsOf(options, INSTANT),
    fieldConfig: { defaults: { min: 0, ...numbersOf(title, options) }, overrides: options.overrides ?? [] },
    options: BAR_GAUGE_OPTIONS
  }
}

export interface TableOptions extends PanelOptions {
  /** Column → its heading, from left to right; the others are left out. 'Value #A' is the number of the first query. */
  readonly columns: Readonly<Record<string, string>>
  /** Heading of the column to sort by, largest first. */
  readonly sortBy?: string
}

/** Present numbers, a row for each set of labels; several queries are joined by their labels. */
export function table(title: string, options: TableOptions): PanelDraft {
  const { columns, sortBy } = options
  const names = Object.keys(columns)
  const unwanted = options.queries.flatMap(({ expr }) => expr.labels).filter(label => !names.includes(label))
  const excludeByName = Object.fromEntries(['Time', ...unwanted].map(name => [name, true]))
  const indexByName = Object.fromEntries(names.map((name, index) => [name, index]))
  return {
    ...common(title, options, { width: 12, height: 8 }),
    type: 'table',
    targets: targetsOf(options, { ...INSTANT, format: 'table' }),
    transformations: [
      ...(options.queries.length > 1 ? [{ id: 'merge', options: {} } as const] : []),
      { id: 'organize', options: { excludeByName, indexByName, renameByName: columns } }
    ],
    fieldConfig: {
      defaults: {
        ...scaleOf(title, options),
        color: { mode: 'thresholds' },
        mappings: [],
        thresholds: { mode: 'absolute', steps: NO_LIMITS },
        custom: { align: 'auto', cellOptions: { type: 'auto' } }
      },
      overrides: options.overrides ?? []
    },
    options: { ...TABLE_OPTIONS, ...(sortBy === undefined ? {} : { sortBy: [{ displayName: sortBy, desc: true }] }) }
  }
}

/** How often each bucket of a histogram was hit, over time. */
export function heatmap(title: string, options: PanelOptions): PanelDraft {
  const unit = unitOf(title, options)
  return {
    ...common(title, options, { width: 12, height: 8 }),
    type: 'heatmap',
    targets: targetsOf(options, { ...RANGE, format: 'heatmap', exemplar: true }),
    fieldConfig: {
      defaults: {
        unit,
        color: { mode: 'thresholds' },
        mappings: [],
        thresholds: { mode: 'absolute', steps: NO_LIMITS }
      },
      overrides: []
    },
    options: { ...HEATMAP_OPTIONS, yAxis: { axisPlacement: 'left', reverse: false, unit } }
  }
}

/** A band of states for each series. */
export function stateTimeline(title: string, options: StatOptions): PanelDraft {
  return {
    ...common(title, options, { width: 12, height: 8 }),
    type: 'state-timeline',
    targets: targetsOf(options, RANGE),
    fieldConfig: {
      defaults: {
        ...numbersOf(title, options),
        custom: { fillOpacity: 70, lineWidth: 0 }
      },
      overrides: options.overrides ?? []
    },
    options: STATE_TIMELINE_OPTIONS
  }
}

function scaleOf(title: string, options: PanelOptions) {
  const { decimals, noValue, dataLinks } = options
  return {
    unit: unitOf(title, options),
    ...(dataLinks === undefined ? {} : { links: dataLinks }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(noValue === undefined ? {} : { noValue })
  }
}

function numbersOf(title: string, options: StatOptions) {
  const { limits, mappings = [], min, max } = options
  return {
    ...scaleOf(title, options),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    color: { mode: 'thresholds' },
    mappings,
    thresholds: { mode: 'absolute', steps: stepsOf(limits) }
  } as const
}
