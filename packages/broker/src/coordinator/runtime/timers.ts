import type { Clock, Timer } from '@streambus/base'

interface Entry {
  /** Monotonic. */
  dueMs: number
  run: () => void
  /** When the clock will call, which may be before `dueMs`. */
  callMs: number
  timer: Timer
}

/**
 * Timers by key. A heartbeat moves a timer that is set back by a whole session: that costs an assignment, and the clock
 * is asked again only when it calls too early.
 */
export class Timers {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    return this.#entries.size
  }

  /** Replaces the timer of that key. */
  set(key: string, delayMs: number, run: () => void): void {
    const dueMs = this.#clock.monotonicMs() + delayMs
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      const timer = this.#clock.after(delayMs, () => this.#called(key))
      this.#entries.set(key, { dueMs, run, callMs: dueMs, timer })
      return
    }
    entry.dueMs = dueMs
    entry.run = run
    if (dueMs < entry.callMs) this.#callAt(key, entry, delayMs)
  }

  cancel(key: string): void {
    this.#entries.get(key)?.timer.cancel()
    this.#entries.delete(key)
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  cancelAll(): void {
    for (const { timer } of this.#entries.values()) timer.cancel()
    this.#entries.clear()
  }

  #called(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const leftMs = entry.dueMs - this.#clock.monotonicMs()
    if (leftMs > 0) return this.#callAt(key, entry, leftMs)
    this.#entries.delete(key)
    entry.run()
  }

  #callAt(key: string, entry: Entry, delayMs: number): void {
    entry.timer.cancel()
    entry.callMs = this.#clock.monotonicMs() + delayMs
    entry.timer = this.#clock.after(delayMs, () => this.#called(key))
  }
}
