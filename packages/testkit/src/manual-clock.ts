import { assert, type Clock, type Timer } from '@streambus/base'

interface Due {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Time that stands still until the test moves it. Timers run inside `advance`, in the order in which they fall due. */
export class ManualClock implements Clock {
  #monotonicMs = 0
  #wallOffsetMs: number
  #order = 0
  readonly #due = new Set<Due>()

  /** @param wallMs milliseconds since the Unix epoch at the start; not zero, so that a forgotten origin shows. */
  constructor(wallMs = 1_700_000_000_000) {
    this.#wallOffsetMs = wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  wallMs(): number {
    return Math.floor(this.#wallOffsetMs + this.#monotonicMs)
  }

  /** Timers that have not run. */
  get timerCount(): number {
    return this.#due.size
  }

  after(delayMs: number, run: () => void): Timer {
    const due = { atMs: this.#monotonicMs + Math.max(delayMs, 0), order: this.#order++, run }
    this.#due.add(due)
    return { cancel: () => void this.#due.delete(due) }
  }

  /** Moves both clocks; timers that were set meanwhile and fall due run too. Throws what a timer throws. */
  advance(byMs: number): void {
    assert(byMs >= 0, 'monotonic time never goes back')
    const untilMs = this.#monotonicMs + byMs
    for (let next = this.#next(untilMs); next !== null; next = this.#next(untilMs)) {
      this.#due.delete(next)
      this.#monotonicMs = next.atMs
      next.run()
    }
    this.#monotonicMs = untilMs
  }

  /** The wall clock alone, in either direction, as an operator or NTP does. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  #next(untilMs: number): Due | null {
    let next: Due | null = null
    for (const due of this.#due) {
      if (due.atMs > untilMs) continue
      if (next === null || due.atMs < next.atMs || (due.atMs === next.atMs && due.order < next.order)) next = due
    }
    return next
  }
}
