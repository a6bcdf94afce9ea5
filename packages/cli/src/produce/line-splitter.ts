const NEWLINE = 0x0a
/** A line longer than this is not a record any broker takes; refused instead of filling the memory. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024

/** Gets `bytes[start, end)`; valid only during the call. */
export type LineTaker = (bytes: Buffer, start: number, end: number) => void

/**
 * Cuts a byte stream at \n bytes and never looks at anything else, so that lines may hold any bytes. Lines inside one
 * chunk are handed out in place; a line across chunks is joined once.
 */
export class LineSplitter {
  readonly #take: LineTaker
  readonly #lineBytesMax: number
  #parts: Buffer[] = []
  #partsBytes = 0

  constructor(take: LineTaker, lineBytesMax = LINE_BYTES_MAX) {
    this.#take = take
    this.#lineBytesMax = lineBytesMax
  }

  /** Throws RangeError for a line that is too long. `chunk` must not change before the next call has returned. */
  push(chunk: Buffer): void {
    let start = 0
    let end = chunk.indexOf(NEWLINE)
    if (end !== -1 && this.#partsBytes > 0) {
      this.#keep(chunk.subarray(0, end))
      this.#flush()
      start = end + 1
      end = chunk.indexOf(NEWLINE, start)
    }
    while (end !== -1) {
      this.#take(chunk, start, end)
      start = end + 1
      end = chunk.indexOf(NEWLINE, start)
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** The end of the stream: what stands after the last \n is a line too, unless it is empty. */
  end(): void {
    if (this.#partsBytes > 0) this.#flush()
  }

  #keep(part: Buffer): void {
    this.#partsBytes += part.length
    if (this.#partsBytes > this.#lineBytesMax) {
      throw new RangeError(
        `a line is longer than ${this.#lineBytesMax} bytes; is this a text file? --raw sends a whole file as one record`
      )
    }
    this.#parts.push(part)
  }

  #flush(): void {
    const [first] = this.#parts
    const line = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts, this.#partsBytes)
    this.#parts = []
    this.#partsBytes = 0
    this.#take(line, 0, line.length)
  }
}
