import { VarintCursor } from '../segment/varint-cursor.ts'

/** Length, attributes, two deltas, lengths of key and value, count of headers. */
const RECORD_BYTES_MIN = 7
const VARINT_BYTES_MAX = 5
const VARLONG_BYTES_MAX = 10

export interface RecordBounds {
  readonly count: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  /** No record may have a later timestamp. */
  readonly maxTimestamp: number
}

/**
 * Whether `records` (decompressed) are what a batch says of them. One object for all batches, so that a segment costs
 * no object per record. Compaction leaves records out: their offset deltas only have to rise.
 */
export class RecordCheck {
  /** Null when all is well. */
  problem: string | null = null
  /** Record that the problem is about. */
  index = 0
  #cursor = new VarintCursor(Buffer.alloc(0))
  #bytes: Buffer = Buffer.alloc(0)
  #count = 0

  /** What is found is in `problem`. */
  run(records: Buffer, bounds: RecordBounds): void {
    this.problem = null
    this.index = 0
    this.#count = bounds.count
    this.#bytes = records
    this.#cursor = new VarintCursor(records)
    if (bounds.count * RECORD_BYTES_MIN > records.length) {
      this.problem = `${records.length} bytes cannot hold ${bounds.count} records`
      return
    }
    let lastDelta = -1
    for (; this.index < bounds.count && this.problem === null; this.index++) lastDelta = this.#record(bounds, lastDelta)
    const left = records.length - this.#cursor.at
    if (this.problem === null && left !== 0) this.#fail(`${left} bytes follow the last of ${bounds.count} records`)
  }

  #record(bounds: RecordBounds, lastDelta: number): number {
    const cursor = this.#cursor
    const length = this.#varint(this.#bytes.length)
    const end = cursor.at + length
    if (this.problem !== null) return lastDelta
    if (length < 0 || end > this.#bytes.length) return this.#fail(`its length ${length} leaves the batch`)
    if (this.#bytes[cursor.at] !== 0) return this.#fail(`its attributes are ${this.#bytes[cursor.at]}, not 0`)
    cursor.at++
    const timestamp = bounds.baseTimestamp + this.#varint(end, VARLONG_BYTES_MAX)
    const delta = this.#varint(end)
    this.#skip(end, 'key')
    this.#skip(end, 'value')
    this.#headers(end)
    if (this.problem !== null) return lastDelta
    if (cursor.at !== end) return this.#fail('its fields do not fill its length')
    if (delta <= lastDelta || delta > bounds.lastOffsetDelta) {
      return this.#fail(`its offset delta ${delta} is outside ${lastDelta + 1} … ${bounds.lastOffsetDelta}`)
    }
    if (timestamp > bounds.maxTimestamp) {
      return this.#fail(`its timestamp ${timestamp} is above ${bounds.maxTimestamp}, the batch's maximum`)
    }
    return delta
  }

  #headers(end: number): void {
    const count = this.#varint(end)
    if (this.problem === null && (count < 0 || count * 2 > end - this.#cursor.at)) {
      this.#fail(`it cannot hold ${count} headers`)
    }
    for (let header = 0; header < count && this.problem === null; header++) {
      this.#skip(end, 'key of a header', 0)
      this.#skip(end, 'value of a header')
    }
  }

  /** Passes over bytes whose length stands before them, −1 for null. */
  #skip(end: number, what: string, minimum = -1): void {
    if (this.problem !== null) return
    const length = this.#varint(end)
    if (this.problem !== null) return
    if (length < minimum || this.#cursor.at + length > end) this.#fail(`the length ${length} of its ${what} is wrong`)
    else if (length > 0) this.#cursor.at += length
  }

  #varint(end: number, bytesMax = VARINT_BYTES_MAX): number {
    if (this.problem !== null) return 0
    const from = this.#cursor.at
    const value = this.#cursor.varint()
    const isEnded = ((this.#bytes[this.#cursor.at - 1] ?? 0x80) & 0x80) === 0
    if (this.#cursor.at > end) this.#fail('a number reaches beyond its end')
    else if (!isEnded || this.#cursor.at - from > bytesMax) this.#fail('a number has too many bytes')
    return value
  }

  #fail(problem: string): number {
    this.problem = this.index < this.#count ? `record ${this.index}: ${problem}` : problem
    return -1
  }
}
