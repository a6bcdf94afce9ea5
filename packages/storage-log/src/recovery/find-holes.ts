import type { Segment } from '../segment/segment.ts'

/** Offsets between two batches that should be in a segment file and are not. */
export interface Hole {
  /** The segment whose file ends too early, or the first one when those before it are missing. */
  readonly path: string
  readonly fromOffset: number
  /** Exclusive. */
  readonly untilOffset: number
}

/**
 * Segments that end before the next one begins, and a log that begins above its start: files that were shortened or
 * are missing. One small read for each ended segment, whose seal says how long the file is when its batches end where
 * the next segment begins; compaction, and a cut of what it left, may end them earlier. Without such a seal, the batch
 * before the next segment is looked for. Throws LogCorrupt and DiskError.
 */
export function findHoles(segments: readonly Segment[], logStartOffset: number): Hole[] {
  const holes: Hole[] = []
  const first = segments[0] as Segment
  if (first.baseOffset > logStartOffset) {
    holes.push({ path: first.path, fromOffset: logStartOffset, untilOffset: first.baseOffset })
  }
  for (const segment of segments.slice(0, -1)) {
    if (isWhole(segment)) continue
    holes.push({ path: segment.path, fromOffset: endOfBatches(segment), untilOffset: segment.endOffset })
  }
  return holes
}

/** `segment.endOffset` is where the next one begins. */
function isWhole(segment: Segment): boolean {
  const sealed = segment.sealedBytes()
  return sealed < 0 ? segment.positionOf(segment.endOffset - 1) >= 0 : sealed === segment.sizeBytes
}

function endOfBatches(segment: Segment): number {
  const scanner = segment.scan()
  let endOffset = segment.baseOffset
  while (scanner.next() === 'batch') endOffset = scanner.batch.lastOffset + 1
  return endOffset
}
