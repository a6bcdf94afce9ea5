import { type Definition, spellBound } from '@streambus/metrics'

/** How a series behaves: whether `rate` means anything, and whether the number means anything without it. */
export type SeriesKind = 'counter' | 'gauge' | 'bucket'

export interface KnownSeries {
  /** Its own labels, without those that Prometheus adds when it scrapes. */
  readonly labels: readonly string[]
  readonly kind: SeriesKind
  /** Of buckets: the spellings of `le`. */
  readonly bounds?: readonly string[]
  /** Of what a rule has recorded: its labels are all of them. */
  readonly isRecorded?: boolean
}

/** Series by name, as Prometheus stores them: a histogram is three of them. */
export type SeriesTable = ReadonlyMap<string, KnownSeries>

/** On every series: from the scrape itself, or from the configuration that most users have (cluster, …). */
export const TARGET_LABELS: readonly string[] = ['job', 'instance', 'cluster', 'environment', 'region']

/** All labels that a series can have, those of its target included. */
export function labelsOf({ labels, isRecorded }: KnownSeries): readonly string[] {
  return isRecorded === true ? labels : [...TARGET_LABELS, ...labels]
}

/** What Prometheus writes about each target, and it and Alertmanager about themselves. */
const PROMETHEUS: readonly (readonly [string, KnownSeries])[] = [
  ...['up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'scrape_series_added'].map(
    name => [name, { labels: [], kind: 'gauge' }] as const
  ),
  ['prometheus_rule_group_last_duration_seconds', { labels: ['rule_group'], kind: 'gauge' }],
  ['prometheus_rule_evaluation_failures_total', { labels: ['rule_group'], kind: 'counter' }],
  ['prometheus_rule_group_iterations_missed_total', { labels: ['rule_group'], kind: 'counter' }],
  ['prometheus_notifications_alertmanagers_discovered', { labels: [], kind: 'gauge' }],
  ['prometheus_notifications_dropped_total', { labels: [], kind: 'counter' }],
  ['alertmanager_notifications_total', { labels: ['integration'], kind: 'counter' }],
  ['alertmanager_notifications_failed_total', { labels: ['integration'], kind: 'counter' }],
  ['ALERTS', { labels: ['alertname', 'alertstate', 'severity', 'component'], kind: 'gauge' }]
]

/** What of a metric's definition makes its series. */
export type Source = Pick<Definition, 'name' | 'type' | 'labels' | 'buckets'>

type Bounds = Readonly<Record<string, readonly number[]>>

/** Every series that a broker serves by the catalogue, and Prometheus' own. */
export function seriesOf(definitions: Iterable<Source>, buckets: Bounds): Map<string, KnownSeries> {
  const known = new Map<string, KnownSeries>(PROMETHEUS)
  for (const definition of definitions) {
    for (const [name, series] of seriesOfOne(definition, buckets)) known.set(name, series)
  }
  return known
}

function seriesOfOne(definition: Source, sets: Bounds): readonly (readonly [string, KnownSeries])[] {
  const { name, type, labels } = definition
  const parts = ['_sum', '_count'].map(part => [`${name}${part}`, { labels, kind: 'counter' }] as const)
  switch (type) {
    case 'counter':
    case 'gauge':
      return [[name, { labels, kind: type }]]
    case 'summary':
      return [...parts, [name, { labels: [...labels, 'quantile'], kind: 'gauge' }]]
    case 'histogram': {
      const set = definition.buckets === null ? [] : (sets[definition.buckets] ?? [])
      const bounds = [...set.map(spellBound), '+Inf']
      return [...parts, [`${name}_bucket`, { labels: [...labels, 'le'], kind: 'bucket', bounds }]]
    }
    default:
      return type satisfies never
  }
}
