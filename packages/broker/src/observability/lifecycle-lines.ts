import type { Clock } from '@streambus/base'
import type { Log } from './log.ts'

/** Says when the broker began and ended, so that whoever has only its log knows. The version is in every line. */
export class LifecycleLines {
  readonly #log: Log
  readonly #clock: Clock
  readonly #createdMs: number
  #startedMs: number | null = null
  #stoppingMs = 0

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#createdMs = clock.monotonicMs()
  }

  /** Clients can connect. */
  started({ kafka, admin }: { readonly kafka: readonly string[]; readonly admin: string | null }): void {
    const nowMs = this.#clock.monotonicMs()
    this.#startedMs = nowMs
    const where = { kafka: kafka.join(','), admin: admin ?? 'none', pid: process.pid, node_version: process.version }
    this.#log.info('broker started', { event: 'broker_started', took_ms: rounded(nowMs - this.#createdMs), ...where })
  }

  notStarted(error: Error): void {
    this.#log.error('the broker cannot start', { event: 'broker_not_started', err: error })
  }

  stopping(): void {
    this.#stoppingMs = this.#clock.monotonicMs()
    if (this.#startedMs !== null) this.#log.info('broker stops', { event: 'broker_stopping' })
  }

  stopped({ isClean }: { readonly isClean: boolean }): void {
    if (this.#startedMs === null) return
    const nowMs = this.#clock.monotonicMs()
    const times = {
      took_ms: rounded(nowMs - this.#stoppingMs),
      uptime_seconds: rounded((nowMs - this.#startedMs) / 1000)
    }
    this.#log.info('broker stopped', { event: 'broker_stopped', is_clean: isClean, ...times })
    this.#startedMs = null
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
