import type { Clock } from '@streambus/base'
import type { Gauge } from '@streambus/metrics'

/** 'degraded' is worth a look and leaves the broker healthy; 'failing' is something this broker cannot do. */
export type CheckState = 'ok' | 'degraded' | 'failing'

export interface CheckResult {
  readonly state: CheckState
  /** Empty when ok. */
  readonly message: string
}

export interface HealthCheck {
  readonly name: string
  run(): CheckResult | Promise<CheckResult>
}

export interface CheckReport extends CheckResult {
  readonly name: string
  readonly durationMs: number
}

export interface HealthReport {
  readonly isHealthy: boolean
  readonly checks: readonly CheckReport[]
}

export interface HealthOptions {
  readonly checks: readonly HealthCheck[]
  readonly clock: Clock
  /** The cell for a check's last result. */
  readonly statusOf: (check: string) => Gauge
  /** Per check; below 3 s, after which the guide's readiness probe gives up. */
  readonly timeLimitMs?: number
}

const TIME_LIMIT_MS = 2_000

const STATE_NUMBERS: Record<CheckState, number> = { ok: 1, degraded: 0.5, failing: 0 }

/** Runs all checks at once, each within a time limit. Callers that come while checks run share their result. */
export class Health {
  readonly #options: HealthOptions
  #running: Promise<HealthReport> | null = null

  constructor(options: HealthOptions) {
    this.#options = options
  }

  run(): Promise<HealthReport> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #run(): Promise<HealthReport> {
    const checks = await Promise.all(this.#options.checks.map(check => this.#report(check)))
    return { isHealthy: checks.every(({ state }) => state !== 'failing'), checks }
  }

  async #report(check: HealthCheck): Promise<CheckReport> {
    const { clock, statusOf } = this.#options
    const startedMs = clock.monotonicMs()
    const result = await this.#withinLimit(check)
    statusOf(check.name).set(STATE_NUMBERS[result.state])
    return { ...result, name: check.name, durationMs: clock.monotonicMs() - startedMs }
  }

  #withinLimit(check: HealthCheck): Promise<CheckResult> {
    const { clock, timeLimitMs = TIME_LIMIT_MS } = this.#options
    const { promise, resolve } = Promise.withResolvers<CheckResult>()
    const timer = clock.after(timeLimitMs, () => {
      resolve({ state: 'failing', message: `no result within ${timeLimitMs} ms` })
    })
    const done = (result: CheckResult): void => {
      timer.cancel()
      resolve(result)
    }
    runCheck(check).then(done, error => done({ state: 'failing', message: `check failed: ${String(error)}` }))
    return promise
  }
}

/** Async, so that a check that throws at once ends like one that rejects. */
async function runCheck(check: HealthCheck): Promise<CheckResult> {
  return check.run()
}
