import type { Clock } from '@streambus/base'

/** Shorter sleeps are saved up: the operating system does not keep them. */
const SLEEP_MIN_MS = 5

/** Keeps a rate by sleeping after what was done too early. Unused time is not saved up for a burst. */
export class Throttle {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #bytesPerMs: number
  readonly #sleep: (delayMs: number) => void
  #freeAtMs = 0

  constructor(clock: Pick<Clock, 'monotonicMs'>, bytesPerSecond: number, sleep: (delayMs: number) => void) {
    this.#clock = clock
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#sleep = sleep
  }

  spend(bytes: number): void {
    const nowMs = this.#clock.monotonicMs()
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + bytes / this.#bytesPerMs
    const delayMs = this.#freeAtMs - nowMs
    if (delayMs >= SLEEP_MIN_MS) this.#sleep(delayMs)
  }
}
