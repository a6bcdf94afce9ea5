import type { BrokerView } from '../../observability/broker-view.ts'
import { isReady } from '../../observability/readiness.ts'
import type { Health } from '../health.ts'
import { json, type Route } from '../route.ts'

/** Says what `streambus_ready` says. */
export function readyRoute(health: Health, view: BrokerView, path: '/ready' | '/health/ready'): Route {
  return {
    method: 'GET',
    path,
    summary: 'readiness: 200 while clients are served, 503 otherwise',
    async handle() {
      const { isHealthy } = await health.run()
      const ready = isReady(view, isHealthy)
      return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready' })
    }
  }
}
