import type { Clock } from '@streambus/base'

type Outcome = 'exported' | Error | null

/** What becomes of spans. */
export interface SpanProbe {
  exported(count: number): void
  /** Too many were waiting. */
  dropped(count: number): void
  failed(count: number, error: Error | null): void
  /** They were not made: too many requests of their kind in that second. */
  leftOut(count: number): void
  /** So many wait or are on their way now. */
  waiting(count: number): void
  /** One batch was sent, well or not. */
  exportEnded(durationMs: number, isTaken: boolean): void
}

/** Spans that wait, about 8 MB: those of some seconds in which requests are as slow or failing as is traced at all. */
export const SPANS_WAITING_MAX = 8_192

/** How many spans wait or are on their way, and what becomes of them; each is counted once. */
export class SpanQueue {
  readonly #probe: SpanProbe
  #waiting = 0
  #isClosed = false

  constructor(probe: SpanProbe) {
    this.#probe = probe
  }

  enter(count: number): boolean {
    if (this.#isClosed || this.#waiting + count > SPANS_WAITING_MAX) {
      this.#probe.dropped(count)
      return false
    }
    this.#setWaiting(this.#waiting + count)
    return true
  }

  /** So many are sent as one batch; the result is to be called once it is known what became of them. */
  send(count: number, clock: Pick<Clock, 'monotonicMs'>): (outcome: Outcome) => void {
    const startedMs = clock.monotonicMs()
    return outcome => {
      this.#probe.exportEnded(clock.monotonicMs() - startedMs, outcome === 'exported')
      this.#leave(count, outcome)
    }
  }

  #leave(count: number, outcome: Outcome): void {
    if (this.#isClosed) return
    this.#setWaiting(this.#waiting - count)
    if (outcome === 'exported') this.#probe.exported(count)
    else this.#probe.failed(count, outcome)
  }

  close(graceMs: number): void {
    this.#isClosed = true
    if (this.#waiting === 0) return
    this.#probe.failed(this.#waiting, new Error(`the collector did not take them within ${graceMs} ms of the stop`))
    this.#setWaiting(0)
  }

  #setWaiting(count: number): void {
    this.#waiting = count
    this.#probe.waiting(count)
  }
}
