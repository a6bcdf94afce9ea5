import type { BufferPool } from '@streambus/base'
import { checkFrameLength } from '@streambus/protocol'
import type { MemoryBudget } from './memory-budget.ts'

const LENGTH_BYTES = 4
/**
 * What a frame may hold before anything has been heard of it but its length. Not charged to the budget: it is bounded
 * by the connection limit.
 */
const UNTRUSTED_BYTES = 64 * 1024
const TRUSTED_BYTES_MAX = 8 * 1024 * 1024

export interface FrameReaderOptions {
  readonly frameBytesMax: number
  /** Shared by all connections: what it holds is consumed before the read callback returns. */
  readonly scratch: Buffer
  readonly pool: BufferPool
  readonly budget: MemoryBudget
  /**
   * One request without its length, a view that is valid only during the call. False: hold the next ones until `goOn`.
   */
  readonly onFrame: (frame: Buffer) => boolean
}

/**
 * Takes frames off a byte stream with at most one partial copy per frame.
 *
 * Bytes land in the shared scratch buffer. Whole frames are handed out from there, in place. The head of a frame that
 * is not complete moves to a buffer of its own (`#own`), and the socket then reads straight into that one, exactly up
 * to the frame's end. Its size follows what has arrived (doubling), or the largest frame this connection has completed
 * before: a length field alone never allocates more than 64 KiB (CVE class: allocation by announced length).
 */
export class FrameReader {
  readonly #options: FrameReaderOptions
  #own: Buffer | null = null
  #ownBytes = 0
  #chargedBytes = 0
  #largestFrameBytes = 0
  #held: Buffer | null = null
  /** What the budget knows of it. */
  #heldBytes = 0
  #isTargetOwn = false
  #isStarved = false
  #isReleased = false

  constructor(options: FrameReaderOptions) {
    this.#options = options
  }

