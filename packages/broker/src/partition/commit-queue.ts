/** Told once: the batch is below the high watermark, or it will not be in time. */
export interface CommitWaiter {
  committed(): void
  timedOut(): void
}

interface Entry {
  readonly lastOffset: number
  readonly appendedMs: number
  readonly deadlineMs: number
  waiter: CommitWaiter | null
}

/** Batches between append and high watermark, in offset order, with whoever waits for them. */
export class CommitQueue {
  readonly #entries: Entry[] = []
  #head = 0
  #waiters = 0

  /** Of those who wait. */
  get waiterCount(): number {
    return this.#waiters
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  /**
   * `lastOffset` must not be below the last one pushed (a duplicate batch may ask for an older offset: it goes to the
   * end).
   */
  push(lastOffset: number, appendedMs: number, deadlineMs: number, waiter: CommitWaiter | null): void {
    if (waiter !== null) this.#waiters++
    this.#entries.push({ lastOffset, appendedMs, deadlineMs, waiter })
  }

  /** Everything below `highWatermark` is committed; `onLatency` gets append → now for each batch. */
  advance(highWatermark: number, nowMs: number, onLatency: (latencyMs: number) => void): void {
    let entry = this.#entries[this.#head]
    while (entry !== undefined && entry.lastOffset < highWatermark) {
      this.#head++
      onLatency(nowMs - entry.appendedMs)
      if (entry.waiter !== null) this.#waiters--
      entry.waiter?.committed()
      entry = this.#entries[this.#head]
    }
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#head)
      this.#head = 0
    }
  }

  /** Tells waiters whose time is up; their batches stay in the log and may still be committed. */
  expire(nowMs: number): void {
    for (let i = this.#head; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry
      if (entry.waiter === null || entry.deadlineMs > nowMs) continue
      const { waiter } = entry
      entry.waiter = null
      this.#waiters--
      waiter.timedOut()
    }
  }
}
