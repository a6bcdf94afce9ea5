import type { Clock } from '@streambus/base'

interface Due {
  readonly atMs: number
  readonly run: () => void
}

/** Time that stands still until the test moves it. */
export class ManualClock implements Clock {
  #nowMs = 0
  #due: Due[] = []

  monotonicMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#nowMs
  }

  get timerCount(): number {
    return this.#due.length
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    const due = { atMs: this.#nowMs + delayMs, run }
    this.#due.push(due)
    return {
      cancel: () => {
        this.#due = this.#due.filter(other => other !== due)
      }
    }
  }

  advance(byMs: number): void {
    this.#nowMs += byMs
    const ready = this.#due.filter(due => due.atMs <= this.#nowMs)
    this.#due = this.#due.filter(due => due.atMs > this.#nowMs)
    for (const due of ready) due.run()
  }
}
