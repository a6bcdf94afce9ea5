import { checkFrameLength, FRAME_LENGTH_BYTES } from './frame-length.ts'

/** Chunks below this size are gathered, so that a peer sending single bytes cannot cost an object for each. */
const GATHER_BYTES = 1024
const GATHER_CHUNK_BYTES = 8192

/**
 * Cuts a byte stream into frames. Holds only bytes that have arrived: the announced length is checked against the
 * limit and otherwise believed only once it is fulfilled. A frame inside one chunk is returned as a view of it.
 */
export class Framer {
  readonly #frameBytesMax: number
  readonly #pending: Buffer[] = []
  #pendingBytes = 0
  /** Length of the frame that `#pending` begins with; −1 while its four length bytes are incomplete. */
  #frameBytes = -1
  /** Bytes used of the last pending chunk if that is a gathering one of ours, else −1. */
  #gathered = -1

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax
  }

  /** Bytes that wait for the rest of their frame. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Takes what arrived and returns the frames it completes, without their length bytes. Throws FrameError. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = []
    let rest = this.#pendingBytes === 0 ? chunk : this.#complete(chunk, frames)
    while (rest.length >= FRAME_LENGTH_BYTES) {
      const length = this.#lengthAt(rest)
      const end = FRAME_LENGTH_BYTES + length
      if (rest.length < end) break
      frames.push(rest.subarray(FRAME_LENGTH_BYTES, end))
      rest = rest.subarray(end)
    }
    if (rest.length > 0) this.#keep(rest)
    return frames
  }

  /** Uses `chunk` to finish the pending frame; returns what is left of it. */
  #complete(chunk: Buffer, frames: Buffer[]): Buffer {
    let rest = chunk
    if (this.#frameBytes === -1) {
      rest = this.#take(rest, FRAME_LENGTH_BYTES - this.#pendingBytes)
      if (this.#pendingBytes < FRAME_LENGTH_BYTES) return rest
      this.#frameBytes = this.#lengthAt(this.#join())
    }
    const total = FRAME_LENGTH_BYTES + this.#frameBytes
    rest = this.#take(rest, total - this.#pendingBytes)
    if (this.#pendingBytes < total) return rest
    frames.push(this.#join().subarray(FRAME_LENGTH_BYTES))
    this.#clear()
    return rest
  }

  #take(chunk: Buffer, byteCount: number): Buffer {
    this.#keep(chunk.subarray(0, byteCount))
    return chunk.subarray(byteCount)
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#pendingBytes === 0 && bytes.length >= FRAME_LENGTH_BYTES) this.#frameBytes = bytes.readInt32BE(0)
    this.#pendingBytes += bytes.length
    if (bytes.length < GATHER_BYTES) return this.#gather(bytes)
    this.#seal()
    this.#pending.push(bytes)
  }

  #gather(bytes: Buffer): void {
    const last = this.#pending.at(-1)
    if (last === undefined || this.#gathered === -1 || this.#gathered + bytes.length > last.length) {
      this.#seal()
      const own = Buffer.allocUnsafe(GATHER_CHUNK_BYTES)
      this.#pending.push(own)
      bytes.copy(own)
      this.#gathered = bytes.length
      return
    }
    bytes.copy(last, this.#gathered)
    this.#gathered += bytes.length
  }

  /** Cuts the gathering chunk to what it holds. */
  #seal(): void {
    if (this.#gathered === -1) return
    const last = this.#pending.pop() as Buffer
    this.#pending.push(last.subarray(0, this.#gathered))
    this.#gathered = -1
  }

  #join(): Buffer {
    this.#seal()
    return this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending, this.#pendingBytes)
  }

  #clear(): void {
    this.#pending.length = 0
    this.#pendingBytes = 0
    this.#frameBytes = -1
    this.#gathered = -1
  }

  #lengthAt(bytes: Buffer): number {
    const length = bytes.readInt32BE(0)
    checkFrameLength(length, this.#frameBytesMax)
    return length
  }
}