  /** Where the next socket read must go. */
  target(): Buffer {
    const own = this.#own
    this.#isTargetOwn = own !== null && this.#ownBytes < own.length && this.#ownBytes >= LENGTH_BYTES
    if (own === null || !this.#isTargetOwn) return this.#options.scratch
    return own.subarray(this.#ownBytes, Math.min(own.length, frameTotalBytes(own)))
  }

  /** True while a frame has begun and not ended. */
  get isMidFrame(): boolean {
    return this.#own !== null
  }

  /** True when the memory budget refused the next buffer: stop reading, and call `goOn` when it has room. */
  get isStarved(): boolean {
    return this.#isStarved
  }

  /** True when frames that were read wait for `goOn`: the socket must not be read before. */
  get hasHeld(): boolean {
    return this.#held !== null
  }

  /**
   * `count` bytes were read into the last `target()`. Throws FrameError for an illegal length; then the connection is
   * useless.
   */
  advance(count: number): void {
    if (this.#isTargetOwn) {
      this.#ownBytes += count
      this.#completeOwn()
    } else this.#consume(this.#options.scratch, count)
    if (this.#held !== null) this.#settleHeld()
  }

  /**
   * Goes on where a refused frame or a spent budget stopped it. Read the socket again only if it is not starved after
   * this.
   */
  goOn(): void {
    this.#isStarved = false
    const held = this.#held
    this.#held = null
    if (held !== null) this.#consume(held, held.length)
    else if (this.#own !== null && this.#ownBytes === this.#own.length) this.#grow()
    this.#settleHeld()
  }

  release(): void {
    if (this.#own !== null) this.#options.pool.give(this.#own)
    this.#own = null
    this.#ownBytes = 0
    this.#isReleased = true
    this.#held = null
    this.#settleHeld()
    this.#uncharge()
  }

  /**
   * Counts what is held now. Only a real decrease is given back: each gift wakes all who wait, and readers that gave
   * and took the same bytes would wake each other for ever.
   */
  #settleHeld(): void {
    const heldBytes = this.#held?.length ?? 0
    const change = heldBytes - this.#heldBytes
    this.#heldBytes = heldBytes
    if (change > 0) this.#options.budget.take(change)
    else if (change < 0) this.#options.budget.give(-change)
  }

  #consume(buffer: Buffer, end: number): void {
    let at = 0
    while (at < end && !this.#isReleased) {
      if (this.#own !== null) {
        const own: Buffer = this.#own
        if (this.#ownBytes === own.length && !this.#grow()) break
        at += this.#fillOwn(buffer, at, end)
        if (!this.#completeOwn()) break
        continue
      }
      const frameEnd = end - at < LENGTH_BYTES ? end + 1 : at + this.#checkedTotalBytes(buffer, at)
      if (frameEnd > end) {
        this.#begin(buffer, at, end)
        return
      }
      const start = at + LENGTH_BYTES
      at = frameEnd
      if (!this.#options.onFrame(buffer.subarray(start, frameEnd))) break
    }
    // The scratch belongs to the next reader, so what may not be consumed yet is copied.
    if (at < end && !this.#isReleased) this.#held = Buffer.from(buffer.subarray(at, end))
  }

  #fillOwn(buffer: Buffer, start: number, end: number): number {
    const own = this.#own as Buffer
    const wantedBytes = this.#ownBytes < LENGTH_BYTES ? LENGTH_BYTES : Math.min(own.length, frameTotalBytes(own))
    const count = Math.min(end - start, wantedBytes - this.#ownBytes)
    buffer.copy(own, this.#ownBytes, start, start + count)
    this.#ownBytes += count
    return count
  }

  #begin(buffer: Buffer, start: number, end: number): void {
    const haveBytes = end - start
    const totalBytes = haveBytes < LENGTH_BYTES ? LENGTH_BYTES : frameTotalBytes(buffer, start)
    const trustedBytes = Math.max(UNTRUSTED_BYTES, haveBytes, this.#largestFrameBytes)
    let ownBytes = Math.min(totalBytes, trustedBytes)
    // A refused start falls back to what is free of charge; the rest is asked for when it has arrived.
    if (!this.#charge(ownBytes)) ownBytes = Math.min(ownBytes, Math.max(UNTRUSTED_BYTES, haveBytes))
    this.#own = this.#options.pool.take(ownBytes)
    buffer.copy(this.#own, 0, start, end)
    this.#ownBytes = haveBytes
  }

  /** True when the reader may go on with what follows. */
  #completeOwn(): boolean {
    const own = this.#own as Buffer
    if (this.#ownBytes < LENGTH_BYTES) return true
    const totalBytes = this.#checkedTotalBytes(own, 0)
    if (this.#ownBytes < totalBytes) return this.#ownBytes < own.length || this.#grow()
    // Detached first: the handler may close the connection, which releases the reader.
    this.#own = null
    this.#ownBytes = 0
    this.#largestFrameBytes = Math.min(Math.max(this.#largestFrameBytes, totalBytes), TRUSTED_BYTES_MAX)
    try {
      return this.#options.onFrame(own.subarray(LENGTH_BYTES, totalBytes))
    } finally {
      this.#options.pool.give(own)
      this.#uncharge()
    }
  }

  #checkedTotalBytes(buffer: Buffer, at: number): number {
    const totalBytes = frameTotalBytes(buffer, at)
    checkFrameLength(totalBytes - LENGTH_BYTES, this.#options.frameBytesMax)
    return totalBytes
  }

  #grow(): boolean {
    const own = this.#own as Buffer
    const wantedBytes = Math.min(frameTotalBytes(own), own.length * 2)
    this.#isStarved = !this.#charge(wantedBytes)
    if (this.#isStarved) return false
    const larger = this.#options.pool.take(wantedBytes)
    own.copy(larger, 0, 0, this.#ownBytes)
    this.#options.pool.give(own)
    this.#own = larger
    return true
  }

  #charge(ownBytes: number): boolean {
    const wantedBytes = Math.max(0, ownBytes - UNTRUSTED_BYTES)
    if (wantedBytes <= this.#chargedBytes) return true
    if (!this.#options.budget.tryTake(wantedBytes - this.#chargedBytes, this.#chargedBytes)) return false
    this.#chargedBytes = wantedBytes
    return true
  }

  #uncharge(): void {
    const bytes = this.#chargedBytes
    this.#chargedBytes = 0
    this.#isStarved = false
    if (bytes > 0) this.#options.budget.give(bytes)
  }
}

/** The frame that begins at `at`, its length field included. */
function frameTotalBytes(buffer: Buffer, at = 0): number {
  return LENGTH_BYTES + buffer.readInt32BE(at)
}
