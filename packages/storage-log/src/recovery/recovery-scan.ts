import type { DiskFile } from '@streambus/base'
import { BatchScanner } from '../segment/batch-scanner.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'

const SCAN_CHUNK_BYTES = 256 * 1024
const REWRITE_CHUNK_BYTES = 1024 * 1024

export interface ScanOptions {
  /** A batch boundary, or 0. */
  readonly from: number
  readonly fileBytes: number
  /** The offset from which on the batches must follow; gaps that compaction left below `verifyFrom` are fine. */
  readonly endOffset: number
  /** CRCs are compared from this offset on, and offsets must be gapless. */
  readonly verifyFrom: number
}

export interface ScanResult {
  /** Where the valid batches end. */
  readonly validBytes: number
  readonly endOffset: number
  /** Where the first batch begins that was not known to be durable. */
  readonly unsyncedPosition: number
  /** Why the batch at `validBytes` was not accepted; null when the file ends there. */
  readonly reason: string | null
}

/** Walks a segment and stops at the first byte that is not a valid next batch. */
export function scanSegment(file: DiskFile, options: ScanOptions, visit: (batch: StoredBatch) => void): ScanResult {
  const scanner = new BatchScanner(file, { from: options.from, until: options.fileBytes, chunkBytes: SCAN_CHUNK_BYTES })
  const { batch } = scanner
  let { endOffset } = options
  let leaderEpoch = -1
  let unsyncedPosition = -1
  for (;;) {
    const step = scanner.next()
    const isUnsynced = step !== 'batch' || batch.lastOffset >= options.verifyFrom
    if (isUnsynced && unsyncedPosition < 0) unsyncedPosition = scanner.position
    const reason = step === 'end' ? null : refusal(step, scanner, { endOffset, leaderEpoch, isUnsynced })
    if (step === 'end' || reason !== null) {
      // A refused batch may claim to lie below `verifyFrom`.
      if (unsyncedPosition < 0) unsyncedPosition = scanner.position
      return { validBytes: scanner.position, endOffset, unsyncedPosition, reason }
    }
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
  const isGapAllowed = !expected.isUnsynced
  if (batch.baseOffset < expected.endOffset || (!isGapAllowed && batch.baseOffset > expected.endOffset)) {
    return `base offset ${batch.baseOffset}, expected ${expected.endOffset}`
  }
  if (batch.leaderEpoch < expected.leaderEpoch) {
    return `leader epoch ${batch.leaderEpoch} after ${expected.leaderEpoch}`
  }
  return expected.isUnsynced && !scanner.hasValidCrc()
    ? `the CRC of the batch at offset ${batch.baseOffset} is wrong`
    : null
}

/**
 * Writes [from, until) over itself and syncs: after a crash of the process the page cache may hold bytes that the
 * device refused once, and a bare fsync would call them written.
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
