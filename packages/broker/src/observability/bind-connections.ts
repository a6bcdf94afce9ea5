import type { BrokerMetrics, Counter } from '@streambus/metrics'
import type { ConnectionProbe, RejectReason } from '../net/connection-probe.ts'
import type { NetworkErrorReason, OrderlyEnd } from '../pipeline/exchange.ts'

// Records, so that a new reason does not compile until it is named here. Each is served at zero from the start.
const REJECT_REASONS: Record<RejectReason, string> = {
  'connections-max': 'max_connections',
  'connections-per-ip': 'per_ip',
  memory: 'memory',
  descriptors: 'descriptors'
}

const ERROR_REASONS: Record<NetworkErrorReason, string> = {
  reset: 'reset',
  'frame-size': 'frame_size',
  malformed: 'malformed',
  unsupported: 'unsupported',
  timeout: 'timeout',
  write: 'write',
  memory: 'memory'
}

const CLOSE_REASONS: Record<NetworkErrorReason | OrderlyEnd, string> = {
  ...ERROR_REASONS,
  policy: 'policy',
  client: 'client',
  idle: 'idle',
  shutdown: 'shutdown'
}

/** Connects one listener's sockets to the metrics. One probe per listener. */
export function bindConnections({ cells }: BrokerMetrics, listener: string): ConnectionProbe {
  const active = cells.connectionsActive.child(listener)
  const created = cells.connectionsCreated.child(listener)
  const closed = counters(CLOSE_REASONS, reason => cells.connectionsClosed.child(listener, reason))
  const rejected = counters(REJECT_REASONS, reason => cells.connectionsRejected.child(listener, reason))
  const errors = counters(ERROR_REASONS, reason => cells.networkErrorsByReason.child(listener, reason))
  return {
    opened() {
      active.add(1)
      created.add(1)
      cells.brokerConnections.add(1)
    },
    closed(reason) {
      closed[reason].add(1)
      active.add(-1)
      cells.brokerConnections.add(-1)
    },
    rejected: reason => rejected[reason].add(1),
    bytesIn: count => cells.networkBytesIn.add(count),
    bytesOut: count => cells.networkBytesOut.add(count),
    requestFramed: () => cells.networkRequests.add(1),
    networkError(reason) {
      errors[reason].add(1)
      cells.networkErrors.add(1)
    }
  }
}

function counters<Key extends string>(
  labels: Record<Key, string>,
  child: (label: string) => Counter
): Record<Key, Counter> {
  const entries = Object.entries<string>(labels).map(([key, label]) => [key, child(label)] as const)
  return Object.fromEntries(entries) as Record<Key, Counter>
}
