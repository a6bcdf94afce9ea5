import { int } from '../setting.ts'

/** How much one scrape may hold. What is beyond a limit is added up in series with the label `__other__`. */
export const METRICS_SETTINGS = {
  'metrics.groups.max': int({
    default: 500,
    min: 0,
    dynamic: 'cluster',
    doc: 'Consumer groups with series of their own in /metrics: those with the most lag.'
  }),
  'metrics.series.max': int({
    default: 20_000,
    min: 0,
    dynamic: 'cluster',
    doc: 'Series in /metrics at which topics and partitions of consumer groups get none of their own any more.'
  })
} as const
