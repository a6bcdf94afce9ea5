import { DiskError, type DiskFile } from '@streambus/base'
import { HEADER_BYTES } from '@streambus/protocol/records'
import type { LogFileKind } from '../file-names.ts'
import { BatchScanner } from './batch-scanner.ts'
import type { IndexedSegment } from './segment-indexes.ts'

const INDEX_ENTRY_BYTES = 8
const TIME_ENTRY_BYTES = 12
/** So many entries are read at once in the end. */
const PAGE_ENTRIES = 256
const LOOKUP_CHUNK_BYTES = 4 * 1024

/** The index files cannot be believed: they have to be built again. */
export const UNKNOWN = -1

/**
 * Look-ups in a segment that is not written to any more, straight in its index files: a dozen small reads instead of
 * megabytes of entries in memory, whatever the number of segments. What is found is compared with the batch it points
 * to.
 * Throws DiskError.
 */
export class SealedLookup {
  readonly #segment: IndexedSegment

  constructor(segment: IndexedSegment) {
    this.#segment = segment
  }

  /** Position of the last indexed batch at or before `offset`; 0 when there is none. */
  floorPosition(offset: number): number {
    const relative = offset - this.#segment.baseOffset
    return this.#within('index', file => {
      const entry = lastEntry(file, INDEX_ENTRY_BYTES, (bytes, at) => bytes.readInt32BE(at) <= relative)
      if (entry === null) return 0
      const position = entry.readInt32BE(4)
      const scanner = this.#scannerAt(position, HEADER_BYTES)
      const isTrue = scanner?.next() === 'batch' && scanner.batch.lastOffset === this.#absolute(entry.readInt32BE(0))
      return isTrue ? position : UNKNOWN
    })
  }

  /**
   * Position of a batch from which to look for the first record with a timestamp ≥ `timestamp`. The entry before the
   * one that says so counts as well: an entry whose offset has changed may still name a batch with its timestamp.
   */
  positionForTimestamp(timestamp: number): number {
    const entries = this.#within('timeindex', file => lastEntries(file, timestamp))
    if (entries === UNKNOWN) return UNKNOWN
    let position = entries.length < 2 ? 0 : Number.POSITIVE_INFINITY
    for (const entry of entries) {
      const at = this.#positionOfBatch(this.#absolute(entry.readInt32BE(8)), readTimestamp(entry, 0))
      if (at === UNKNOWN) return UNKNOWN
      position = Math.min(position, at)
    }
    return position
  }

  /** Where the batch begins that ends with this offset and has this maximum timestamp. */
  #positionOfBatch(lastOffset: number, maxTimestamp: number): number {
    const from = this.floorPosition(lastOffset)
    const scanner = from === UNKNOWN ? null : this.#scannerAt(from, LOOKUP_CHUNK_BYTES)
    while (scanner?.next() === 'batch') {
      const { batch } = scanner
      if (batch.lastOffset < lastOffset) continue
      return batch.lastOffset === lastOffset && batch.maxTimestamp === maxTimestamp ? scanner.position : UNKNOWN
    }
    return UNKNOWN
  }

  #absolute(relativeOffset: number): number {
    return this.#segment.baseOffset + relativeOffset
  }

  #scannerAt(position: number, chunkBytes: number): BatchScanner | null {
    const { handle, sizeBytes } = this.#segment
    if (position < 0 || position >= sizeBytes) return null
    return new BatchScanner(handle, { from: position, until: sizeBytes, chunkBytes })
  }

  #within<T>(kind: LogFileKind, run: (file: DiskFile) => T): T | typeof UNKNOWN {
    let file: DiskFile
    try {
      file = this.#segment.disk.open(this.#segment.pathOf(kind), { readOnly: true })
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return UNKNOWN
      throw error
    }
    try {
      return run(file)
    } finally {
      file.close()
    }
  }
}

function readTimestamp(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}

/** The last entry for which `isBelow` holds, where it holds for a first part of them; null when it does for none. */
function lastEntry(file: DiskFile, entryBytes: number, isBelow: (bytes: Buffer, at: number) => boolean): Buffer | null {
  return pageBefore(file, { entryBytes, count: 1, isBelow }).at(-1) ?? null
}

/** The last two entries of a time index below `timestamp`, as far as there are any. */
function lastEntries(file: DiskFile, timestamp: number): readonly Buffer[] {
  const isBelow = (bytes: Buffer, at: number): boolean => readTimestamp(bytes, at) < timestamp
  return pageBefore(file, { entryBytes: TIME_ENTRY_BYTES, count: 2, isBelow })
}

interface EntrySearch {
  readonly entryBytes: number
  readonly count: number
  readonly isBelow: (bytes: Buffer, at: number) => boolean
}

/** The last `count` entries for which `isBelow` holds, where it holds for a first part of them. */
function pageBefore(file: DiskFile, { entryBytes, count, isBelow }: EntrySearch): readonly Buffer[] {
  let low = 0
  let high = Math.floor(file.sizeBytes() / entryBytes)
  const one = Buffer.allocUnsafe(entryBytes)
  while (high - low > PAGE_ENTRIES) {
    const middle = (low + high) >>> 1
    file.read(one, middle * entryBytes)
    if (isBelow(one, 0)) low = middle + 1
    else high = middle
  }
  const first = Math.max(0, low - count)
  const page = Buffer.allocUnsafe((high - first) * entryBytes)
  let at = file.read(page, first * entryBytes) - entryBytes
  while (at >= 0 && !isBelow(page, at)) at -= entryBytes
  const entries: Buffer[] = []
  for (let from = at; from >= 0 && entries.length < count; from -= entryBytes) {
    entries.unshift(page.subarray(from, from + entryBytes))
  }
  return entries
}
