import type { Disk } from '@streambus/base'
import { HEADER_BYTES } from '@streambus/protocol/records'
import { logFileName } from '../file-names.ts'
import type { Segment } from '../segment/segment.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import { VarintCursor } from '../segment/varint-cursor.ts'
import { readSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'

export interface ReplayOptions {
  readonly disk: Disk
  readonly directory: string
  readonly segments: readonly Segment[]
  /** Snapshot offsets, newest first. Those above `endOffset` must be gone. */
  readonly snapshots: readonly number[]
  readonly endOffset: number
  readonly nowMs: number
  readonly expirationMs: number
}

/**
 * Producer state at `endOffset`: the newest valid snapshot, then the batches above it. Throws DiskError, LogCorrupt.
 */
export function loadProducerState(options: ReplayOptions): ProducerState {
  const state = new ProducerState()
  let from = 0
  for (const offset of options.snapshots) {
    const path = `${options.directory}/${logFileName(offset, 'snapshot')}`
    if (readSnapshot(options.disk, path, { state, nowMs: options.nowMs, expirationMs: options.expirationMs })) {
      from = offset
      break
    }
  }
  for (const segment of options.segments) {
    if (segment.endOffset > from && segment.sizeBytes > 0) replaySegment(segment, { from, state, nowMs: options.nowMs })
  }
  return state
}

function replaySegment(segment: Segment, options: { from: number; state: ProducerState; nowMs: number }): void {
  const { from, state, nowMs } = options
  const position = segment.positionOf(from)
  if (position < 0) return
  const scanner = segment.scan(position)
  while (segment.advance(scanner)) {
    const { batch } = scanner
    if (batch.producerId < 0 || batch.baseOffset < from) continue
    if (!batch.isControl) state.apply(batch, batch.lastOffset, nowMs)
    else applyMarkerAt(segment, { batch, position: scanner.position, state, nowMs })
  }
}

function applyMarkerAt(
  segment: Segment,
  options: { batch: StoredBatch; position: number; state: ProducerState; nowMs: number }
): void {
  const { batch, state } = options
  const bytes = Buffer.allocUnsafe(batch.sizeBytes)
  segment.file.read(bytes, options.position)
  const coordinatorEpoch = markerCoordinatorEpoch(bytes, HEADER_BYTES)
  if (coordinatorEpoch === null) return
  const { producerId, producerEpoch, maxTimestamp } = batch
  state.applyMarker({ producerId, producerEpoch, coordinatorEpoch, timestampMs: maxTimestamp }, options.nowMs)
}

/**
 * The coordinator epoch in the first record of a control batch, whose records begin at `at`. Null when it is not an
 * end-of-transaction marker. Key: int16 version, int16 type (0 abort, 1 commit); value: int16 version, int32 epoch.
 */
export function markerCoordinatorEpoch(bytes: Buffer, at: number): number | null {
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
  return bytes.readInt32BE(cursor.at + 2)
}
