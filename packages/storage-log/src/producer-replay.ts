import type { Disk } from '@streambus/base'
import { HEADER_BYTES } from '@streambus/protocol/records'
import { logFileName } from './file-names.ts'
import { readSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { StoredBatch } from './stored-batch.ts'

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

/** Producer state at `endOffset`: the newest valid snapshot, then the batches above it. Throws DiskError, LogCorrupt. */
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
  const cursor = { at }
  skipVarint(bytes, cursor) // record length
  cursor.at++ // attributes
  skipVarint(bytes, cursor) // timestamp delta
  skipVarint(bytes, cursor) // offset delta
  const keyBytes = readSmallVarint(bytes, cursor)
  const keyAt = cursor.at
  if (keyBytes < 4 || keyAt + keyBytes > bytes.length) return null
  const type = bytes.readInt16BE(keyAt + 2)
  cursor.at += keyBytes
  const valueBytes = readSmallVarint(bytes, cursor)
  if (type > 1 || type < 0 || valueBytes < 6 || cursor.at + valueBytes > bytes.length) return null
  return bytes.readInt32BE(cursor.at + 2)
}

function skipVarint(bytes: Buffer, cursor: { at: number }): void {
  while (((bytes[cursor.at] ?? 0) & 0x80) !== 0) cursor.at++
  cursor.at++
}

/** A zig-zag varint of one or two bytes; −1 for anything longer, which no marker has. */
function readSmallVarint(bytes: Buffer, cursor: { at: number }): number {
  const first = bytes[cursor.at++] ?? 0
  const raw = first < 0x80 ? first : (first & 0x7f) | ((bytes[cursor.at++] ?? 0xff) << 7)
  return raw > 0x3fff || (raw & 1) === 1 ? -1 : raw >>> 1
}
