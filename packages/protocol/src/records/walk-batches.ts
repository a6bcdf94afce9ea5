import { HEADER_BYTES, readRecordCount, readSizeInBytes } from './batch-header.ts'

/**
 * Calls `visit` with the position and size of every whole batch in `buffer`, in order, until it returns false. A batch
 * that is cut off ends the walk, as it may at the end of a fetch answer. Looks at lengths only: it does not verify
 * batches.
 * Returns the position after the last batch visited.
 */
export function walkBatches(buffer: Buffer, visit: (at: number, sizeBytes: number) => boolean | void): number {
  let at = 0
  while (at + HEADER_BYTES <= buffer.length) {
    const sizeBytes = readSizeInBytes(buffer, at)
    if (sizeBytes < HEADER_BYTES || at + sizeBytes > buffer.length) break
    const goOn = visit(at, sizeBytes)
    at += sizeBytes
    if (goOn === false) break
  }
  return at
}

/** Records in the whole batches of `buffer`, by their headers. */
export function countRecords(buffer: Buffer): number {
  let count = 0
  let at = 0
  // Its own loop instead of a visitor: every fetch answer passes here.
  while (at + HEADER_BYTES <= buffer.length) {
    const sizeBytes = readSizeInBytes(buffer, at)
    if (sizeBytes < HEADER_BYTES || at + sizeBytes > buffer.length) break
    count += readRecordCount(buffer, at)
    at += sizeBytes
  }
  return count
}
