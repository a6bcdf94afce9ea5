// Options of Grafana's panels. What is left out is its default.

export const TIMESERIES_CUSTOM = { fillOpacity: 10, lineWidth: 1, showPoints: 'never', spanNulls: false } as const

export const LEGEND_LIST = { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true } as const
export const LEGEND_TABLE = {
  calcs: ['lastNotNull', 'max'],
  displayMode: 'table',
  placement: 'bottom',
  showLegend: true
} as const

export const REDUCE_LAST = { calcs: ['lastNotNull'], fields: '', values: false } as const

export const STAT_OPTIONS = {
  graphMode: 'none',
  justifyMode: 'auto',
  orientation: 'auto',
  percentChangeColorMode: 'standard',
  reduceOptions: REDUCE_LAST,
  showPercentChange: false,
  textMode: 'auto',
  wideLayout: true
} as const

export const GAUGE_OPTIONS = {
  minVizHeight: 75,
  minVizWidth: 75,
  orientation: 'auto',
  reduceOptions: REDUCE_LAST,
  showThresholdLabels: false,
  showThresholdMarkers: true,
  sizing: 'auto'
} as const

export const BAR_GAUGE_OPTIONS = {
  displayMode: 'basic',
  maxVizHeight: 300,
  minVizHeight: 16,
  minVizWidth: 8,
  namePlacement: 'left',
  orientation: 'horizontal',
  reduceOptions: REDUCE_LAST,
  showUnfilled: true,
  sizing: 'auto',
  valueMode: 'text'
} as const

export const TABLE_OPTIONS = {
  cellHeight: 'sm',
  footer: { countRows: false, fields: '', reducer: ['sum'], show: false },
  showHeader: true
} as const

export const HEATMAP_OPTIONS = {
  calculate: false,
  cellGap: 1,
  color: {
    exponent: 0.5,
    fill: 'dark-orange',
    mode: 'scheme',
    reverse: false,
    scale: 'exponential',
    scheme: 'Oranges',
    steps: 64
  },
  exemplars: { color: 'rgba(255,0,255,0.7)' },
  filterValues: { le: 1e-9 },
  legend: { show: true },
  rowsFrame: { layout: 'auto' },
  tooltip: { mode: 'single', showColorScale: false, yHistogram: false }
} as const

export const STATE_TIMELINE_OPTIONS = {
  alignValue: 'left',
  legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
  mergeValues: true,
  rowHeight: 0.8,
  showValue: 'auto',
  tooltip: { mode: 'single', sort: 'none' }
} as const

export const LOGS_OPTIONS = {
  dedupStrategy: 'none',
  enableLogDetails: true,
  prettifyLogMessage: false,
  showCommonLabels: false,
  showLabels: false,
  showTime: true,
  sortOrder: 'Descending',
  wrapLogMessage: false
} as const
