import type { BrokerMetrics } from '@streambus/metrics'

/** Settings that alerts divide by. */
const LIMITS = [
  'max.connections',
  'max.connections.per.ip',
  'queued.max.request.bytes',
  'output.bytes.max',
  'metrics.series.max',
  'metrics.topics.max',
  'metrics.groups.max',
  'slow.request.ms',
  'slo.produce.latency.ms',
  'slo.fetch.latency.ms',
  'transaction.max.timeout.ms'
] as const

export interface LimitSources {
  /** In force now. */
  readonly settings: () => Readonly<Record<(typeof LIMITS)[number], number>>
  readonly pools: readonly { readonly takenBytes: number; readonly idleBytes: number }[]
}

/** Shows, before each scrape, limits and the memory of the pools that some of them bound. */
export function bindLimits(metrics: BrokerMetrics, { settings, pools }: LimitSources): void {
  const { configValue, bufferPool } = metrics.cells
  const limits = LIMITS.map(name => ({ name, cell: configValue.child(name) }))
  const [taken, idle] = [bufferPool.child('taken'), bufferPool.child('idle')]
  metrics.beforeRender(() => {
    const values = settings()
    for (const { name, cell } of limits) cell.set(values[name])
    taken.set(pools.reduce((sum, pool) => sum + pool.takenBytes, 0))
    idle.set(pools.reduce((sum, pool) => sum + pool.idleBytes, 0))
  })
}
