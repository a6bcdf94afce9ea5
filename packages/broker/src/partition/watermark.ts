import { assert } from '@streambus/base'

export type FlushPolicy = 'synced' | 'os'

/**
 * The high watermark and the last stable offset of one partition: the only place where they move.
 * Consumers see offsets below the high watermark; acks=all is answered when it has passed the batch.
 */
export class Watermark {
  #highWatermark: number

  constructor(highWatermark: number) {
    this.#highWatermark = highWatermark
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** min(high watermark, first offset of an undecided transaction); no transactions yet, so the two are equal. */
  get lastStableOffset(): number {
    return this.#highWatermark
  }

  /**
   * `ackedOffset` is the offset below which every member of the maximal ISR holds the records: durable ones under
   * the synced policy, written ones under the relaxed one. Returns whether the watermark rose; it never falls.
   */
  advance(ackedOffset: number, logEndOffset: number): boolean {
    assert(ackedOffset <= logEndOffset, 'nothing is acknowledged beyond the log end')
    if (ackedOffset <= this.#highWatermark) return false
    this.#highWatermark = ackedOffset
    return true
  }
}
