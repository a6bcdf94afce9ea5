import type { BrokerMetrics } from '@streambus/metrics'
import type { BrokerView } from './broker-view.ts'

/** Shows, before each scrape, how the replicas stand as far as the metadata tells. */
export function bindReplicas(metrics: BrokerMetrics, view: Pick<BrokerView, 'replicas' | 'offlinePartitions'>): void {
  const { cells } = metrics
  metrics.beforeRender(() => {
    const { led, underReplicated, underMinIsr, atMinIsr, preferred, preferredLed } = view.replicas()
    cells.leaderPartitions.set(led)
    cells.underReplicated.set(underReplicated)
    cells.underMinIsr.set(underMinIsr)
    cells.atMinIsr.set(atMinIsr)
    cells.offlineReplicas.set(view.offlinePartitions().length)
    cells.preferredLeaderImbalance.set(preferred === 0 ? 0 : 1 - preferredLed / preferred)
  })
}
