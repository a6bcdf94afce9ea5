import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'

/** What is looked at of a log. */
export interface LogState {
  readonly logEndOffset: number
  readonly durableEndOffset: number
  /** −1: all is durable. */
  readonly unsyncedSinceMs: number
  readonly producerCount: number
}

export interface LogSources {
  readonly logs: () => Iterable<LogState>
  /** Segment files that are open. */
  readonly openFiles: () => number
}

/** Looks, before each scrape, at every log. */
export function bindLogState(metrics: BrokerMetrics, { logs, openFiles }: LogSources, clock: Clock): void {
  const { cells } = metrics
  metrics.beforeRender(() => {
    let unflushed = 0
    let producers = 0
    let sinceMs = Number.POSITIVE_INFINITY
    for (const log of logs()) {
      unflushed += log.logEndOffset - log.durableEndOffset
      producers += log.producerCount
      if (log.unsyncedSinceMs >= 0) sinceMs = Math.min(sinceMs, log.unsyncedSinceMs)
    }
    cells.unflushedMessages.set(unflushed)
    cells.unflushedOldest.set(unflushed === 0 ? 0 : Math.max(0, clock.monotonicMs() - sinceMs) / 1000)
    cells.producerIds.set(producers)
    cells.openSegmentFiles.set(openFiles())
  })
}
