import type { LogConfig, RetainedSegment } from '@streambus/storage-log'

export interface HeadroomQuestion {
  /** Ascending, with the active one at the end. */
  readonly segments: readonly RetainedSegment[]
  /** As in force: `retentionMs` and `retentionBytes` are −1 for a topic that is only compacted. */
  readonly config: Pick<LogConfig, 'retentionMs' | 'retentionBytes' | 'segmentMs' | 'segmentBytes'>
  readonly logStartOffset: number
  readonly committedOffset: number
  /** The oldest record that the group has not read; null: it has read everything. */
  readonly unreadOffset: number | null
  /** Measured growth of the log. */
  readonly bytesPerSecond: number
  /** By the clock that retention goes by. */
  readonly nowMs: number
}

/**
 * Seconds until retention may delete the next record that the group has not read. Records go with their whole segment,
 * segments from the oldest on: so it is when that segment and every older one is due, by time (its newest record is
 * older than `retention.ms`), by size (behind it there are `retention.bytes`), or because it lies below the log start.
 * The active segment must roll first: by `segment.ms` or when it is full.
 *
 * Infinity: never, as things are now (no retention, nothing unread, or only a size that is not reached without writes).
 * 0: due now, or records that were not read are gone already. Retention looks every few minutes, so records live a
 * little longer than this says. Pure.
 */
export function retentionHeadroomSeconds(question: HeadroomQuestion): number {
  const { segments, logStartOffset, committedOffset, unreadOffset, nowMs } = question
  if (committedOffset < logStartOffset) return 0
  if (unreadOffset === null) return Number.POSITIVE_INFINITY
  let bytesBehind = 0
  for (const { sizeBytes } of segments) bytesBehind += sizeBytes
  let dueMs = nowMs
  for (const [i, segment] of segments.entries()) {
    if (segment.baseOffset > unreadOffset) break
    bytesBehind -= segment.sizeBytes
    const isBelowStart = segment.endOffset <= logStartOffset
    const isActive = i === segments.length - 1
    if (!isBelowStart)
      dueMs = Math.max(dueMs, isActive ? activeDueMs(segment, question) : dueAt(segment, question, bytesBehind))
  }
  return (dueMs - nowMs) / 1000
}

function dueAt(segment: RetainedSegment, question: HeadroomQuestion, bytesBehind: number): number {
  const { retentionMs, retentionBytes } = question.config
  const byTime = retentionMs < 0 ? Number.POSITIVE_INFINITY : newestMs(segment) + retentionMs
  const missing = Math.max(0, retentionBytes - bytesBehind)
  const bySize = retentionBytes < 0 ? Number.POSITIVE_INFINITY : writtenAt(missing, question)
  return Math.min(byTime, bySize)
}

/** While there are writes, the newest record is from the moment of the roll. */
function activeDueMs(segment: RetainedSegment, question: HeadroomQuestion): number {
  const { config, nowMs, bytesPerSecond } = question
  const { retentionMs, retentionBytes, segmentMs, segmentBytes } = config
  const fullMs = writtenAt(Math.max(0, segmentBytes - segment.sizeBytes), question)
  const rollMs = Math.max(nowMs, Math.min(segment.createdMs + segmentMs, fullMs))
  const newest = bytesPerSecond > 0 ? Math.max(rollMs, newestMs(segment)) : newestMs(segment)
  const byTime = retentionMs < 0 ? Number.POSITIVE_INFINITY : Math.max(rollMs, newest + retentionMs)
  const filledMs = writtenAt(Math.max(0, retentionBytes), question)
  const bySize = retentionBytes < 0 ? Number.POSITIVE_INFINITY : rollMs + filledMs - nowMs
  return Math.min(byTime, bySize)
}

function newestMs({ maxTimestampMs, createdMs }: RetainedSegment): number {
  return maxTimestampMs >= 0 ? maxTimestampMs : createdMs
}

function writtenAt(bytes: number, { bytesPerSecond, nowMs }: HeadroomQuestion): number {
  if (bytes === 0) return nowMs
  return bytesPerSecond > 0 ? nowMs + (bytes / bytesPerSecond) * 1000 : Number.POSITIVE_INFINITY
}
