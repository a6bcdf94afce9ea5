import type { Clock } from '@streambus/base'
import type { BrokerView } from '../../observability/broker-view.ts'
import { type CheckReport, type CheckState, type GuideCheck, type Health, type HealthReport, worse } from '../health.ts'
import { json, type Route, timestamp } from '../route.ts'

export interface HealthRouteOptions {
  readonly health: Health
  readonly view: BrokerView
  readonly clock: Clock
}

const GUIDE_CHECKS: readonly GuideCheck[] = ['broker', 'storage', 'cluster']

/** The guide's shape, byte for byte: its three checks. `?verbose=1`: all of them, how long they took, who answers. */
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
      const uptime = Math.round(clock.monotonicMs() - view.startedMonotonicMs) / 1000
      const identity = { uptime, version: view.version, environment: view.environment }
      return json(status, { ...head, ...identity, checks: verboseChecks(report) })
    }
  }
}

function isAsked(flag: string | null): boolean {
  return flag !== null && flag !== '0' && flag !== 'false'
}

function briefChecks({ checks }: HealthReport): Record<string, string> {
  const partsOf = (name: GuideCheck) => checks.filter(({ partOf, state }) => partOf === name && state !== 'ok')
  return Object.fromEntries(GUIDE_CHECKS.map(name => [name, briefly(name, partsOf(name))]))
}

/** `ok`, or the messages of its parts; those of an error stand for themselves, as in the guide. */
function briefly(name: GuideCheck, problems: readonly CheckReport[]): string {
  const worst = problems.reduce<CheckState>((state, problem) => worse(state, problem.state), 'ok')
  if (worst === 'ok') return 'ok'
  const inError = problems.filter(({ state }) => state === 'error')
  const told = inError.length > 0 ? inError : problems
  const text = told.map(({ name: part, message }) => (part === name ? message : `${part}: ${message}`)).join('; ')
  return worst === 'error' ? text : `${worst}: ${text}`
}

function verboseChecks({ checks }: HealthReport): Record<string, object> {
  return Object.fromEntries(
    checks.map(({ name, state, message, durationMs }) => {
      const responseTime = Math.round(durationMs * 1000) / 1000
      return [name, { status: state, responseTime, ...(message === '' ? {} : { message }) }]
    })
  )
}
