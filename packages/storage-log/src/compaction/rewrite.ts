import type { Disk } from '@streambus/base'
import { logFileName } from '../file-names.ts'
import { StoredBatch } from '../segment/stored-batch.ts'
import type { BatchFilter } from './batch-filter.ts'
import type { BatchReader } from './batch-reader.ts'
import { CleanedSegment } from './cleaned-segment.ts'
import type { CompactionHooks } from './hooks.ts'
import type { SegmentFacts } from './plan.ts'
import { emptyBatch, rebuildBatch } from './rebuild-batch.ts'
import { dropCleaned, writeManifest } from './swap.ts'

export interface RewriteOptions {
  readonly disk: Disk
  readonly directory: string
  readonly indexIntervalBytes: number
  readonly reader: BatchReader
  readonly filter: BatchFilter
  readonly writeBuffer: Buffer
  readonly hooks: CompactionHooks
}

/** A cleaned segment that waits for `swapIn`. Plain data: it crosses threads. */
export interface CleanedGroup {
  /** Base offsets of the segments that it replaces, ascending; the first is also its own. */
  readonly replaced: readonly number[]
  /** Sizes of their data files when they were read. */
  readonly replacedBytes: readonly number[]
  /** Facts for the segment that takes their place. */
  readonly baseOffset: number
  readonly endOffset: number
  readonly sizeBytes: number
  readonly indexBytes: number
  readonly maxTimestampMs: number
}

/**
 * Copies what the filter keeps of neighbouring segments into one `.cleaned` segment beside them, durable with its
 * indexes and its manifest. Null when nothing would change: then nothing is left behind. Groups have to come in the
 * order of the log, all with the same filter. Throws LogCorrupt, DiskError, CompactionStopped, and leaves nothing
 * behind either.
 */
export function rewriteGroup(group: readonly SegmentFacts[], options: RewriteOptions): CleanedGroup | null {
  const { disk, directory } = options
  const first = group[0] as SegmentFacts
  const last = group.at(-1) as SegmentFacts
  let isWritten = false
  try {
    const cleaned = new CleanedSegment({ ...options, baseOffset: first.baseOffset, buffer: options.writeBuffer })
    const isChanged = copySegments(group, cleaned, options)
    if (!isChanged && group.length === 1) {
      cleaned.abandon()
      return null
    }
    cleaned.finish(last.endOffset)
    const replaced = group.map(segment => segment.baseOffset)
    writeManifest(disk, directory, replaced)
    isWritten = true
    const { sizeBytes, indexBytes, maxTimestampMs } = cleaned
    const { baseOffset } = first
    const replacedBytes = group.map(segment => segment.sizeBytes)
    return { replaced, replacedBytes, baseOffset, endOffset: last.endOffset, sizeBytes, indexBytes, maxTimestampMs }
  } finally {
    if (!isWritten) dropCleaned(disk, directory, first.baseOffset)
  }
}

/** Whether anything but whole batches was copied. */
function copySegments(group: readonly SegmentFacts[], cleaned: CleanedSegment, options: RewriteOptions): boolean {
  let isChanged = false
  let isDone = false
  try {
    for (const segment of group) {
      if (segment.sizeBytes === 0) continue
      const path = `${options.directory}/${logFileName(segment.baseOffset, 'log')}`
      const file = options.disk.open(path, { readOnly: true })
      try {
        options.reader.begin(file, segment.sizeBytes)
        while (options.reader.next()) if (!copyBatch(cleaned, options)) isChanged = true
      } finally {
        file.close()
      }
    }
    isDone = true
    return isChanged
  } finally {
    if (!isDone) cleaned.abandon()
  }
}

/** True when the batch went over as it was. */
function copyBatch(cleaned: CleanedSegment, { reader, filter }: RewriteOptions): boolean {
  const { bytes, at, batch } = reader
  const verdict = filter.judge(reader)
  if (verdict === 'drop') return false
  if (verdict === 'copy') {
    cleaned.append(bytes, at, at + batch.sizeBytes, batch)
    return true
  }
  const rebuilt = verdict === 'empty' ? emptyBatch(reader) : rebuildBatch(reader, filter)
  const stored = new StoredBatch()
  stored.read(rebuilt, 0)
  cleaned.append(rebuilt, 0, rebuilt.length, stored)
  return false
}
