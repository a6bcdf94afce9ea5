import type { Sink } from '../sink.ts'

const CHUNK_BYTES = 256 * 1024

/** Gathers small pieces into chunks of 256 KiB, so that a million lines are not a million writes. */
export class OutputBuffer {
  readonly #sink: Sink
  #chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  #used = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** Copies `bytes`; nothing for null. */
  bytes(bytes: Buffer | null): void {
    if (bytes === null) return
    if (bytes.length > this.#chunk.length - this.#used) {
      this.flush()
      if (bytes.length > this.#chunk.length) {
        // A copy: it may be a view of a buffer that is used again.
        this.#sink.write(Buffer.from(bytes))
        return
      }
    }
    bytes.copy(this.#chunk, this.#used)
    this.#used += bytes.length
  }

  byte(value: number): void {
    if (this.#used === this.#chunk.length) this.flush()
    this.#chunk[this.#used++] = value
  }

  text(text: string): void {
    this.bytes(Buffer.from(text))
  }

  /** Hands everything to the sink. The rest of the chunk is used on, so small flushes do not cost a chunk each. */
  flush(): void {
    if (this.#used === 0) return
    this.#sink.write(this.#chunk.subarray(0, this.#used))
    this.#chunk = this.#chunk.subarray(this.#used)
    this.#used = 0
    if (this.#chunk.length < CHUNK_BYTES / 4) this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  }
}
