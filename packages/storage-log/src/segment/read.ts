import { HEADER_BYTES, readBaseOffset, readLastOffset, readSizeInBytes } from '@streambus/protocol/records'
import { LogCorrupt } from '../errors.ts'
import type { Segment } from './segment.ts'

/** Where read buffers come from; `BufferPool` of base is one. */
export interface ReadBufferPool {
  /** At least `bytes` long. */
  take(bytes: number): Buffer
  give(buffer: Buffer): void
}

export const FRESH_BUFFERS: ReadBufferPool = { take: bytes => Buffer.allocUnsafe(bytes), give() {} }

export interface ReadOptions {
  readonly fromOffset: number
  /** Exclusive: the high watermark, or the last stable offset. */
  readonly untilOffset: number
  readonly bytesMax: number
  /** Read one whole batch even when it is larger than `bytesMax`. */
  readonly minOneBatch: boolean
}

export interface ReadResult {
  /** Whole batches, the first of which contains the offset asked for; null when there is nothing to read. */
  readonly buffer: Buffer | null
  readonly bytes: number
  /** Where to read on. */
  readonly nextOffset: number
  /** Gives the buffer back; once, and only after every I/O that uses it has ended. */
  release(): void
}

class PooledRead implements ReadResult {
  readonly buffer: Buffer
  readonly bytes: number
  readonly nextOffset: number
  readonly #pool: ReadBufferPool
  #whole: Buffer | null

  constructor(pool: ReadBufferPool, whole: Buffer, bytes: number, nextOffset: number) {
    this.#pool = pool
    this.#whole = whole
    this.buffer = whole.subarray(0, bytes)
    this.bytes = bytes
    this.nextOffset = nextOffset
  }

  release(): void {
    if (this.#whole === null) return
    this.#pool.give(this.#whole)
    this.#whole = null
  }
}

export function emptyRead(nextOffset: number): ReadResult {
  return { buffer: null, bytes: 0, nextOffset, release() {} }
}

/**
 * Whole batches of one segment from `position` (where a batch begins that is wanted). One positional read, two when the
 * first batch is larger than `bytesMax`. Throws LogCorrupt when the bytes there are no batches.
 */
export function readBatches(
  segment: Segment,
  position: number,
  pool: ReadBufferPool,
  options: ReadOptions
): ReadResult {
  const available = segment.sizeBytes - position
  const wanted = Math.min(available, Math.max(options.bytesMax, HEADER_BYTES))
  let whole = fill(segment, position, pool, wanted)
  const firstBytes = readSizeInBytes(whole, 0)
  if (firstBytes < HEADER_BYTES || firstBytes > available) {
    pool.give(whole)
    const reason = `a batch cannot have ${firstBytes} bytes here`
    throw new LogCorrupt({ path: segment.path, position, reason, quarantined: null })
  }
  let limit = Math.min(wanted, options.bytesMax)
  if (firstBytes > limit) limit = options.minOneBatch ? firstBytes : 0
  if (limit > wanted) {
    pool.give(whole)
    whole = fill(segment, position, pool, limit)
  }
  const { endBytes, nextOffset } = new WholeBatches(segment, position, whole.subarray(0, limit), options.untilOffset)
  if (endBytes === 0) {
    pool.give(whole)
    return emptyRead(options.fromOffset)
  }
  segment.cursors.remember(nextOffset, position + endBytes)
  return new PooledRead(pool, whole, endBytes, nextOffset)
}

/** The end of the last whole batch below `untilOffset`, and one past its last offset. */
class WholeBatches {
  endBytes = 0
  nextOffset = -1

  constructor(segment: Segment, position: number, bytes: Buffer, untilOffset: number) {
    if (position + bytes.length === segment.sizeBytes && segment.endOffset <= untilOffset) {
      this.endBytes = bytes.length
      this.nextOffset = segment.endOffset
      return
    }
    let at = segment.skippable(bytes, position, untilOffset)
    if (at > 0) {
      this.endBytes = at
      this.nextOffset = readBaseOffset(bytes, at)
    }
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + readSizeInBytes(bytes, at)
      const lastOffset = readLastOffset(bytes, at)
      if (end > bytes.length || end <= at || lastOffset >= untilOffset) break
      this.endBytes = at = end
      this.nextOffset = lastOffset + 1
    }
  }
}

function fill(segment: Segment, position: number, pool: ReadBufferPool, bytes: number): Buffer {
  const whole = pool.take(bytes)
  const view = whole.length === bytes ? whole : whole.subarray(0, bytes)
  let count = 0
  try {
    count = segment.handle.read(view, position)
  } catch (error) {
    pool.give(whole)
    throw error
  }
  if (count === bytes) return whole
  pool.give(whole)
  const reason = `the file ends ${bytes - count} bytes too early`
  throw new LogCorrupt({ path: segment.path, position: position + count, reason, quarantined: null })
}
