import type { BrokerMetrics } from '@streambus/metrics'
import type { BrokerView } from './broker-view.ts'
import { isReady } from './readiness.ts'

const STATE_NUMBERS = { ok: 1, warning: 0.5, degraded: 0.5, error: 0 } as const

/** What the health checks report: one run of one check. */
export interface CheckOutcome {
  readonly name: string
  readonly state: keyof typeof STATE_NUMBERS
  readonly durationMs: number
}

export interface HealthBinding {
  readonly onReport: (outcome: CheckOutcome) => void
  /** From now on the checks run before each scrape, so that it shows what they say now. */
  runBeforeScrapes(run: () => Promise<{ readonly isHealthy: boolean }>): void
}

/** Connects the health checks to the metrics. */
export function bindHealth(metrics: BrokerMetrics, view: BrokerView): HealthBinding {
  const { healthCheckStatus, healthCheckDuration, ready } = metrics.cells
  let isHealthy = false
  metrics.beforeRender(() => ready.set(isReady(view, isHealthy) ? 1 : 0))
  return {
    onReport({ name, state, durationMs }) {
      healthCheckStatus.child(name).set(STATE_NUMBERS[state])
      healthCheckDuration.child(name).observe(durationMs / 1000)
    },
    runBeforeScrapes(run) {
      metrics.beforeCollect(async () => {
        isHealthy = (await run()).isHealthy
      })
    }
  }
}
