/**
 * Where numbers live while the broker works: plain fields on objects that the working code holds already.
 * Nothing here looks up a label, builds a string or allocates; rendering happens in registry.ts, at scrape.
 */

/** Only grows. `add` must not be given a negative count: a falling counter reads as a restart. */
export class Counter {
  value = 0

  add(count: number): void {
    this.value += count
  }
}

export class Gauge {
  value = 0

  set(value: number): void {
    this.value = value
  }

  add(change: number): void {
    this.value += change
  }
}

/** One observation that can be looked up elsewhere: a trace, and the span in it that was observed. */
export interface Exemplar {
  /** As it was observed. */
  readonly value: number
  /** In hexadecimal. */
  readonly traceId: string
  readonly spanId: string
  /** Wall time. */
  readonly timeMs: number
}

/** Counts per bucket, cumulated only at scrape. Bounds are inclusive upper bounds, ascending, without +Inf. */
export class Histogram {
  readonly bounds: readonly number[]
  /** One more than `bounds`: the last counts what is above every bound. */
  readonly counts: number[]
  sum = 0
  /** The last of each bucket; null until there is one. */
  #exemplars: (Exemplar | undefined)[] | null = null

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  /**
   * Most observations are small, so the scan from the first bound stops after a few steps (11 ns for all of 11
   * bounds).
   */
  observe(value: number): void {
    // A NaN would stay in the sum for ever.
    if (Number.isNaN(value)) return
    const index = this.#bucketOf(value)
    this.counts[index] = (this.counts[index] as number) + 1
    this.sum += value
  }

  /** Keeps what was observed, beside `observe`, until another of its bucket comes. For the few that are traced. */
  setExemplar(exemplar: Exemplar): void {
    if (Number.isNaN(exemplar.value)) return
    this.#exemplars ??= []
    this.#exemplars[this.#bucketOf(exemplar.value)] = exemplar
  }

  exemplarOf(bucket: number): Exemplar | undefined {
    return this.#exemplars?.[bucket]
  }

  #bucketOf(value: number): number {
    const { bounds } = this
    let index = 0
    while (index < bounds.length && value > (bounds[index] as number)) index++
    return index
  }

  get count(): number {
    let total = 0
    for (const count of this.counts) total += count
    return total
  }
}

/** How many of the latest values the quantiles of a summary look at; Go's runtime keeps the same number of pauses. */
export const SUMMARY_WINDOW = 256

/** Count and sum of everything, quantiles of the latest values. For rare events only (garbage collections). */
export class Summary {
  readonly #latest: number[] = []
  count = 0
  sum = 0

  observe(value: number): void {
    if (Number.isNaN(value)) return
    this.#latest[this.count % SUMMARY_WINDOW] = value
    this.count++
    this.sum += value
  }

  /** The latest value; 0 before the first. */
  get last(): number {
    return this.#latest[(this.count - 1) % SUMMARY_WINDOW] ?? 0
  }

  /** Nearest-rank values for `quantiles` (0 … 1), in their order; zeros before the first observation. */
  quantiles(quantiles: readonly number[]): number[] {
    const sorted = this.#latest.toSorted((a, b) => a - b)
    return quantiles.map(quantile => {
      const rank = Math.max(0, Math.ceil(quantile * sorted.length) - 1)
      return sorted[rank] ?? 0
    })
  }
}

export type Cell = Counter | Gauge | Histogram | Summary
