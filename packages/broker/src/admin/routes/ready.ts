import type { Health } from '../health.ts'
import { json, type Route } from '../route.ts'

/** Not ready before the start is complete, from the request to stop on, and while a check fails. */
export function readyRoute(health: Health, path: '/ready' | '/health/ready'): Route {
  return {
    method: 'GET',
    path,
    summary: 'readiness: 200 while clients are served, 503 otherwise',
    async handle() {
      const { isHealthy } = await health.run()
      return json(isHealthy ? 200 : 503, { status: isHealthy ? 'ready' : 'not ready' })
    }
  }
}
