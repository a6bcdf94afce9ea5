export { type Expr, PromqlError, walk } from './ast.ts'
export { type CheckOptions, checkPromql, namesIn } from './check.ts'
export {
  type KnownSeries,
  labelsOf,
  type SeriesKind,
  type SeriesTable,
  seriesOf,
  TARGET_LABELS
} from './known-series.ts'
export { parseDuration, parsePromql } from './parse.ts'
export { resultLabels } from './result-labels.ts'
export {
  type AlertRule,
  allSeries,
  parseRules,
  type RecordingRule,
  type Rules,
  shippedRules,
  withRecorded
} from './rule-files.ts'
export { typeOf } from './value-type.ts'
