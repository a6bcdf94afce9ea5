import type { Clock, Timer } from '@streambus/base'

/** Every look at it takes half a millisecond, so that a turn of 5 ms has room for few steps. Turns are given. */
export class BusyClock implements Clock {
  busyMs = 0
  readonly #wall: Clock
  readonly #waiting = new Set<() => void>()

  constructor(wall: Clock) {
    this.#wall = wall
  }

  /** How many pieces of work wait for their next turn. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  monotonicMs(): number {
    return (this.busyMs += 0.5)
  }

  wallMs(): number {
    return this.#wall.wallMs()
  }

  after(_delayMs: number, run: () => void): Timer {
    this.#waiting.add(run)
    return { cancel: () => void this.#waiting.delete(run) }
  }

  turn(): void {
    const due = [...this.#waiting]
    this.#waiting.clear()
    for (const run of due) run()
  }

  turns(): void {
    while (this.#waiting.size > 0) this.turn()
  }
}
