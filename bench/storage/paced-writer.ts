import { createHistogram } from 'node:perf_hooks'
import type { Log } from '@streambus/storage-log'
import { type Latency, summary } from '../latency.ts'
import { check } from './context.ts'
import { append, durable, type LoadBatch } from './logs.ts'

/**
 * Appends a batch when it is due, whatever became of those before, and asks for a sync with each. The time of a batch
 * runs from when it was due until it is durable. The schedule is kept by spinning the event loop.
 */
export class PacedWriter {
  readonly #log: Log
  readonly #batch: LoadBatch
  readonly #perSecond: number
  readonly #histogram = createHistogram({ figures: 3 })
  readonly #startMs = performance.now()
  readonly #firstOffset: number
  #appended = 0
  #durable = 0
  #isStopped = false

  constructor(log: Log, batch: LoadBatch, perSecond: number) {
    this.#log = log
    this.#batch = batch
    this.#perSecond = perSecond
    this.#firstOffset = log.logEndOffset
    log.onDurable(offset => this.#onDurable(offset))
    this.#tick()
  }

  /** Ends when everything appended is durable. One writer per log. */
  async stop(): Promise<Latency> {
    this.#isStopped = true
    await durable(this.#log)
    check(this.#durable === this.#appended, `${this.#durable} of ${this.#appended} batches became durable`)
    return summary(this.#histogram)
  }

  #tick(): void {
    if (this.#isStopped) return
    const dueCount = Math.floor(((performance.now() - this.#startMs) * this.#perSecond) / 1e3) + 1
    for (; this.#appended < dueCount; this.#appended++) {
      append(this.#log, this.#batch)
      this.#log.requestSync()
    }
    setImmediate(() => this.#tick())
  }

  #onDurable(offset: number): void {
    const nowMs = performance.now()
    const until = (offset - this.#firstOffset) / this.#batch.recordCount
    for (; this.#durable < until; this.#durable++) {
      const dueMs = this.#startMs + (this.#durable * 1e3) / this.#perSecond
      this.#histogram.record(Math.max(1, Math.round((nowMs - dueMs) * 1e6)))
    }
  }
}
