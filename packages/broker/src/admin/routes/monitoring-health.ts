import { type CheckState, type Health, worse } from '../health.ts'
import { json, type Route } from '../route.ts'

const STATUSES: Record<CheckState, string> = {
  ok: 'healthy',
  warning: 'degraded',
  degraded: 'degraded',
  error: 'unhealthy'
}

/** Every check as a service. Degraded is worth a look and stays 200. */
export function monitoringHealthRoute(health: Health): Route {
  return {
    method: 'GET',
    path: '/api/v1/monitoring/health',
    summary: 'every health check as a service, with its latency: 200 or 503',
    async handle() {
      const { checks } = await health.run()
      const worst = checks.reduce<CheckState>((state, check) => worse(state, check.state), 'ok')
      const services = checks.map(({ name, state, message, durationMs }) => {
        const latency = Math.round(durationMs * 1000) / 1000
        return [name, { status: STATUSES[state], ...(message === '' ? {} : { message }), latency_ms: latency }]
      })
      return json(worst === 'error' ? 503 : 200, { status: STATUSES[worst], services: Object.fromEntries(services) })
    }
  }
}
