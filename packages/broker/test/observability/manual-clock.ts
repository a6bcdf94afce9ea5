import type { Clock, Timer } from '@streambus/base'

/** Time stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs = 61_000
  readonly #timers = new Set<{ readonly dueMs: number; readonly run: () => void }>()

  get timerCount(): number {
    return this.#timers.size
  }

  monotonicMs = (): number => this.#nowMs
  wallMs = (): number => Date.UTC(2024, 10, 10, 9, 59, 0) - 1_000 + this.#nowMs

  after(delayMs: number, run: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, run }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  advance(ms: number): void {
    this.#nowMs += ms
    for (const timer of this.#timers) {
      if (timer.dueMs > this.#nowMs) continue
      this.#timers.delete(timer)
      timer.run()
    }
  }
}
