import { boolean, int, pattern } from '../setting.ts'

/**
 * How much one scrape may hold, and what divides good from bad in it. What is beyond a limit is added up in series with
 * the label `__other__`.
 */
export const METRICS_SETTINGS = {
  'metrics.enabled': boolean({
    default: true,
    doc: 'Whether the broker counts and times what it does. If not, there is no /metrics and no slow-request log.'
  }),
  'metrics.groups.max': int({
    default: 500,
    min: 0,
    dynamic: 'cluster',
    doc: 'Consumer groups with series of their own in /metrics: those with the most lag.'
  }),
  'metrics.topics.max': int({
    default: 500,
    min: 0,
    dynamic: 'cluster',
    doc: 'Topics with series of their own in /metrics: the first that records came for. Internal ones have none.'
  }),
  'metrics.topics.include': pattern({
    default: '.*',
    dynamic: 'cluster',
    doc: 'Topics that may have series of their own in /metrics: a pattern of whole names, in the syntax of RE2.'
  }),
  'metrics.topics.exclude': pattern({
    default: '',
    dynamic: 'cluster',
    doc: 'Topics of metrics.topics.include that have none after all, by a pattern in the same syntax; empty: none.'
  }),
  'metrics.series.max': int({
    default: 20_000,
    min: 0,
    dynamic: 'cluster',
    doc: 'Series in /metrics at which single partitions, and topics of consumer groups, get none of their own any more.'
  }),
  'metrics.cache.ms': int({
    default: 1_000,
    min: 0,
    max: 60_000,
    dynamic: 'cluster',
    doc: 'Who asks for /metrics again within this time gets the same answer, at no cost. 0: each is made anew.'
  }),
  'metrics.compat.enable': boolean({
    default: true,
    dynamic: 'cluster',
    doc: 'Whether /metrics has the names that dashboards for other software ask for, such as go_gc_duration_seconds.'
  }),
  'slow.request.ms': int({
    default: 1_000,
    min: 0,
    dynamic: 'cluster',
    doc: 'A request that takes longer counts as slow. Waits on purpose (long poll, joining a group) do not count.'
  }),
  'slo.produce.latency.ms': int({
    default: 100,
    min: 1,
    dynamic: 'cluster',
    doc: 'A produce request within this time is a good one for the service level of its latency.'
  }),
  'slo.fetch.latency.ms': int({
    default: 100,
    min: 1,
    dynamic: 'cluster',
    doc: 'A fetch within this time, its long poll left out, is a good one for the service level of its latency.'
  })
} as const
