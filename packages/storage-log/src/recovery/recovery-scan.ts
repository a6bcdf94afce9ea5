import type { DiskFile } from '@streambus/base'
import { HEADER_BYTES } from '@streambus/protocol/records'
import { BatchScanner } from '../segment/batch-scanner.ts'
import { StoredBatch } from '../segment/stored-batch.ts'

const SCAN_CHUNK_BYTES = 256 * 1024
const SEARCH_CHUNK_BYTES = 1024 * 1024
const REWRITE_CHUNK_BYTES = 1024 * 1024

export interface ScanOptions {
  readonly fileBytes: number
  readonly baseOffset: number
  /** CRCs are compared from this offset on; below it headers must fit together. */
  readonly verifyFrom: number
}

export interface ScanResult {
  /** Bytes of valid batches from the start of the file. */
  readonly validBytes: number
  readonly endOffset: number
  /** Where the first batch begins that was not known to be durable. */
  readonly unsyncedPosition: number
  /** Why the batch at `validBytes` was not accepted; null when the file ends there. */
  readonly reason: string | null
}

/** Walks a segment from its start and stops at the first byte that is not a valid next batch. */
export function scanSegment(file: DiskFile, options: ScanOptions, visit: (batch: StoredBatch) => void): ScanResult {
  const scanner = new BatchScanner(file, { from: 0, until: options.fileBytes, chunkBytes: SCAN_CHUNK_BYTES })
  const { batch } = scanner
  let endOffset = options.baseOffset
  let leaderEpoch = -1
  let unsyncedPosition = -1
  for (;;) {
    const step = scanner.next()
    const isUnsynced = step !== 'batch' || batch.lastOffset >= options.verifyFrom
    if (isUnsynced && unsyncedPosition < 0) unsyncedPosition = scanner.position
    const reason = step === 'end' ? null : refusal(step, scanner, { endOffset, leaderEpoch, isUnsynced })
    if (step === 'end' || reason !== null) return { validBytes: scanner.position, endOffset, unsyncedPosition, reason }
    visit(batch)
    endOffset = batch.lastOffset + 1
    leaderEpoch = batch.leaderEpoch
  }
}

function refusal(
  step: 'batch' | 'bad',
  scanner: BatchScanner,
  expected: { endOffset: number; leaderEpoch: number; isUnsynced: boolean }
): string | null {
  const { batch } = scanner
  if (step === 'bad') return 'the bytes are not a whole record batch'
  if (batch.baseOffset !== expected.endOffset) return `base offset ${batch.baseOffset}, expected ${expected.endOffset}`
  if (batch.leaderEpoch < expected.leaderEpoch) {
    return `leader epoch ${batch.leaderEpoch} after ${expected.leaderEpoch}`
  }
  return expected.isUnsynced && !scanner.hasValidCrc()
    ? `the CRC of the batch at offset ${batch.baseOffset} is wrong`
    : null
}

/**
 * Whether a valid batch with an offset ≥ `minOffset` lies anywhere in [from, until). If so, the bytes before it were
 * not a torn tail: something behind them had been written whole.
 */
export function hasValidBatchAfter(file: DiskFile, range: { from: number; until: number }, minOffset: number): boolean {
  const chunk = Buffer.allocUnsafe(Math.min(SEARCH_CHUNK_BYTES, Math.max(0, range.until - range.from)))
  const batch = new StoredBatch()
  let start = range.from
  while (range.until - start >= HEADER_BYTES) {
    const bytes = chunk.subarray(0, file.read(chunk.subarray(0, range.until - start), start))
    const last = bytes.length - HEADER_BYTES
    if (last < 0) return false
    for (let magicAt = bytes.indexOf(2, 16); magicAt >= 0; magicAt = bytes.indexOf(2, magicAt + 1)) {
      const at = magicAt - 16
      if (at > last) break
      batch.read(bytes, at)
      if (!batch.isPlausible || batch.baseOffset < minOffset || batch.baseOffset > Number.MAX_SAFE_INTEGER) continue
      if (isValidAt(file, start + at, range.until)) return true
    }
    start += last + 1
  }
  return false
}

function isValidAt(file: DiskFile, position: number, until: number): boolean {
  const scanner = new BatchScanner(file, { from: position, until, chunkBytes: HEADER_BYTES })
  return scanner.next() === 'batch' && scanner.hasValidCrc()
}

/**
 * Writes [from, until) over itself and syncs: after a crash of the process the page cache may hold bytes that the
 * device
 * refused once, and a bare fsync would call them written.
 */
export function rewriteAndSync(file: DiskFile, from: number, until: number): void {
  const chunk = Buffer.allocUnsafe(Math.min(REWRITE_CHUNK_BYTES, until - from))
  for (let at = from; at < until; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, until - at))
    part.subarray(file.read(part, at)).fill(0)
    file.write([part], at)
  }
  file.syncNow()
}
