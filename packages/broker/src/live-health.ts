import { getHeapStatistics } from 'node:v8'
import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { DiskProbe } from './admin/disk-probe.ts'
import { Health } from './admin/health.ts'
import { brokerChecks } from './admin/health-checks.ts'
import { bindHealth } from './observability/bind-health.ts'
import type { BrokerView } from './observability/broker-view.ts'

export interface LiveHealthOptions {
  readonly view: BrokerView
  readonly metrics: BrokerMetrics
  readonly clock: Clock
  readonly disk: DiskProbe
  /** For one check, in ms. */
  readonly timeLimitMs: () => number
  /** Given up by the cleaner until the next start. */
  readonly uncleanablePartitions: () => number
}

/** The health checks of a running broker, bound to its metrics: they run before each scrape, too. */
export function liveHealth(options: LiveHealthOptions): Health {
  const { view, metrics, clock, disk, timeLimitMs, uncleanablePartitions } = options
  const { onReport, runBeforeScrapes } = bindHealth(metrics, view)
  const checks = brokerChecks({
    view,
    clock,
    disk,
    heap: () => {
      const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics()
      return { usedBytes, limitBytes }
    },
    uncleanablePartitions
  })
  const health = new Health({ checks, clock, timeLimitMs, onReport })
  runBeforeScrapes(() => health.run())
  return health
}
