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

interface TimedResult extends CheckResult {
  readonly durationMs: number
}

export interface CheckReport extends TimedResult {
  readonly name: string
  readonly partOf: GuideCheck
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
    const { onReport } = this.#options
    const overdueMs = this.#overdue.get(check)
    const timed = overdueMs === undefined ? await this.#withinLimit(check) : this.#noResult(overdueMs)
    const { name, partOf } = check
    const report: CheckReport = { ...timed, name, partOf }
    onReport?.(report)
    return report
  }

  #withinLimit(check: HealthCheck): Promise<TimedResult> {
    const { clock, timeLimitMs } = this.#options
    const { promise, resolve } = Promise.withResolvers<TimedResult>()
    const startedMs = clock.monotonicMs()
    const timer = clock.after(timeLimitMs?.() ?? TIME_LIMIT_MS, () => {
      this.#overdue.set(check, startedMs)
      resolve(this.#noResult(startedMs))
    })
    void runTimed(check, clock).then(result => {
      timer.cancel()
      this.#overdue.delete(check)
      resolve(result)
    })
    return promise
  }

  #noResult(startedMs: number): TimedResult {
    const durationMs = this.#options.clock.monotonicMs() - startedMs
    return { state: 'error', message: `no result for ${Math.round(durationMs)} ms`, durationMs }
  }
}

/** The worse of two states. */
export function worse(a: CheckState, b: CheckState): CheckState {
  return CHECK_STATES.indexOf(a) >= CHECK_STATES.indexOf(b) ? a : b
}

/** Measured where the check ends, without the time that others take before anybody hears of it. Never rejects. */
async function runTimed(check: HealthCheck, clock: Clock): Promise<TimedResult> {
  const startedMs = clock.monotonicMs()
  const timed = (result: CheckResult): TimedResult => ({ ...result, durationMs: clock.monotonicMs() - startedMs })
  try {
    const answer = check.run()
    return answer instanceof Promise ? await answer.then(timed) : timed(answer)
  } catch (error) {
    return timed({ state: 'error', message: `check failed: ${String(error)}` })
  }
}
