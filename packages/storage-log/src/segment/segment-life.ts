import { logFileName } from '../file-names.ts'
import { Segment, type SegmentContext } from './segment.ts'

/** Creates an empty active segment; its name is durable when this returns. Throws DiskError. */
export function createSegment(context: SegmentContext, baseOffset: number, nowMs: number): Segment {
  const segment = new Segment(context, { baseOffset, sizeBytes: 0, endOffset: baseOffset, createdMs: nowMs })
  segment.isActive = true
  segment.createFile()
  context.disk.syncDirectory(context.directory)
  return segment
}

/** A segment that is on the disk. `nextBaseOffset`: where the next one begins, −1 for the last. Throws DiskError. */
export function openSegment(
  context: SegmentContext,
  at: { baseOffset: number; nextBaseOffset: number; nowMs: number }
): Segment {
  const { baseOffset, nextBaseOffset } = at
  const file = context.disk.open(`${context.directory}/${logFileName(baseOffset, 'log')}`, { readOnly: true })
  const sizeBytes = file.sizeBytes()
  file.close()
  const endOffset = nextBaseOffset >= 0 ? nextBaseOffset : sizeBytes === 0 ? baseOffset : -1
  return new Segment(context, { baseOffset, sizeBytes, endOffset, createdMs: at.nowMs })
}

/**
 * Takes the segment's files away, with what a recovery has set aside of it. Renames first: a crash in between leaves a
 * name that the next start deletes. The caller syncs the directory.
 */
export function deleteSegment(context: SegmentContext, segment: Segment): void {
  const { disk, directory } = context
  segment.release()
  for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const) {
    const path = segment.pathOf(kind)
    if (!disk.exists(path)) continue
    disk.rename(path, `${path}.deleted`)
    disk.unlink(`${path}.deleted`)
  }
  const tornPrefix = `${logFileName(segment.baseOffset, 'log')}.`
  for (const { name } of disk.list(directory)) {
    if (name.startsWith(tornPrefix) && name.endsWith('.torn')) disk.unlink(`${directory}/${name}`)
  }
}
