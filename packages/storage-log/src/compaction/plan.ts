import type { LogConfig } from '../config.ts'

/** What planning and cleaning need to know of a segment. Plain data: it crosses threads. */
export interface SegmentFacts {
  readonly baseOffset: number
  /** One past the last offset; for all but the active segment the next one's base offset. */
  readonly endOffset: number
  readonly sizeBytes: number
  /** The larger of the two index files, or an upper bound of it. */
  readonly indexBytes: number
  /** Timestamp of the first batch; −1 when there is none or it is not known. */
  readonly firstTimestampMs: number
  /** −1 when no record has a timestamp. */
  readonly maxTimestampMs: number
  /** Stands in for timestamps that records do not have; −1 when it is not known. */
  readonly lastModifiedMs: number
}

/** Index entries hold positions and relative offsets in 31 bits. */
const INT32_MAX = 2 ** 31 - 1
/** Of a time index; those of an offset index are smaller. */
const INDEX_ENTRY_BYTES = 12

/**
 * Facts of one segment of a log. Looks up timestamps, which may cost a read, only above `firstDirtyOffset`: nobody asks
 * for those of clean segments. The index size is an upper bound.
 */
export function segmentFacts(
  segment: Omit<SegmentFacts, 'indexBytes' | 'lastModifiedMs'> & { readonly createdMs: number },
  log: { readonly firstDirtyOffset: number; readonly indexIntervalBytes: number }
): SegmentFacts {
  const { baseOffset, endOffset, sizeBytes, createdMs } = segment
  const isDirty = endOffset > log.firstDirtyOffset
  return {
    baseOffset,
    endOffset,
    sizeBytes,
    indexBytes: Math.ceil(sizeBytes / Math.max(log.indexIntervalBytes, 1)) * INDEX_ENTRY_BYTES,
    firstTimestampMs: isDirty ? segment.firstTimestampMs : -1,
    maxTimestampMs: isDirty ? segment.maxTimestampMs : -1,
    lastModifiedMs: createdMs
  }
}

/** What compaction reads of a log's settings. */
export type CompactionConfig = Pick<
  LogConfig,
  | 'minCompactionLagMs'
  | 'maxCompactionLagMs'
  | 'minCleanableDirtyRatio'
  | 'deleteRetentionMs'
  | 'segmentBytes'
  | 'indexBytesMax'
  | 'indexIntervalBytes'
  | 'maxMessageBytes'
>

export interface PlanInput {
  /** Ascending, without gaps; the last one is active. */
  readonly segments: readonly SegmentFacts[]
  /** From `firstDirtyOffset()`. */
  readonly firstDirtyOffset: number
  /** First offset of the oldest transaction that is undecided below the high watermark; the high watermark if none. */
  readonly lastStableOffset: number
  readonly highWatermark: number
  readonly durableEndOffset: number
  readonly nowMs: number
  readonly config: CompactionConfig
}

export interface CompactionPlan {
  readonly firstDirtyOffset: number
  /**
   * A round looks at nothing from here on. Base offset of a segment; equal to `firstDirtyOffset` or below: nothing to
   * do.
   */
  readonly upToOffset: number
  readonly cleanBytes: number
  readonly dirtyBytes: number
  /** dirty / (clean + dirty); 0 when there is neither. Among due logs the one with the highest ratio goes first. */
  readonly dirtyRatio: number
  /** How far the oldest dirty record is beyond max.compaction.lag.ms; 0 when it is not. */
  readonly overdueMs: number
  readonly isDue: boolean
}

/**
 * Where dirt begins. A checkpoint below the log start or beyond the log end is of another history: then everything is
 * dirty, which costs work and no data. `checkpointed` −1: there is none.
 */
export function firstDirtyOffset(
  checkpointed: number,
  log: { readonly logStartOffset: number; readonly logEndOffset: number }
): number {
  const isUsable = checkpointed >= log.logStartOffset && checkpointed <= log.logEndOffset
  return isUsable ? checkpointed : log.logStartOffset
}

/**
 * What a cleaning round may touch and whether it is worth it. Only whole segments below the last stable offset, the
 * high watermark, the durable end and the active segment, up to the first that holds a record younger than
 * min.compaction.lag.ms.
 */
export function planCompaction(input: PlanInput): CompactionPlan {
  const { segments, config, nowMs } = input
  const upToOffset = uncleanableFrom(input)
  let cleanBytes = 0
  let dirtyBytes = 0
  let overdueMs = 0
  for (const segment of segments) {
    if (segment.baseOffset >= upToOffset) break
    if (segment.endOffset <= input.firstDirtyOffset) cleanBytes += segment.sizeBytes
    else {
      dirtyBytes += segment.sizeBytes
      const sinceMs = segment.firstTimestampMs >= 0 ? segment.firstTimestampMs : segment.lastModifiedMs
      if (segment.sizeBytes > 0 && sinceMs >= 0) {
        overdueMs = Math.max(overdueMs, nowMs - Math.max(config.maxCompactionLagMs, 0) - sinceMs)
      }
    }
  }
  const totalBytes = cleanBytes + dirtyBytes
  const dirtyRatio = totalBytes === 0 ? 0 : dirtyBytes / totalBytes
  const hasWork = dirtyBytes > 0 && upToOffset > input.firstDirtyOffset
  return {
    firstDirtyOffset: input.firstDirtyOffset,
    upToOffset,
    cleanBytes,
    dirtyBytes,
    dirtyRatio,
    overdueMs,
    isDue: hasWork && (dirtyRatio > config.minCleanableDirtyRatio || overdueMs > 0)
  }
}

/** Rounded down to a segment's base offset. */
function uncleanableFrom(input: PlanInput): number {
  const { segments } = input
  const active = segments.at(-1)
  if (active === undefined) return 0
  const bound = Math.min(input.lastStableOffset, input.highWatermark, input.durableEndOffset, active.baseOffset)
  const youngestMs = input.nowMs - Math.max(input.config.minCompactionLagMs, 0)
  for (const segment of segments) {
    const isDirty = segment.endOffset > input.firstDirtyOffset
    const newestMs = segment.maxTimestampMs >= 0 ? segment.maxTimestampMs : segment.lastModifiedMs
    const isTooYoung = input.config.minCompactionLagMs > 0 && isDirty && segment.sizeBytes > 0 && newestMs > youngestMs
    if (segment === active || segment.endOffset > bound || isTooYoung) return segment.baseOffset
  }
  return active.baseOffset
}

/**
 * Splits segments into neighbours that become one each, so that cleaned segments do not dwindle: together at most
 * segment.bytes, indexes at most segment.index.bytes, and no offset farther from the base than an index entry can say.
 */
export function groupSegments(
  segments: readonly SegmentFacts[],
  config: { readonly segmentBytes: number; readonly indexBytesMax: number }
): SegmentFacts[][] {
  const groups: SegmentFacts[][] = []
  let group: SegmentFacts[] = []
  let sizeBytes = 0
  let indexBytes = 0
  for (const segment of segments) {
    const first = group[0]
    const fits =
      first !== undefined &&
      sizeBytes + segment.sizeBytes <= config.segmentBytes &&
      indexBytes + segment.indexBytes <= config.indexBytesMax &&
      // An empty segment has no offsets to say, and would otherwise stay for ever.
      (segment.sizeBytes === 0 || segment.endOffset - 1 - first.baseOffset <= INT32_MAX)
    if (!fits) {
      group = []
      groups.push(group)
      sizeBytes = 0
      indexBytes = 0
    }
    group.push(segment)
    sizeBytes += segment.sizeBytes
    indexBytes += segment.indexBytes
  }
  return groups
}
