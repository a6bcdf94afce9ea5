import type { LogConfig } from './config.ts'

/** What retention looks at; `maxTimestampMs` is read only when retention by time is on. */
export interface RetainedSegment {
  readonly baseOffset: number
  readonly endOffset: number
  readonly sizeBytes: number
  readonly createdMs: number
  /** −1 when no record has a timestamp. */
  readonly maxTimestampMs: number
}

export interface RetentionInput {
  /** Ascending, with the active one at the end. */
  readonly segments: readonly RetainedSegment[]
  readonly config: Pick<LogConfig, 'retentionBytes' | 'retentionMs'>
  readonly logStartOffset: number
  /** Records at or above it are not deleted: the smaller of the durable end and the high watermark. */
  readonly deletableEndOffset: number
  readonly nowMs: number
}

/** How many of the oldest segments go. Whole segments from the front, never the active one. Pure. */
export function countExpired(input: RetentionInput): number {
  const { segments, config } = input
  let excessBytes = config.retentionBytes < 0 ? 0 : totalBytes(segments) - config.retentionBytes
  let count = 0
  for (; count < segments.length - 1; count++) {
    const segment = segments[count] as RetainedSegment
    if (segment.endOffset > input.deletableEndOffset) break
    const isBelowStart = segment.endOffset <= input.logStartOffset
    // As in Kafka, the log keeps at least retentionBytes: a segment goes only if what is left is not less.
    const isExcess = config.retentionBytes >= 0 && excessBytes >= segment.sizeBytes
    if (!isBelowStart && !isExcess && !isTooOld(segment, input)) break
    excessBytes -= segment.sizeBytes
  }
  return count
}

function isTooOld(segment: RetainedSegment, input: RetentionInput): boolean {
  if (input.config.retentionMs < 0) return false
  const newest = segment.maxTimestampMs >= 0 ? segment.maxTimestampMs : segment.createdMs
  return input.nowMs - newest > input.config.retentionMs
}

function totalBytes(segments: readonly RetainedSegment[]): number {
  let total = 0
  for (const segment of segments) total += segment.sizeBytes
  return total
}
