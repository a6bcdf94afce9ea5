import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { BrokerView } from '../../observability/broker-view.ts'
import type { Log, LogControl } from '../../observability/log.ts'
import type { Health } from '../health.ts'
import { json, type Route } from '../route.ts'
import { clusterRoute } from './cluster.ts'
import { diagnosticsRoutes } from './diagnostics.ts'
import { groupRoute } from './group.ts'
import { groupsRoute } from './groups.ts'
import { healthRoute } from './health.ts'
import { healthLiveRoute } from './health-live.ts'
import { getLogLevelRoute, putLogLevelRoute } from './log-level.ts'
import { metricsRoute } from './metrics.ts'
import { metricsDetailedRoute } from './metrics-detailed.ts'
import { monitoringHealthRoute } from './monitoring-health.ts'
import { monitoringMetricsRoute } from './monitoring-metrics.ts'
import { readyRoute } from './ready.ts'
import { topicRoute } from './topic.ts'
import { topicsRoute } from './topics.ts'

export interface AdminRoutesOptions {
  readonly view: BrokerView
  readonly health: Health
  readonly metrics: BrokerMetrics
  readonly clock: Clock
  readonly log: Log
  readonly logControl: LogControl
  readonly heapSnapshotBytesMax: () => number
}

/** Every route of the admin port. */
export function adminRoutes(options: AdminRoutesOptions): readonly Route[] {
  const { view, health, metrics, clock, log, logControl } = options
  const routes: readonly Route[] = [
    metricsRoute(metrics),
    metricsDetailedRoute({ view, clock, isEnabled: metrics.isEnabled }),
    healthRoute({ health, view, clock }),
    healthLiveRoute(),
    readyRoute(health, view, '/health/ready'),
    readyRoute(health, view, '/ready'),
    monitoringHealthRoute(health),
    monitoringMetricsRoute(metrics, view),
    clusterRoute(view),
    topicsRoute(view),
    topicRoute(view),
    groupsRoute(view),
    groupRoute(view),
    getLogLevelRoute(logControl),
    putLogLevelRoute(logControl, log),
    ...diagnosticsRoutes({ ...options, brokerId: view.brokerId })
  ]
  const home: Route = homeRoute(view, () => [home, ...routes])
  return [home, ...routes]
}

function homeRoute(view: BrokerView, routes: () => readonly Route[]): Route {
  return {
    method: 'GET',
    path: '/',
    summary: 'this list',
    handle() {
      const endpoints = routes().map(({ method, path, summary, access = 'open' }) => {
        return { method, path, summary, access }
      })
      return json(200, { service: 'streambus', version: view.version, broker_id: view.brokerId, endpoints })
    }
  }
}
