/** A part of the broker that does not exist yet: its metrics are served at zero, so that queries find them. */
export type Awaited = 'transactions' | 'replication' | 'security' | 'schema-registry'

export interface Source {
  /** Below `packages/`; null while there is none. */
  readonly file: string | null
  readonly moment: string
  /** Not null: nothing feeds these metrics before it is there. */
  readonly awaits: Awaited | null
}

function source(file: string | null, moment: string, awaits: Awaited | null = null): Source {
  return { file, moment, awaits }
}

/**
 * Who feeds a metric: the source file in which its cell is set, below `packages/`, and the moment. Tests look for the
 * cell in that file, and the reference page of metrics is written from here.
 */
export const owners = {
  broker: source('broker/src/observability/bind-state.ts', 'at a scrape'),
  limits: source('broker/src/observability/bind-limits.ts', 'at a scrape'),
  health: source('broker/src/observability/bind-health.ts', 'before a scrape and when health is asked'),
  http: source('broker/src/admin/server.ts', 'when an HTTP request is answered'),
  logging: source('broker/src/observability/bind-log-lines.ts', 'when a line is logged'),
  tracing: source('broker/src/observability/open-tracing.ts', 'when spans are sent'),
  self: source('metrics/src/broker-metrics.ts', 'at a scrape'),
  requests: source('broker/src/observability/bind-requests.ts', 'when a request is answered'),
  connections: source('broker/src/observability/bind-connections.ts', 'when a socket has something to tell'),
  sockets: source('broker/src/observability/bind-sockets.ts', 'at a scrape'),
  waits: source('broker/src/observability/bind-waits.ts', 'when a wait ends; sizes at a scrape'),
  partitions: source('broker/src/observability/bind-partitions.ts', 'when a batch or a request is handled'),
  topics: source('broker/src/observability/topic-series.ts', 'when a batch or a request is handled'),
  topicState: source('broker/src/observability/partition-gauges.ts', 'at a scrape, in turns'),
  replicas: source('broker/src/observability/bind-replicas.ts', 'at a scrape'),
  replication: source('broker/src/observability/bind-replication.ts', 'when replicas report', 'replication'),
  metadata: source('broker/src/observability/bind-metadata.ts', 'when metadata is written; states at a scrape'),
  groups: source('broker/src/observability/bind-groups.ts', 'when a group changes or commits'),
  lag: source('broker/src/observability/lag-series.ts', 'at a scrape, in turns'),
  lagState: source('broker/src/observability/bind-lag.ts', 'at a scrape'),
  log: source('broker/src/observability/bind-log.ts', 'when a log works on its files'),
  logState: source('broker/src/observability/bind-log-state.ts', 'at a scrape'),
  disks: source('broker/src/observability/bind-disks.ts', 'once a second'),
  io: source('broker/src/observability/measured-disk.ts', 'when a disk operation ends'),
  clock: source('broker/src/observability/bind-retention-clock.ts', 'when retention looks at the clock'),
  cleaner: source('broker/src/observability/bind-cleaner.ts', 'when compaction plans or ends a round'),
  transactions: source('broker/src/observability/bind-transactions.ts', 'when a transaction changes', 'transactions'),
  security: source(null, 'when an identity or a right is checked', 'security'),
  schemas: source(null, 'when a schema is registered or checked', 'schema-registry'),
  runtime: source('metrics/src/runtime.ts', 'at a scrape; delays and pauses when they happen'),
  host: source('metrics/src/host.ts', 'at a scrape, from /proc and /sys'),
  compat: source('metrics/src/compat.ts', 'with the metric that it repeats')
} as const satisfies Record<string, Source>

export type Owner = keyof typeof owners
