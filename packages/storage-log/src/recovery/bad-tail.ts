import type { DiskFile } from '@streambus/base'
import { HEADER_BYTES, MAGIC, MAGIC_AT, readBaseOffset, readLength, readMagic } from '@streambus/protocol/records'
import { BatchScanner } from '../segment/batch-scanner.ts'
import { StoredBatch } from '../segment/stored-batch.ts'

const SEARCH_CHUNK_BYTES = 1024 * 1024
/** What a disk writes as a whole or not at all. */
const SECTOR_BYTES = 512
/** Base offset and length come first in a batch, and neither is in its checksum. */
const UNCHECKED_BYTES = 12
/** No topic takes larger ones. */
const BATCH_BYTES_MAX = 128 * 1024 * 1024

/**
 * `torn`: nothing whole lies behind the bad bytes. `lost-sectors`: whole batches do, but a sector before them was
 * never written. `corrupt`: bytes that had been written have changed. `foreign`: a file without any batch, and its
 * bytes are not the beginning of one.
 */
export type BadTail = 'torn' | 'lost-sectors' | 'corrupt' | 'foreign'

export interface BadTailOptions {
  /** Where the first byte is that is not part of a valid next batch. */
  readonly position: number
  readonly fileBytes: number
  /** The offset that the next batch should have. */
  readonly endOffset: number
  /** All records below were durable. */
  readonly recoveryPoint: number
}

/**
 * Tells what a power cut leaves from what rots. A power cut keeps any subset of the sectors that were not synced, and
 * what it loses of a growing file reads as zeros; so valid batches may follow a gap, but then the gap has a zero
 * sector. Below the recovery point, or without such a sector, bytes have changed that were on the disk. Throws
 * DiskError.
 */
export function classifyBadTail(file: DiskFile, options: BadTailOptions): BadTail {
  const { position, fileBytes, endOffset } = options
  if (endOffset < options.recoveryPoint) return 'corrupt'
  const next = findValidBatch(file, { from: position + 1, until: fileBytes }, endOffset)
  if (next < 0) return position === 0 && !beginsLikeABatch(file, endOffset) ? 'foreign' : 'torn'
  // A lost sector may reach into the next batch: with an offset of zeros and a small length it still looks whole. A
  // batch inside the payload of the bad one is no end of it.
  const gapEnd = Math.max(next + UNCHECKED_BYTES, position + declaredBytes(file, position, fileBytes))
  return hasZeroSector(file, position, gapEnd) ? 'lost-sectors' : 'corrupt'
}

/**
 * Whether these can be the first bytes of a batch that a power cut has torn: base offset, length and magic are right,
 * cut off, or zeros of a lost sector. One of them may have rotted.
 */
function beginsLikeABatch(file: DiskFile, baseOffset: number): boolean {
  const bytes = Buffer.alloc(HEADER_BYTES)
  if (file.read(bytes, 0) <= MAGIC_AT) return true
  const length = readLength(bytes, 0)
  const magic = readMagic(bytes, 0)
  const isOffsetRight = isZero(bytes, 0, 8) || readBaseOffset(bytes, 0) === baseOffset
  const isLengthRight = length === 0 || (length >= HEADER_BYTES - UNCHECKED_BYTES && length <= BATCH_BYTES_MAX)
  return isOffsetRight || (isLengthRight && (magic === MAGIC || magic === 0))
}

/** Position of the first valid batch with an offset ≥ `minOffset` that begins in the range, at any byte; −1: none. */
export function findValidBatch(file: DiskFile, range: { from: number; until: number }, minOffset: number): number {
  const chunk = Buffer.allocUnsafe(Math.min(SEARCH_CHUNK_BYTES, Math.max(0, range.until - range.from)))
  const batch = new StoredBatch()
  let start = range.from
  while (range.until - start >= HEADER_BYTES) {
    const bytes = chunk.subarray(0, file.read(chunk.subarray(0, range.until - start), start))
    const last = bytes.length - HEADER_BYTES
    if (last < 0) return -1
    for (let magicAt = bytes.indexOf(2, 16); magicAt >= 0; magicAt = bytes.indexOf(2, magicAt + 1)) {
      const at = magicAt - 16
      if (at > last) break
      batch.read(bytes, at)
      if (!batch.isPlausible || batch.baseOffset < minOffset || batch.baseOffset > Number.MAX_SAFE_INTEGER) continue
      if (isValidAt(file, start + at, range.until)) return start + at
    }
    start += last + 1
  }
  return -1
}

function isValidAt(file: DiskFile, position: number, until: number): boolean {
  const scanner = new BatchScanner(file, { from: position, until, chunkBytes: HEADER_BYTES })
  return scanner.next() === 'batch' && scanner.hasValidCrc()
}

/** What the bad batch says of its own size, as far as it can be true; else 0. */
function declaredBytes(file: DiskFile, position: number, fileBytes: number): number {
  const scanner = new BatchScanner(file, { from: position, until: fileBytes, chunkBytes: HEADER_BYTES })
  return scanner.next() === 'batch' ? scanner.batch.sizeBytes : 0
}

/** Whether a sector that ends in (from, until] has nothing but zeros from `from` on. */
function hasZeroSector(file: DiskFile, from: number, until: number): boolean {
  const chunk = Buffer.allocUnsafe(Math.min(SEARCH_CHUNK_BYTES, until - from + SECTOR_BYTES))
  let at = from
  while (at < until) {
    const count = file.read(chunk, at)
    if (count === 0) return false
    let start = 0
    for (;;) {
      const end = SECTOR_BYTES - ((at + start) % SECTOR_BYTES) + start
      if (end > count || at + end > until) break
      if (isZero(chunk, start, end)) return true
      start = end
    }
    if (start === 0) return false
    at += start
  }
  return false
}

/** Whether the file has nothing but zeros in [from, until). */
export function isZeroUntil(file: DiskFile, from: number, until: number): boolean {
  const chunk = Buffer.allocUnsafe(Math.min(SEARCH_CHUNK_BYTES, until - from))
  for (let at = from; at < until; ) {
    const count = file.read(chunk.subarray(0, until - at), at)
    if (count === 0 || !isZero(chunk, 0, count)) return count === 0
    at += count
  }
  return true
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}
