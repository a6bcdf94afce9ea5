import type { Clock } from '@streambus/base'

/**
 * 'warning': nothing is refused yet. 'degraded': a part is not served, which leaves the broker healthy. 'error':
 * something that this broker is there for and cannot do.
 */
export type CheckState = 'ok' | 'warning' | 'degraded' | 'error'

/** From good to bad. */
export const CHECK_STATES: readonly CheckState[] = ['ok', 'warning', 'degraded', 'error']

export interface CheckResult {
  readonly state: CheckState
  /** Empty when ok. */
  readonly message: string
}

/** The three checks that the monitoring guide shows; every check is part of one of them. */
export type GuideCheck = 'broker' | 'storage' | 'cluster'

export interface HealthCheck {
  readonly name: string
  readonly partOf: GuideCheck
  run(): CheckResult | Promise<CheckResult>
}

export interface CheckReport extends CheckResult {
  readonly name: string
  readonly partOf: GuideCheck
  readonly durationMs: number
}

export interface HealthReport {
  /** No check is in error. */
  readonly isHealthy: boolean
  /** In the order of the checks. */
  readonly checks: readonly CheckReport[]
}

export interface HealthOptions {
  readonly checks: readonly HealthCheck[]
  readonly clock: Clock
  /** For one check. The default is below 3 s, after which the guide's readiness probe gives up. */
  readonly timeLimitMs?: () => number
  readonly onReport?: (report: CheckReport) => void
}

const TIME_LIMIT_MS = 2_000

/**
 * Runs all checks at once, each within a time limit; callers that come while checks run share their result. A check
 * that did not end in time is in error at once for whoever asks next, and is not run again before it ends: a check
 * that hangs holds nobody up twice.
 */
export class Health {
  readonly #options: HealthOptions
  /** When the checks that are over their limit began. */
  readonly #overdue = new Map<HealthCheck, number>()
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
    return { isHealthy: checks.every(({ state }) => state !== 'error'), checks }
  }

  async #report(check: HealthCheck): Promise<CheckReport> {
    const { clock, onReport } = this.#options
    const overdueMs = this.#overdue.get(check)
    const startedMs = overdueMs ?? clock.monotonicMs()
    const result = overdueMs === undefined ? await this.#withinLimit(check) : this.#noResult(startedMs)
    const { name, partOf } = check
    const report: CheckReport = { ...result, name, partOf, durationMs: clock.monotonicMs() - startedMs }
    onReport?.(report)
    return report
  }

  #withinLimit(check: HealthCheck): Promise<CheckResult> {
    const { clock, timeLimitMs } = this.#options
    const { promise, resolve } = Promise.withResolvers<CheckResult>()
    const startedMs = clock.monotonicMs()
    const timer = clock.after(timeLimitMs?.() ?? TIME_LIMIT_MS, () => {
      this.#overdue.set(check, startedMs)
      resolve(this.#noResult(startedMs))
    })
    const done = (result: CheckResult): void => {
      timer.cancel()
      this.#overdue.delete(check)
      resolve(result)
    }
    runCheck(check).then(done, error => done({ state: 'error', message: `check failed: ${String(error)}` }))
    return promise
  }

  #noResult(startedMs: number): CheckResult {
    const waitedMs = Math.round(this.#options.clock.monotonicMs() - startedMs)
    return { state: 'error', message: `no result for ${waitedMs} ms` }
  }
}

/** The worse of two states. */
export function worse(a: CheckState, b: CheckState): CheckState {
  return CHECK_STATES.indexOf(a) >= CHECK_STATES.indexOf(b) ? a : b
}

/** Async, so that a check that throws at once ends like one that rejects. */
async function runCheck(check: HealthCheck): Promise<CheckResult> {
  return check.run()
}
