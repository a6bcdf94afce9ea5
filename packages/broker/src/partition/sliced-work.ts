import type { Clock, Timer } from '@streambus/base'

/** One turn of the event loop is given to background work for so long … */
const BUDGET_MS = 5
/** … and then to everything else, so that it never takes more than half of the time. */
const PAUSE_MS = 5

export interface SlicedWorkOptions {
  readonly clock: Clock
  /** What a step threw; the rest of that work is dropped. Whatever it throws itself ends the process. */
  readonly onError: (error: unknown) => void
}

/**
 * Work over thousands of partitions, in slices, so that clients are served in between. A generator is one piece of
 * work, its steps are what is done without a break; pieces are done one after the other.
 */
export class SlicedWork {
  readonly #options: SlicedWorkOptions
  readonly #queue = new Map<string, Generator<void, void>>()
  #timer: Timer | null = null

  constructor(options: SlicedWorkOptions) {
    this.#options = options
  }

  /** Adds `work` unless its earlier turn, by `key`, is not over. Nothing of it is done before this returns. */
  add(key: string, work: Generator<void, void>): void {
    if (this.#queue.has(key)) return
    this.#queue.set(key, work)
    if (this.#timer === null) this.#plan(0)
  }

  /** Drops what was not done. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#queue.clear()
  }

  #plan(delayMs: number): void {
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null
      this.#slice()
      if (this.#queue.size > 0 && this.#timer === null) this.#plan(PAUSE_MS)
    })
  }

  #slice(): void {
    const { clock } = this.#options
    const untilMs = clock.monotonicMs() + BUDGET_MS
    for (const [key, work] of this.#queue) {
      while (this.#step(work)) if (clock.monotonicMs() >= untilMs) return
      this.#queue.delete(key)
      if (clock.monotonicMs() >= untilMs) return
    }
  }

  /** True while there is more to do. */
  #step(work: Generator<void, void>): boolean {
    try {
      return work.next().done !== true
    } catch (error) {
      this.#options.onError(error)
      return false
    }
  }
}
