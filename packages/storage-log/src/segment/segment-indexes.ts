import { type Disk, type DiskFile, readWhole } from '@streambus/base'
import { HEADER_BYTES, readBaseOffset } from '@streambus/protocol/records'
import { LogCorrupt } from '../errors.ts'
import type { LogFileKind } from '../file-names.ts'
import type { IndexFault } from '../log-probe.ts'
import { OffsetIndex } from '../lookup/offset-index.ts'
import { TimeIndex } from '../lookup/time-index.ts'
import {
  type AbortedTransaction,
  decodeTransactionIndex,
  encodeTransactionIndex,
  type IndexSeal
} from '../lookup/transaction-index.ts'
import { BatchScanner } from './batch-scanner.ts'
import { StoredBatch } from './stored-batch.ts'

/** Look-ups walk at most one index interval; whole-segment walks read more at a time. */
const LOOKUP_CHUNK_BYTES = 4 * 1024
export const WALK_CHUNK_BYTES = 256 * 1024

const INDEX_KINDS = ['index', 'timeindex', 'txnindex'] as const

/** The data file that the indexes are about. */
export interface IndexedSegment {
  readonly disk: Disk
  readonly path: string
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly handle: DiskFile
  pathOf(kind: LogFileKind): string
}

export interface IndexContext {
  readonly indexIntervalBytes: number
  /** `path`: of the data file. */
  readonly onIndexRebuilt: (path: string, fault: IndexFault) => void
}

/**
 * What is known of one segment without walking it: positions, times and aborted transactions. All of it is a cache of
 * the data file: loaded when it is needed, compared with the batches it points to before it is used, built again when
 * it is missing or wrong. Throws LogCorrupt when the data itself cannot be walked, DiskError when the disk fails.
 */
export class SegmentIndexes {
  readonly #segment: IndexedSegment
  readonly #intervalBytes: number
  readonly #onRebuilt: (path: string, fault: IndexFault) => void
  #offsets = new OffsetIndex()
  #times = new TimeIndex()
  #aborted: AbortedTransaction[] = []
  /** The aborted transactions are known for markers below this offset; −1: for none. */
  #abortedUntil = -1
  #sealedUntil = -1
  #maxTimestampMs = -1
  #maxTimestampOffset = -1
  #bytesSinceEntry = 0
  /** Entries that the files have already. */
  #savedOffsets = 0
  #savedTimes = 0
  #savedEnd = -1
  #isLoaded = false
  /** Of the files, when they were last looked at. */
  #fileBytes = 0
  #isFileBytesOld = true

  constructor(segment: IndexedSegment, { indexIntervalBytes, onIndexRebuilt }: IndexContext) {
    this.#segment = segment
    this.#intervalBytes = indexIntervalBytes
    this.#onRebuilt = onIndexRebuilt
  }

  get isLoaded(): boolean {
    return this.#isLoaded
  }

