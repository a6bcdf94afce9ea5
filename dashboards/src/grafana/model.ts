/** What we write of Grafana's classic dashboard schema (version 39); newer versions of Grafana migrate it. */

export const SCHEMA_VERSION = 39

/** Grafana's names of units; `unitIds` below is what may be used. */
export const unitIds = [
  'none',
  'short',
  'percentunit',
  's',
  'dtdurations',
  'dateTimeAsIso',
  'bytes',
  'binBps',
  'cps',
  'mps',
  'reqps',
  'ops',
  'eps'
] as const
export type UnitId = (typeof unitIds)[number]

export interface DataSourceRef {
  readonly type: 'prometheus' | 'loki' | 'grafana'
  readonly uid: string
}

export interface GridPos {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export interface Target {
  readonly refId: string
  readonly datasource: DataSourceRef
  readonly expr: string
  readonly legendFormat?: string
  readonly editorMode: 'code'
  readonly range: boolean
  readonly instant: boolean
  readonly format?: 'time_series' | 'table' | 'heatmap'
  readonly exemplar?: boolean
  readonly interval?: string
  /** Loki's name for range and instant. */
  readonly queryType?: 'range' | 'instant'
  readonly maxLines?: number
}

export interface Threshold {
  readonly color: string
  /** Null: from the lowest on. */
  readonly value: number | null
}

export interface ValueMapping {
  readonly type: 'value'
  readonly options: Readonly<Record<string, { readonly text: string; readonly color: string; readonly index: number }>>
}

export interface Link {
  readonly title: string
  readonly url: string
  readonly targetBlank: boolean
}

export interface FieldDefaults {
  readonly unit: UnitId
  readonly min?: number
  readonly max?: number
  readonly decimals?: number
  readonly noValue?: string
  readonly color: { readonly mode: string; readonly fixedColor?: string }
  readonly mappings: readonly ValueMapping[]
  readonly thresholds: { readonly mode: 'absolute'; readonly steps: readonly Threshold[] }
  readonly links?: readonly Link[]
  readonly custom?: Readonly<Record<string, unknown>>
}

export interface FieldOverride {
  readonly matcher: { readonly id: 'byName' | 'byRegexp'; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

export interface Transformation {
  readonly id: 'merge' | 'organize'
  readonly options: Readonly<Record<string, unknown>>
}

export type PanelType = 'timeseries' | 'stat' | 'gauge' | 'bargauge' | 'table' | 'heatmap' | 'state-timeline' | 'logs'

export interface Panel {
  readonly id: number
  readonly type: PanelType
  readonly title: string
  readonly description: string
  readonly gridPos: GridPos
  readonly datasource?: DataSourceRef
  readonly targets: readonly Target[]
  readonly fieldConfig: { readonly defaults: FieldDefaults; readonly overrides: readonly FieldOverride[] }
  readonly options: Readonly<Record<string, unknown>>
  readonly transformations?: readonly Transformation[]
  readonly links?: readonly Link[]
  readonly timeFrom?: string
  readonly interval?: string
}

export interface Row {
  readonly id: number
  readonly type: 'row'
  readonly title: string
  readonly collapsed: boolean
  readonly gridPos: GridPos
  /** Only of a collapsed row: those of an open one follow it. */
  readonly panels: readonly Panel[]
}

export interface Variable {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly type: 'datasource' | 'query' | 'custom' | 'textbox'
  readonly hide: 0 | 2
  readonly datasource?: DataSourceRef
  /** Of data sources their kind, of Prometheus and Loki an object of their own. */
  readonly query: string | Readonly<Record<string, string | number>>
  readonly definition?: string
  readonly current: Readonly<{
    selected?: boolean
    text?: string | readonly string[]
    value?: string | readonly string[]
  }>
  readonly allValue?: string
  readonly includeAll?: boolean
  readonly multi?: boolean
  readonly options: readonly { readonly selected: boolean; readonly text: string; readonly value: string }[]
  readonly refresh?: 1 | 2
  readonly regex?: string
  readonly skipUrlSync: boolean
  readonly sort?: number
}

export interface Annotation {
  readonly name: string
  readonly datasource: DataSourceRef
  readonly enable: boolean
  readonly hide: boolean
  readonly iconColor: string
  readonly builtIn?: 1
  readonly type?: 'dashboard'
  readonly expr?: string
  readonly step?: string
  readonly titleFormat?: string
  readonly textFormat?: string
  readonly tagKeys?: string
}

export interface DashboardLink {
  readonly title: string
  readonly type: 'link' | 'dashboards'
  readonly icon: string
  readonly tooltip: string
  readonly url: string
  readonly tags: readonly string[]
  readonly asDropdown: boolean
  readonly includeVars: boolean
  readonly keepTime: boolean
  readonly targetBlank: boolean
}

/** What the import dialog asks for. */
export interface Input {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly type: 'datasource'
  readonly pluginId: string
  readonly pluginName: string
}

export interface Dashboard {
  readonly id: null
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly style: 'dark'
  readonly timezone: 'utc'
  readonly editable: boolean
  readonly graphTooltip: 1
  readonly schemaVersion: number
  readonly version: number
  readonly refresh: string
  readonly time: { readonly from: string; readonly to: string }
  readonly timepicker: Readonly<Record<string, unknown>>
  readonly fiscalYearStartMonth: 0
  readonly weekStart: ''
  readonly links: readonly DashboardLink[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: { readonly list: readonly Annotation[] }
  readonly panels: readonly (Panel | Row)[]
}

/** As the import dialog wants it: what it has to ask for first, and what Grafana must have. */
export interface ImportedDashboard extends Dashboard {
  readonly __inputs: readonly Input[]
  readonly __requires: readonly {
    readonly type: string
    readonly id: string
    readonly name: string
    readonly version: string
  }[]
}
