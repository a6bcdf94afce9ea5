import type { Clock } from '@streambus/base'
import type { BrokerView } from '../../observability/broker-view.ts'
import type { Health, HealthReport } from '../health.ts'
import { json, type Route, timestamp } from '../route.ts'

export interface HealthRouteOptions {
  readonly health: Health
  readonly view: BrokerView
  readonly clock: Clock
}

/** The guide's shape, byte for byte; a degraded check says so. `?verbose=1` adds durations and who answers. */
export function healthRoute({ health, view, clock }: HealthRouteOptions): Route {
  return {
    method: 'GET',
    path: '/health',
    summary: 'health of this broker: 200 or 503; ?verbose=1 for details',
    async handle({ query }) {
      const report = await health.run()
      const head = { status: report.isHealthy ? 'healthy' : 'unhealthy', timestamp: timestamp(clock.wallMs()) }
      const status = report.isHealthy ? 200 : 503
      if (!isAsked(query.get('verbose'))) return json(status, { ...head, checks: briefChecks(report) })
      const uptime = (clock.monotonicMs() - view.startedMonotonicMs) / 1000
      const identity = { uptime, version: view.version, environment: view.environment }
      return json(status, { ...head, ...identity, checks: verboseChecks(report) })
    }
  }
}

function isAsked(flag: string | null): boolean {
  return flag !== null && flag !== '0' && flag !== 'false'
}

function briefChecks({ checks }: HealthReport): Record<string, string> {
  const text = { ok: () => 'ok', degraded: (message: string) => `degraded: ${message}`, failing: (it: string) => it }
  return Object.fromEntries(checks.map(({ name, state, message }) => [name, text[state](message)]))
}

function verboseChecks({ checks }: HealthReport): Record<string, object> {
  return Object.fromEntries(
    checks.map(({ name, state, message, durationMs }) => {
      const status = state === 'failing' ? 'error' : state
      const responseTime = Math.round(durationMs * 1000) / 1000
      return [name, { status, responseTime, ...(message === '' ? {} : { message }) }]
    })
  )
}