  /** Size of the larger index file, with room for one more entry. */
  get sizeBytes(): number {
    return Math.max(this.#offsets.sizeBytes + 8, this.#times.sizeBytes + 12)
  }

  /** Of all index files, as they were when `measureFiles` last looked. */
  get fileBytes(): number {
    return this.#fileBytes
  }

  /** False when they have changed since they were looked at. */
  get areFilesMeasured(): boolean {
    return !this.#isFileBytesOld
  }

  /** Costs a look at three files. Throws DiskError. */
  measureFiles(): void {
    const { disk } = this.#segment
    this.#isFileBytesOld = false
    this.#fileBytes = INDEX_KINDS.reduce((sum, kind) => sum + (disk.sizeOf(this.#segment.pathOf(kind)) ?? 0), 0)
  }

  filesChanged(): void {
    this.#isFileBytesOld = true
  }

  /** −1 when no record has a timestamp. Stays known when the indexes are forgotten. */
  get maxTimestampMs(): number {
    return this.#maxTimestampMs
  }

  get abortedUntil(): number {
    return this.#abortedUntil
  }

  /** The end that the seal in the file speaks of, when it was read; −1: there was none. */
  get sealedUntil(): number {
    return this.#sealedUntil
  }

  get aborted(): readonly AbortedTransaction[] {
    return this.#aborted
  }

  addAborted(transaction: AbortedTransaction): void {
    this.#aborted.push(transaction)
  }

  /** What a replay of the batches found. */
  setAborted(aborted: AbortedTransaction[], untilOffset: number): void {
    this.#aborted = aborted
    this.#abortedUntil = untilOffset
  }

  /** For a segment without batches, or before all of them are published again. */
  reset(): void {
    this.#offsets.clear()
    this.#times.clear()
    this.#maxTimestampMs = -1
    this.#maxTimestampOffset = -1
    this.#bytesSinceEntry = 0
    this.#aborted = []
    this.#abortedUntil = this.#segment.baseOffset
    this.#savedOffsets = 0
    this.#savedTimes = 0
    this.#savedEnd = -1
    this.#isLoaded = true
  }

  /** Frees the memory; what was not saved is built again. */
  forget(): void {
    this.#offsets = new OffsetIndex()
    this.#times = new TimeIndex()
    this.#aborted = []
    this.#abortedUntil = -1
    this.#isLoaded = false
  }

  // Four numbers instead of an object: this runs once per append.
  add(position: number, sizeBytes: number, lastOffset: number, maxTimestamp: number): void {
    this.#raiseMaximum(lastOffset, maxTimestamp)
    if (this.#bytesSinceEntry > this.#intervalBytes) {
      const { baseOffset } = this.#segment
      this.#offsets.append(lastOffset - baseOffset, position)
      this.#times.maybeAppend(this.#maxTimestampMs, this.#maxTimestampOffset - baseOffset)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += sizeBytes
  }

  /** The markers up to `endOffset` have been told of: appended batches extend what is known. */
  extendAborted(fromOffset: number, endOffset: number): void {
    if (this.#abortedUntil === fromOffset) this.#abortedUntil = endOffset
  }

  /**
   * Makes everything known that the files or a walk can tell. `knownEnd`: one past the last offset, −1 when only the
   * batches can tell. Returns it.
   */
  load(knownEnd: number): number {
    const endOffset = this.#adoptFiles(knownEnd)
    this.#isLoaded = true
    if (endOffset >= 0) return endOffset
    this.#onRebuilt(this.#segment.path, this.#isComplete() ? 'wrong' : 'missing')
    return Math.max(knownEnd, this.rebuild())
  }

  /** Only the maximum timestamp, from the seal: one small read. False when the seal does not know all batches. */
  adoptMaximum(knownEnd: number): boolean {
    const seal = this.#readSeal()?.seal
    if (seal?.endOffset !== knownEnd) return false
    this.#maxTimestampMs = seal.maxTimestampMs
    this.#maxTimestampOffset = seal.maxTimestampOffset
    return true
  }

  /** Size of the data file when its batches ended at `endOffset`, from the seal; −1 when it does not say. */
  sealedBytes(endOffset: number): number {
    const seal = this.#readSeal()?.seal
    return seal?.endOffset === endOffset ? seal.logBytes : -1
  }

  /** Walks the whole segment. Returns one past the last offset. */
  rebuild(): number {
    this.reset()
    return this.#walk(0)
  }

  /**
   * For recovery: adopts what the files say of the batches below `offset`, and returns where the first batch begins
   * that has to be added again. Everything, when the files are of no use. `add` must follow for all batches from there
   * on, and `rebuild` when they end below `abortedUntil`.
   */
  resume(offset: number): { position: number; baseOffset: number } {
    this.reset()
    const file = this.#readSeal()
    if (file === null || !this.#readEntries()) return this.#resumeAtStart()
    const { aborted, seal } = file
    const known = Math.min(offset, seal.endOffset) - this.#segment.baseOffset - 1
    const entry = this.#offsets.floorByOffset(known)
    const position = entry < 0 ? 0 : this.#offsets.position(entry)
    const header = entry < 0 ? null : this.#headerAt(position)
    if (header === null || !this.#isEntryTrue(entry)) return this.#resumeAtStart()
    this.#offsets.truncateToPosition(position)
    this.#times.truncateToOffset(header.baseOffset - this.#segment.baseOffset)
    this.#savedOffsets = this.#offsets.count
    this.#savedTimes = this.#times.count
    // The entry of the batch at `position` is added again with it.
    this.#bytesSinceEntry = Number.POSITIVE_INFINITY
    this.#adoptSeal(aborted, seal)
    return { position, baseOffset: header.baseOffset }
  }

  #resumeAtStart(): { position: number; baseOffset: number } {
    this.reset()
    return { position: 0, baseOffset: this.#segment.baseOffset }
  }

  #adoptSeal(aborted: readonly AbortedTransaction[], seal: IndexSeal): void {
    this.#maxTimestampMs = seal.maxTimestampMs
    this.#maxTimestampOffset = seal.maxTimestampOffset
    this.#aborted = [...aborted]
    this.#abortedUntil = seal.endOffset
  }

  /** Position of the last known batch at or before `offset`, after a look at it; 0 when none is known. */
  floorPosition(offset: number): number {
    const entry = this.#trueFloor(offset)
    return entry < 0 ? 0 : this.#offsets.position(entry)
  }

  /** Position of a batch from which to look for the first record with a timestamp ≥ `timestamp`. */
  positionForTimestamp(timestamp: number): number {
    const entry = this.#times.lower(timestamp)
    // An entry whose offset has changed may still name a batch with its timestamp: the one before counts as well.
    if (entry < 1) return 0
    const position = this.#positionOfTimeEntry(entry)
    const before = this.#positionOfTimeEntry(entry - 1)
    if (position >= 0 && before >= 0) return Math.min(position, before)
    this.#onRebuilt(this.#segment.path, 'wrong')
    this.rebuild()
    return 0
  }

  /** Relative last offset and position of the last entry within both bounds, or null. */
  floorWithin(positionMax: number, offsetMax: number): { position: number; lastOffset: number } | null {
    const { baseOffset } = this.#segment
    const byPosition = this.#offsets.floorByPosition(positionMax)
    const entry = Math.min(byPosition, this.#offsets.floorByOffset(offsetMax - baseOffset))
    if (entry < 0) return null
    return { position: this.#offsets.position(entry), lastOffset: baseOffset + this.#offsets.relativeOffset(entry) }
  }

  /**
   * Writes out what the files do not have yet. Not synced: a cache that is lost or torn is built again. `isFinal`: no
   * batch follows, so the maximum timestamp gets its entry. Throws DiskError.
   */
  save(endOffset: number, isFinal: boolean): void {
    if (!this.#isLoaded || this.#savedEnd === endOffset) return
    const { baseOffset } = this.#segment
    if (isFinal) this.#times.maybeAppend(this.#maxTimestampMs, this.#maxTimestampOffset - baseOffset)
    this.#append('index', this.#offsets.encode(this.#savedOffsets), this.#offsets.sizeBytes)
    this.#append('timeindex', this.#times.encode(this.#savedTimes), this.#times.sizeBytes)
    this.#savedOffsets = this.#offsets.count
    this.#savedTimes = this.#times.count
    if (this.#abortedUntil !== endOffset) return
    const seal = {
      endOffset,
      maxTimestampMs: this.#maxTimestampMs,
      maxTimestampOffset: this.#maxTimestampOffset,
      logBytes: this.#segment.sizeBytes
    }
    const bytes = encodeTransactionIndex({ aborted: this.#aborted, seal })
    this.#append('txnindex', bytes, bytes.length)
    this.#savedEnd = endOffset
  }

  /** One past the last offset; −1 when the files cannot be believed. */
  #adoptFiles(knownEnd: number): number {
    const file = this.#readSeal()
    if (file === null || !this.#readEntries()) return -1
    const { aborted, seal } = file
    // The index may be newer than the seal, and what it knows beyond has to be looked at.
    const entry = this.#offsets.floorByOffset(seal.endOffset - 1 - this.#segment.baseOffset)
    if (entry >= 0 && !this.#isEntryTrue(entry)) return -1
    const position = entry < 0 ? 0 : this.#offsets.position(entry)
    this.#dropEntriesAfter(entry)
    this.#adoptSeal(aborted, seal)
    this.#bytesSinceEntry = 0
    if (seal.endOffset === knownEnd) {
      this.#savedEnd = knownEnd
      return knownEnd
    }
    const endOffset = Math.max(knownEnd, this.#walk(position))
    if (seal.endOffset > endOffset) return -1
    if (seal.endOffset === endOffset) this.#savedEnd = endOffset
    return endOffset
  }

  #dropEntriesAfter(entry: number): void {
    const lastOffset = entry < 0 ? -1 : this.#offsets.relativeOffset(entry)
    this.#offsets.truncateToPosition(entry < 0 ? 0 : this.#offsets.position(entry) + 1)
    this.#times.truncateToOffset(lastOffset + 1)
    this.#savedOffsets = this.#offsets.count
    this.#savedTimes = this.#times.count
  }

  /**
   * Adds the batches from `position` on. What is known of aborted transactions reaches as far as the first marker that
   * it did not know. Returns one past the last offset.
   */
  #walk(position: number): number {
    const scanner = this.#scannerAt(position, WALK_CHUNK_BYTES)
    const { batch } = scanner
    let endOffset = this.#segment.baseOffset
    let isMarkerUnknown = false
    while (this.#advance(scanner)) {
      this.add(scanner.position, batch.sizeBytes, batch.lastOffset, batch.maxTimestamp)
      if (batch.isControl && batch.baseOffset >= this.#abortedUntil) isMarkerUnknown = true
      endOffset = batch.lastOffset + 1
    }
    if (!isMarkerUnknown) this.#abortedUntil = Math.max(this.#abortedUntil, endOffset)
    return endOffset
  }

  #raiseMaximum(lastOffset: number, maxTimestamp: number): void {
    if (maxTimestamp <= this.#maxTimestampMs) return
    this.#maxTimestampMs = maxTimestamp
    this.#maxTimestampOffset = lastOffset
  }

  /** Position of the batch that the time entry is about; −1 when no batch is as it says. */
  #positionOfTimeEntry(timeEntry: number): number {
    const relativeOffset = this.#times.relativeOffset(timeEntry)
    const lastOffset = this.#segment.baseOffset + relativeOffset
    const entry = this.#offsets.floorByOffset(relativeOffset)
    if (entry >= 0 && !this.#isEntryTrue(entry)) return -1
    const scanner = this.#scannerAt(entry < 0 ? 0 : this.#offsets.position(entry), LOOKUP_CHUNK_BYTES)
    const { batch } = scanner
    while (this.#advance(scanner)) {
      if (batch.lastOffset < lastOffset) continue
      const isIt = batch.lastOffset === lastOffset && batch.maxTimestamp === this.#times.timestamp(timeEntry)
      return isIt ? scanner.position : -1
    }
    return -1
  }

  /** The last entry at or before `offset` that is true; −1 when there is none. Builds the index again if one lies. */
  #trueFloor(offset: number): number {
    const { baseOffset } = this.#segment
    const entry = this.#offsets.floorByOffset(offset - baseOffset)
    if (entry < 0 || this.#isEntryTrue(entry)) return entry
    this.#onRebuilt(this.#segment.path, 'wrong')
    this.rebuild()
    return this.#offsets.floorByOffset(offset - baseOffset)
  }

  #isEntryTrue(entry: number): boolean {
    const batch = this.#headerAt(this.#offsets.position(entry))
    return batch !== null && batch.lastOffset === this.#segment.baseOffset + this.#offsets.relativeOffset(entry)
  }

  #headerAt(position: number): StoredBatch | null {
    const bytes = Buffer.allocUnsafe(HEADER_BYTES)
    const count = this.#segment.handle.read(bytes, position)
    if (count < HEADER_BYTES || readBaseOffset(bytes, 0) < this.#segment.baseOffset) return null
    const batch = new StoredBatch()
    batch.read(bytes, 0)
    return batch.isPlausible && position + batch.sizeBytes <= this.#segment.sizeBytes ? batch : null
  }

  #scannerAt(position: number, chunkBytes: number): BatchScanner {
    const { handle, sizeBytes } = this.#segment
    return new BatchScanner(handle, { from: position, until: sizeBytes, chunkBytes })
  }

  #advance(scanner: BatchScanner): boolean {
    const step = scanner.next()
    if (step !== 'bad') return step === 'batch'
    const reason = 'the bytes are not a record batch'
    throw new LogCorrupt({ path: this.#segment.path, position: scanner.position, reason, quarantined: null })
  }

  #readSeal(): ReturnType<typeof decodeTransactionIndex> {
    const bytes = this.#readFile('txnindex')
    const file = bytes === null ? null : decodeTransactionIndex(bytes)
    this.#sealedUntil = file?.seal.endOffset ?? -1
    return file
  }

  /** False when one of the files is missing. */
  #readEntries(): boolean {
    const offsets = this.#readFile('index')
    const times = this.#readFile('timeindex')
    if (offsets === null || times === null) return false
    this.#offsets.decode(offsets, this.#segment.sizeBytes)
    this.#times.decode(times)
    this.#savedOffsets = this.#offsets.count
    this.#savedTimes = this.#times.count
    return true
  }

  #isComplete(): boolean {
    return INDEX_KINDS.every(kind => this.#segment.disk.exists(this.#segment.pathOf(kind)))
  }

  #readFile(kind: LogFileKind): Buffer | null {
    const { disk } = this.#segment
    const path = this.#segment.pathOf(kind)
    return disk.exists(path) ? readWhole(disk, path) : null
  }

  /** Writes `bytes` at the end of a file that then has `sizeBytes`. */
  #append(kind: LogFileKind, bytes: Buffer, sizeBytes: number): void {
    this.filesChanged()
    const file = this.#segment.disk.open(this.#segment.pathOf(kind), { create: true })
    try {
      if (bytes.length > 0) file.write([bytes], sizeBytes - bytes.length)
      file.truncate(sizeBytes)
    } finally {
      file.close()
    }
  }
}
