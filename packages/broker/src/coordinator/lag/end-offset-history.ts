const FIELDS = 3

export interface EndOffsets {
  readonly logEndOffset: number
  readonly highWatermark: number
}

/**
 * Where one partition ended at some moments, for all groups that read it: says when a record can have been appended,
 * how fast the partition grows, and what Burrow calls the broker's offsets. Fixed size: of older samples every other
 * one is dropped when there is no room, so that the past gets coarser with its distance instead of ending.
 */
export class EndOffsetHistory {
  /** Time in ms, log end, high watermark; all three ascend. */
  readonly #samples: Float64Array
  readonly #max: number
  #count = 0

  /** `samplesMax`: at least 4; 24 bytes each. */
  constructor(samplesMax = 16) {
    if (samplesMax < 4) throw new RangeError(`samplesMax must be at least 4, got ${samplesMax}`)
    this.#max = samplesMax
    this.#samples = new Float64Array(samplesMax * FIELDS)
  }

  get count(): number {
    return this.#count
  }

  /** To be called at a steady pace, with wall time. What a step back of clock or log contradicts is dropped. */
  add(timeMs: number, { logEndOffset, highWatermark }: EndOffsets): void {
    while (this.#count > 0 && this.#contradicts(timeMs, logEndOffset, highWatermark)) this.#count--
    if (this.#isIdle(logEndOffset, highWatermark)) this.#count--
    else if (this.#count === this.#max) this.#thin()
    this.#samples.set([timeMs, logEndOffset, highWatermark], this.#count * FIELDS)
    this.#count++
  }

  /** The last moment known at which the log ended at or before `offset`; −Infinity when there is none. */
  appendedAfterMs(offset: number): number {
    for (let i = this.#count - 1; i >= 0; i--) if (this.#at(i, 1) <= offset) return this.#at(i, 0)
    return Number.NEGATIVE_INFINITY
  }

  /** The first moment known at which the log ended behind `offset`; Infinity when there is none. */
  appendedBeforeMs(offset: number): number {
    for (let i = 0; i < this.#count; i++) if (this.#at(i, 1) > offset) return this.#at(i, 0)
    return Number.POSITIVE_INFINITY
  }

  /** The high watermarks seen at or after `timeMs`, oldest first. */
  watermarksSince(timeMs: number): number[] {
    const found: number[] = []
    for (let i = 0; i < this.#count; i++) if (this.#at(i, 0) >= timeMs) found.push(this.#at(i, 2))
    return found
  }

  /** Growth from the last sample at or before `timeMs` (or the first one) to the newest; 0 with less than two. */
  recordsPerSecondSince(timeMs: number): number {
    if (this.#count < 2) return 0
    const last = this.#count - 1
    let first = 0
    while (first + 1 < last && this.#at(first + 1, 0) <= timeMs) first++
    const seconds = (this.#at(last, 0) - this.#at(first, 0)) / 1000
    return seconds > 0 ? (this.#at(last, 1) - this.#at(first, 1)) / seconds : 0
  }

  #at(index: number, field: number): number {
    return this.#samples[index * FIELDS + field] as number
  }

  #contradicts(timeMs: number, logEndOffset: number, highWatermark: number): boolean {
    const last = this.#count - 1
    return this.#at(last, 0) > timeMs || this.#at(last, 1) > logEndOffset || this.#at(last, 2) > highWatermark
  }

  /** The last two say the same as the new one, which then takes the place of the second. */
  #isIdle(logEndOffset: number, highWatermark: number): boolean {
    for (let i = this.#count - 1; i >= this.#count - 2; i--) {
      if (i < 0 || this.#at(i, 1) !== logEndOffset || this.#at(i, 2) !== highWatermark) return false
    }
    return true
  }

  /** Every other one of the older half goes, never the first. */
  #thin(): void {
    const half = this.#max >> 1
    let to = 0
    for (let from = 0; from < this.#count; from++) {
      if (from < half && from % 2 === 1) continue
      this.#samples.copyWithin(to * FIELDS, from * FIELDS, (from + 1) * FIELDS)
      to++
    }
    this.#count = to
  }
}
