import { assert } from '@streambus/base'
import type { BrokerMetrics, Counter, Gauge, Histogram } from '@streambus/metrics'
import type { RequestProbe } from '../pipeline/request-probe.ts'

interface ApiCells {
  readonly duration: Histogram
  readonly local: Counter
  readonly remote: Counter
  readonly inFlight: Gauge
  readonly failures: Counter
}

/** Connects the pipeline to the metrics. `apis`: those that have a handler; a request of another is a bug. */
export function bindRequests(
  { cells }: BrokerMetrics,
  apis: Iterable<{ readonly key: number; readonly name: string }>
): RequestProbe {
  // Indexed by API key, so that a request costs no look-up by name.
  const byKey: ApiCells[] = []
  for (const { key, name } of apis) {
    byKey[key] = {
      duration: cells.requestDuration.child(name),
      local: cells.requestPhaseTime.child(name, 'local'),
      remote: cells.requestPhaseTime.child(name, 'remote'),
      inFlight: cells.requestsInFlight.child(name),
      failures: cells.requestFailures.child(name)
    }
  }
  const find = (apiKey: number): ApiCells => {
    const api = byKey[apiKey]
    assert(api !== undefined, 'a request that reached a handler belongs to a known API')
    return api
  }
  return {
    started: apiKey => find(apiKey).inFlight.add(1),
    finished(apiKey, totalMs, parkedMs) {
      const api = find(apiKey)
      api.inFlight.add(-1)
      api.duration.observe(totalMs / 1000)
      api.local.add(Math.max(0, totalMs - parkedMs) / 1000)
      api.remote.add(parkedMs / 1000)
    },
    failed(apiKey) {
      const api = find(apiKey)
      api.inFlight.add(-1)
      api.failures.add(1)
    }
  }
}
