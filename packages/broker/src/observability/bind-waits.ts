import type { BrokerMetrics, Counter, Histogram } from '@streambus/metrics'
import type { WaitOperation, WaitProbe } from '../partition/wait-probe.ts'

/** Whoever of these is in flight between two turns of the event loop waits. */
const APIS: Record<WaitOperation, string> = {
  produce: 'Produce',
  fetch: 'FetchConsumer',
  join: 'JoinGroup',
  sync: 'SyncGroup'
}
const OPERATIONS = Object.keys(APIS) as WaitOperation[]

interface WaitCells {
  readonly wait: Histogram
  readonly satisfied: Counter
  readonly expired: Counter
}

type InPartition = { readonly fetch: number; readonly produce: number }

/**
 * Connects the waits of requests to the metrics. All series are served at zero from the start. `inPartitions`: how many
 * wait in each of them now.
 */
export function bindWaits(metrics: BrokerMetrics, inPartitions: () => Iterable<InPartition> = () => []): WaitProbe {
  const { cells } = metrics
  const by = Object.fromEntries(
    OPERATIONS.map(operation => [
      operation,
      {
        wait: cells.purgatoryWait.child(operation),
        satisfied: cells.purgatoryCompleted.child(operation, 'satisfied'),
        expired: cells.purgatoryCompleted.child(operation, 'expired')
      }
    ])
  ) as Record<WaitOperation, WaitCells>
  metrics.beforeRender(() => {
    for (const operation of OPERATIONS) {
      cells.purgatorySize.child(operation).set(cells.requestsInFlight.child(APIS[operation]).value)
    }
    showKeys(metrics, inPartitions())
  })
  return {
    waited(operation, waitedMs, result) {
      const { wait, [result]: counter } = by[operation]
      wait.observe(Math.max(0, waitedMs) / 1000)
      counter.add(1)
    }
  }
}

function showKeys({ cells }: BrokerMetrics, inPartitions: Iterable<InPartition>): void {
  const keys = { fetch: 0, produce: 0 }
  for (const { fetch, produce } of inPartitions) {
    keys.fetch += fetch
    keys.produce += produce
  }
  cells.purgatoryWatchKeys.child('fetch').set(keys.fetch)
  cells.purgatoryWatchKeys.child('produce').set(keys.produce)
}
