const LENGTH_BYTES = 4
const FRAME_BYTES_MAX = 128 * 1024 * 1024

/** `buffer[start, end)` is one frame without its length field; valid only during the call. */
export type OnFrame = (buffer: Buffer, start: number, end: number) => void

/**
 * Length-prefixed frames off a byte stream, for both ends of a bench: the socket reads straight into this buffer, so
 * a frame is contiguous and only the head of an unfinished one is ever moved. It trusts its peer, which the broker
 * must not.
 */
export class FrameBuffer {
  readonly #onFrame: OnFrame
  #buffer: Buffer
  #start = 0
  #filled = 0

  constructor(onFrame: OnFrame, bytes = 256 * 1024) {
    this.#onFrame = onFrame
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
  }

  /** Where the next read must go; never empty. */
  target(): Buffer {
    return this.#buffer.subarray(this.#filled)
  }

  /** `count` bytes were read into the last `target()`. */
  received(count: number): void {
    this.#filled += count
    while (this.#filled - this.#start >= LENGTH_BYTES) {
      const end = this.#start + this.#totalBytes()
      if (end > this.#filled) break
      const start = this.#start + LENGTH_BYTES
      this.#start = end
      this.#onFrame(this.#buffer, start, end)
    }
    this.#makeRoom()
  }

  #totalBytes(): number {
    const bytes = this.#buffer.readInt32BE(this.#start)
    if (bytes < 0 || bytes > FRAME_BYTES_MAX)
      throw new Error(`frame of ${bytes} bytes: the peer does not speak this protocol`)
    return LENGTH_BYTES + bytes
  }

  #makeRoom(): void {
    const pendingBytes = this.#filled - this.#start
    if (pendingBytes === 0) {
      this.#start = this.#filled = 0
      return
    }
    const neededBytes = pendingBytes < LENGTH_BYTES ? LENGTH_BYTES : this.#totalBytes()
    if (this.#start + neededBytes <= this.#buffer.length) return
    const source = this.#buffer
    if (neededBytes > source.length) this.#buffer = Buffer.allocUnsafeSlow(neededBytes + LENGTH_BYTES)
    source.copy(this.#buffer, 0, this.#start, this.#filled)
    this.#start = 0
    this.#filled = pendingBytes
  }
}
