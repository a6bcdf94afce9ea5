import type { BrokerMetrics } from '@streambus/metrics'
import { type AdminResponse, failure, type Route } from '../route.ts'

/** A scrape that fails, as it does for any path that is not served, shows as `up == 0` with this status. */
export function metricsAreOff(): AdminResponse {
  const message = 'metrics are off, because metrics.enabled is false; set it to true and start the broker again'
  return failure(404, 'metrics_off', message)
}

/** OpenMetrics for who asks for it, such as Prometheus; text 0.0.4 for all others. */
export function metricsRoute(metrics: BrokerMetrics): Route {
  return {
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics, as text or OpenMetrics',
    async handle({ accept }) {
      if (!metrics.isEnabled) return metricsAreOff()
      return { status: 200, text: '', ...(await metrics.expose(accept)) }
    }
  }
}
