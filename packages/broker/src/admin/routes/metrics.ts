import type { BrokerMetrics } from '@streambus/metrics'
import type { Route } from '../route.ts'

/** OpenMetrics for who asks for it, such as Prometheus; text 0.0.4 for all others. */
export function metricsRoute(metrics: BrokerMetrics): Route {
  return {
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics, as text or OpenMetrics',
    async handle({ accept }) {
      return { status: 200, ...(await metrics.expose(accept)) }
    }
  }
}
