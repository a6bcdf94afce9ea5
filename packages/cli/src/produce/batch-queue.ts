import { assert } from '@streambus/base'

/**
 * The batches of one partition in the order they must be written, several of them in flight. After a failure nothing
 * new goes out until everything in flight has come back; then all that is not confirmed goes again, in order. Together
 * with sequence numbers (which batches keep) that gives each batch exactly once and in order.
 *
 *   push → waiting → `next` → in flight → `succeeded` (gone) │ `failed` (waiting again, after `rewind`)
 */
export class BatchQueue<Batch> {
  readonly #inFlightMax: number
  /** In order: first those in flight (or confirmed while an earlier one is not), then those waiting. */
  readonly #batches: Batch[] = []
  readonly #confirmed = new Set<Batch>()
  /** How many of `#batches` have been handed out since the last rewind. */
  #handedOut = 0
  #inFlight = 0
  #hasFailed = false

  constructor(inFlightMax: number) {
    assert(inFlightMax > 0, 'a queue that sends nothing never empties')
    this.#inFlightMax = inFlightMax
  }

  /** Not yet confirmed. */
  get count(): number {
    return this.#batches.length - this.#confirmed.size
  }

  /** A failure came back and `rewind` has not been called since. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Time to `rewind`. */
  get mustRewind(): boolean {
    return this.#hasFailed && this.#inFlight === 0
  }

  get hasNext(): boolean {
    return !this.#hasFailed && this.#inFlight < this.#inFlightMax && this.#handedOut < this.#batches.length
  }

  push(batch: Batch): void {
    this.#batches.push(batch)
  }

  /** The batch to send now, or null. */
  next(): Batch | null {
    if (!this.hasNext) return null
    const batch = this.#batches[this.#handedOut] as Batch
    this.#handedOut++
    this.#inFlight++
    return batch
  }

  succeeded(batch: Batch): void {
    this.#inFlight--
    this.#confirmed.add(batch)
    while (this.#batches.length > 0 && this.#confirmed.delete(this.#batches[0] as Batch)) {
      this.#batches.shift()
      this.#handedOut--
    }
  }

  failed(): void {
    this.#inFlight--
    this.#hasFailed = true
  }

  /** Everything unconfirmed waits again. */
  rewind(): void {
    assert(this.mustRewind, 'only after a failure, with nothing in flight')
    const left = this.#batches.filter(batch => !this.#confirmed.has(batch))
    this.#batches.splice(0, this.#batches.length, ...left)
    this.#confirmed.clear()
    this.#handedOut = 0
    this.#hasFailed = false
  }
}
