import type { Segment } from '../segment/segment.ts'
import type { SegmentList } from '../segment/segment-list.ts'
import { firstRecordSince } from './record-times.ts'

export interface TimestampOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** The first record at or above `logStartOffset`, in offset order, with a timestamp ≥ `timestamp`. */
export function findTimestamp(list: SegmentList, logStartOffset: number, timestamp: number): TimestampOffset | null {
  for (let i = list.floorIndex(logStartOffset); i < list.count; i++) {
    // Looking at what a segment knows anyway must not push out the ones that are in use.
    const candidate = list.all[i] as Segment
    if (candidate.sizeBytes === 0 || candidate.maxTimestampMs < timestamp) continue
    const found = findInSegment(list.use(i), logStartOffset, timestamp)
    if (found !== null) return found
  }
  return null
}

/** The first record at or above `logStartOffset` that has the largest timestamp there. */
export function findMaxTimestamp(list: SegmentList, logStartOffset: number): TimestampOffset | null {
  let max = -1
  for (let i = list.floorIndex(logStartOffset); i < list.count; i++) {
    const candidate = list.all[i] as Segment
    if (candidate.sizeBytes === 0) continue
    const isCut = candidate.baseOffset < logStartOffset
    max = Math.max(max, isCut ? maxTimestampSince(list.use(i), logStartOffset) : candidate.maxTimestampMs)
  }
  return max < 0 ? null : findTimestamp(list, logStartOffset, max)
}

function findInSegment(segment: Segment, logStartOffset: number, timestamp: number): TimestampOffset | null {
  const startPosition = segment.positionOf(logStartOffset)
  if (startPosition < 0) return null
  const scanner = segment.scanNear(Math.max(startPosition, segment.positionForTimestamp(timestamp)))
  while (segment.advance(scanner)) {
    const { batch } = scanner
    if (batch.maxTimestamp < timestamp) continue
    const record = firstRecordSince(segment, scanner, { fromOffset: logStartOffset, timestamp })
    if (record !== null) return { ...record, leaderEpoch: batch.leaderEpoch }
  }
  return null
}

/** A segment that DeleteRecords cut into has to be walked: its maximum may be a deleted record's. */
function maxTimestampSince(segment: Segment, logStartOffset: number): number {
  const position = segment.positionOf(logStartOffset)
  if (position < 0) return -1
  const scanner = segment.scan(position)
  let max = -1
  while (segment.advance(scanner)) {
    const { batch } = scanner
    if (batch.maxTimestamp <= max) continue
    if (batch.baseOffset >= logStartOffset) max = batch.maxTimestamp
    else max = maxOfRecords(segment, scanner, logStartOffset)
  }
  return max
}

function maxOfRecords(segment: Segment, scanner: ReturnType<Segment['scan']>, fromOffset: number): number {
  let max = -1
  for (;;) {
    const next = firstRecordSince(segment, scanner, { fromOffset, timestamp: max + 1 })
    if (next === null) return max
    max = next.timestamp
  }
}
