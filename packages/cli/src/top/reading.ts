import { gauge, type Interval, type Moment, quantile, rate } from './rates.ts'

/** What `top` shows; null wherever the broker has no such metric, or nothing happened. Rates are per second. */
export interface Reading {
  readonly broker: {
    readonly version: string
    readonly uptimeSeconds: number | null
    readonly connections: number | null
    readonly activeRequests: number | null
    readonly cpuCores: number | null
    readonly memoryBytes: number | null
    /** Share of the time in which the event loop was busy, 0 … 1. */
    readonly loopBusy: number | null
  }
  readonly produce: Flow
  readonly consume: Flow
  readonly requests: readonly RequestRate[]
  readonly errorsPerSecond: number | null
  readonly disk: {
    /** Records; what else is on the disk does not count. */
    readonly usedBytes: number | null
    readonly availableBytes: number | null
    /** 0 … 1, of the log directory with the least, whoever uses the rest: as `doctor` says it. */
    readonly freeShare: number | null
  }
  readonly topics: readonly { readonly topic: string; readonly bytesIn: number; readonly bytesOut: number }[]
  readonly groups: readonly GroupReading[]
}

export interface Flow {
  readonly messages: number | null
  readonly bytes: number | null
  readonly p50Seconds: number | null
  readonly p99Seconds: number | null
}

export interface RequestRate {
  readonly api: string
  readonly perSecond: number
}

export interface GroupReading {
  readonly group: string
  readonly lag: number
  readonly lagSeconds: number | null
  readonly status: string
}

export function readingOf(interval: Interval): Reading {
  const { after } = interval
  const busy = rate(interval, 'nodejs_eventloop_time_seconds_total', ({ state }) => state === 'active')
  const idle = rate(interval, 'nodejs_eventloop_time_seconds_total', ({ state }) => state === 'idle')
  return {
    broker: {
      version: after.scrape.get('streambus_build_info')?.[0]?.labels['version'] ?? '?',
      uptimeSeconds: gauge(after, 'streambus_broker_uptime_seconds'),
      connections: gauge(after, 'streambus_broker_connections'),
      activeRequests: gauge(after, 'streambus_broker_active_requests'),
      cpuCores: rate(interval, 'process_cpu_seconds_total'),
      memoryBytes: gauge(after, 'process_resident_memory_bytes'),
      loopBusy: busy === null || idle === null || busy + idle === 0 ? null : busy / (busy + idle)
    },
    produce: flowOf(interval, 'produced', 'produce'),
    consume: flowOf(interval, 'consumed', 'consume'),
    requests: requestsOf(interval),
    errorsPerSecond: rate(interval, 'streambus_request_errors_total'),
    disk: {
      usedBytes: gauge(after, 'streambus_storage_used_bytes'),
      availableBytes: gauge(after, 'streambus_storage_available_bytes'),
      freeShare: freeShareOf(interval)
    },
    topics: topicsOf(interval),
    groups: groupsOf(interval)
  }
}

function freeShareOf({ after }: Interval): number | null {
  const shares = labelsOf(after, 'streambus_log_dir_total_bytes', 'log_dir').map(directory => {
    const of = (name: string): number => gauge(after, name, ({ log_dir: found }) => found === directory) ?? 0
    return of('streambus_log_dir_free_bytes') / of('streambus_log_dir_total_bytes')
  })
  // Of a directory that is offline nothing is known.
  const known = shares.filter(Number.isFinite)
  return known.length === 0 ? null : Math.min(...known)
}

function flowOf(interval: Interval, done: string, verb: string): Flow {
  return {
    messages: rate(interval, `streambus_messages_${done}_total`),
    bytes: rate(interval, `streambus_bytes_${done}_total`),
    p50Seconds: quantile(interval, `streambus_${verb}_latency_seconds`, 0.5),
    p99Seconds: quantile(interval, `streambus_${verb}_latency_seconds`, 0.99)
  }
}

function requestsOf(interval: Interval): RequestRate[] {
  const name = 'streambus_request_duration_seconds_count'
  const rates = labelsOf(interval.after, name, 'api').map(api => {
    return { api, perSecond: rate(interval, name, labels => labels['api'] === api) ?? 0 }
  })
  return rates.filter(({ perSecond }) => perSecond > 0).sort((a, b) => b.perSecond - a.perSecond)
}

function topicsOf(interval: Interval): Reading['topics'] {
  const name = 'streambus_topic_bytes_in_total'
  const of = (metric: string, topic: string): number => rate(interval, metric, labels => labels['topic'] === topic) ?? 0
  return labelsOf(interval.after, name, 'topic')
    .map(topic => ({ topic, bytesIn: of(name, topic), bytesOut: of('streambus_topic_bytes_out_total', topic) }))
    .filter(({ bytesIn, bytesOut }) => bytesIn + bytesOut > 0)
    .sort((a, b) => b.bytesIn + b.bytesOut - a.bytesIn - a.bytesOut)
}

/** The largest lag first. The one without a name stands for no groups at all. */
function groupsOf({ after }: Interval): GroupReading[] {
  const { scrape } = after
  const seconds = new Map<string, number>()
  for (const { labels, value } of scrape.get('streambus_consumer_group_lag_seconds') ?? []) {
    seconds.set(labels['group'] ?? '', value)
  }
  const status = new Map<string, string>()
  for (const { labels, value } of scrape.get('streambus_consumer_group_status') ?? []) {
    if (value === 1) status.set(labels['group'] ?? '', labels['status'] ?? '')
  }
  return (scrape.get('streambus_consumer_group_lag') ?? [])
    .map(({ labels, value }) => ({ group: labels['group'] ?? '', lag: value }))
    .filter(({ group }) => group !== '')
    .map(({ group, lag }) => {
      return { group, lag, lagSeconds: seconds.get(group) ?? null, status: status.get(group) ?? '-' }
    })
    .sort((a, b) => b.lag - a.lag || (a.group < b.group ? -1 : 1))
}

function labelsOf(after: Moment, name: string, label: string): string[] {
  return [...new Set((after.scrape.get(name) ?? []).map(({ labels }) => labels[label] ?? ''))]
}
