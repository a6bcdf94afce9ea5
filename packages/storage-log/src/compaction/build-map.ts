import type { Disk } from '@streambus/base'
import { HEADER_BYTES, readRecordCount } from '@streambus/protocol/records'
import { logFileName } from '../file-names.ts'
import { readMarker } from '../producer/producer-replay.ts'
import type { BatchReader } from './batch-reader.ts'
import type { KeyMap } from './key-map.ts'
import type { SegmentFacts } from './plan.ts'
import { RecordWalk } from './record-walk.ts'
import type { TransactionWalk } from './transactions.ts'

export interface BuildMapOptions {
  readonly disk: Disk
  readonly directory: string
  readonly segments: readonly SegmentFacts[]
  readonly firstDirtyOffset: number
  readonly upToOffset: number
  readonly map: KeyMap
  readonly reader: BatchReader
  readonly transactions: TransactionWalk
}

/**
 * Puts the keys of the dirty records into the map; aborted ones replace nothing and stay out. Returns the offset below
 * which the map knows every key: `upToOffset`, or the end of the last whole batch that fitted. Keys of a batch that
 * fitted in part may stay in the map: they only say that an older record was replaced, which is true.
 * Throws LogCorrupt, DiskError, CompactionStopped.
 */
export function buildKeyMap(options: BuildMapOptions): number {
  const { reader, firstDirtyOffset } = options
  let endOffset = firstDirtyOffset
  for (const segment of options.segments) {
    if (segment.endOffset <= firstDirtyOffset || segment.baseOffset >= options.upToOffset) continue
    if (segment.sizeBytes > 0) {
      const file = options.disk.open(`${options.directory}/${logFileName(segment.baseOffset, 'log')}`, {
        readOnly: true
      })
      try {
        reader.begin(file, segment.sizeBytes)
        while (reader.next()) {
          if (!addBatch(options)) return endOffset
          endOffset = Math.max(endOffset, reader.batch.lastOffset + 1)
        }
      } finally {
        file.close()
      }
    }
    // Offsets may be missing at the end of a segment that was cleaned before.
    endOffset = Math.max(endOffset, segment.endOffset)
  }
  return endOffset
}

/** False when the map is full. */
function addBatch({ reader, transactions, map, firstDirtyOffset }: BuildMapOptions): boolean {
  const { batch, bytes, at } = reader
  if (batch.isControl) {
    transactions.isMarkerOfNothing(batch, readMarker(bytes.subarray(at, at + batch.sizeBytes), HEADER_BYTES))
    return true
  }
  if (transactions.isAborted(batch) || batch.lastOffset < firstDirtyOffset) return true
  const walk = new RecordWalk()
  walk.begin(reader, readRecordCount(bytes, at))
  while (walk.next()) {
    if (walk.keyBytes < 0) continue
    const offset = batch.baseOffset + walk.offsetDelta
    if (!map.put(walk.records, walk.keyAt, walk.keyAt + walk.keyBytes, offset)) return false
  }
  return true
}
