import type { BrokerMetrics } from '@streambus/metrics'
import type { Route } from '../route.ts'

/** Text 0.0.4 whatever `Accept` prefers: it is what every scraper takes, and one registry renders one format. */
export function metricsRoute(metrics: BrokerMetrics): Route {
  return {
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics, text format',
    async handle() {
      return { status: 200, contentType: metrics.contentType, text: await metrics.render() }
    }
  }
}
