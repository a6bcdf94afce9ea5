import { HEADER_BYTES } from '@streambus/protocol/records'
import type { AbortedTransaction } from '../lookup/transaction-index.ts'
import type { Segment } from '../segment/segment.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import { VarintCursor } from '../segment/varint-cursor.ts'
import type { ProducerState } from './producer-state.ts'
import type { SnapshotFiles, SnapshotRestore } from './snapshot-files.ts'

export interface ReplayOptions {
  readonly segments: readonly Segment[]
  readonly snapshots: SnapshotFiles
  readonly nowMs: number
  readonly expirationMs: number
}

/**
 * Producer state at `endOffset`: the newest valid snapshot, then the batches above it. Throws DiskError, LogCorrupt.
 */
export function loadProducerState(options: ReplayOptions, endOffset: number): ProducerState {
  const { state, offset } = restoreSnapshot(options, endOffset)
  for (const segment of options.segments) {
    if (segment.endOffset > offset && segment.sizeBytes > 0) replaySegment(segment, { ...options, from: offset, state })
  }
  return state
}

/**
 * The transactions that were aborted by the markers of `segment`, for when its index cannot tell. They may have begun
 * in earlier segments, so the replay begins at the newest snapshot below it. Throws DiskError, LogCorrupt.
 */
export function findAborted(options: ReplayOptions, segment: Segment): AbortedTransaction[] {
  const { state, offset } = restoreSnapshot(options, segment.baseOffset)
  const aborted: AbortedTransaction[] = []
  for (const each of options.segments) {
    if (each.baseOffset > segment.baseOffset) break
    if (each.endOffset <= offset || each.sizeBytes === 0) continue
    const onAborted = each === segment ? (found: AbortedTransaction) => void aborted.push(found) : undefined
    replaySegment(each, { ...options, from: offset, state, onAborted })
  }
  return aborted
}

function restoreSnapshot(options: ReplayOptions, until: number): SnapshotRestore {
  const from = options.segments[0]?.baseOffset ?? 0
  return options.snapshots.restore({ from, until }, options)
}

interface SegmentReplay {
  readonly from: number
  readonly state: ProducerState
  readonly nowMs: number
  readonly onAborted?: ((transaction: AbortedTransaction) => void) | undefined
}

function replaySegment(segment: Segment, options: SegmentReplay): void {
  const { from, state, nowMs } = options
  const position = segment.positionOf(from)
  if (position < 0) return
  const scanner = segment.scan(position)
  while (segment.advance(scanner)) {
    const { batch } = scanner
    if (batch.producerId < 0 || batch.baseOffset < from) continue
    if (!batch.isControl) state.apply(batch, batch.lastOffset, nowMs)
    else applyMarkerAt(segment, scanner.position, batch, options)
  }
}

function applyMarkerAt(segment: Segment, position: number, batch: StoredBatch, options: SegmentReplay): void {
  const bytes = Buffer.allocUnsafe(batch.sizeBytes)
  segment.handle.read(bytes, position)
  const marker = readMarker(bytes, HEADER_BYTES)
  if (marker === null) return
  const aborted = options.state.applyMarker({ ...markerOf(batch), ...marker }, batch.lastOffset, options.nowMs)
  if (aborted !== null) options.onAborted?.(aborted)
}

function markerOf(batch: StoredBatch): { producerId: number; producerEpoch: number; timestampMs: number } {
  return { producerId: batch.producerId, producerEpoch: batch.producerEpoch, timestampMs: batch.maxTimestamp }
}

export interface EndMarker {
  readonly isAbort: boolean
  readonly coordinatorEpoch: number
}

/**
 * The first record of a control batch, whose records begin at `at`. Null when it is not an end-of-transaction marker.
 * Key: int16 version, int16 type (0 abort, 1 commit); value: int16 version, int32 coordinator epoch.
 */
export function readMarker(bytes: Buffer, at: number): EndMarker | null {
  const cursor = new VarintCursor(bytes, at)
  cursor.varint() // record length
  cursor.at++ // attributes
  cursor.varint() // timestamp delta
  cursor.varint() // offset delta
  const keyBytes = cursor.varint()
  const keyAt = cursor.at
  if (keyBytes < 4 || keyAt + keyBytes > bytes.length) return null
  const type = bytes.readInt16BE(keyAt + 2)
  cursor.at += keyBytes
  const valueBytes = cursor.varint()
  if (type > 1 || type < 0 || valueBytes < 6 || cursor.at + valueBytes > bytes.length) return null
  return { isAbort: type === 0, coordinatorEpoch: bytes.readInt32BE(cursor.at + 2) }
}
