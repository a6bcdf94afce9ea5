import { assert, type Disk, type DiskError, type DiskFile } from '@streambus/base'
import { HEADER_BYTES, readLastOffset, readMaxTimestamp } from '@streambus/protocol/records'
import { LogCorrupt } from '../errors.ts'
import { type LogFileKind, logFileName } from '../file-names.ts'
import type { IndexFault } from '../log-probe.ts'
import type { AbortedTransaction } from '../lookup/transaction-index.ts'
import { BatchScanner } from './batch-scanner.ts'
import type { OpenFiles } from './open-files.ts'
import { ReadCursors } from './read-cursors.ts'
import { SealedLookup, UNKNOWN } from './sealed-lookup.ts'
import { SegmentFile } from './segment-file.ts'
import { SegmentIndexes, WALK_CHUNK_BYTES } from './segment-indexes.ts'

const LOOKUP_CHUNK_BYTES = 4 * 1024

/** What all segments of a log share. */
export interface SegmentContext {
  readonly disk: Disk
  readonly directory: string
  readonly indexIntervalBytes: number
  readonly openFiles: OpenFiles
  readonly onIndexRebuilt: (path: string, fault: IndexFault) => void
  /** The file has unsynced writes and its handle is needed elsewhere. */
  readonly onSyncWanted: () => void
}

export interface SegmentOptions {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** One past the last offset, or −1 when only the batches can tell. */
  readonly endOffset: number
  /** When the file was created or opened; stands in for the age of records without timestamps. */
  readonly createdMs: number
}

/**
 * One data file with its indexes: `<base offset>.log` holds whole batches back to back, byte-identical to what the
 * producer sent except for base offset and leader epoch. Only the last segment of a log is written to.
 */
export class Segment {
  readonly disk: Disk
  readonly baseOffset: number
  readonly createdMs: number
  readonly cursors = new ReadCursors()
  sizeBytes: number
  endOffset: number
  /** Written to; a sealed one may forget its indexes. */
  isActive = false
  readonly #context: SegmentContext
  readonly #file: SegmentFile
  readonly #indexes: SegmentIndexes
  readonly #sealed = new SealedLookup(this)
  #firstTimestampMs = -1
  /** Forgetting the indexes keeps the maximum timestamp. */
  #isMaxTimestampKnown: boolean

  constructor(context: SegmentContext, options: SegmentOptions) {
    const { disk, openFiles, onSyncWanted } = context
    this.disk = disk
    this.#context = context
    this.baseOffset = options.baseOffset
    this.sizeBytes = options.sizeBytes
    this.endOffset = options.endOffset
    this.createdMs = options.createdMs
    this.#isMaxTimestampKnown = options.sizeBytes === 0
    const path = this.pathOf('log')
    this.#file = new SegmentFile({ disk, path, openFiles, onSyncWanted, onEvicted: () => this.#forget() })
    this.#indexes = new SegmentIndexes(this, context)
    if (options.sizeBytes === 0) this.#indexes.reset()
  }

  get path(): string {
    return this.#file.path
  }

  get isOpen(): boolean {
    return this.#file.isOpen
  }

  get indexSizeBytes(): number {
    return this.#indexes.sizeBytes
  }

  /** Of its index files on disk, as far as `measureIndexFiles` knows. */
  get indexFileBytes(): number {
    return this.#indexes.fileBytes
  }

  /** False when it looked at the disk, because they had changed. Throws DiskError. */
  measureIndexFiles(): boolean {
    if (this.#indexes.areFilesMeasured) return true
    this.#indexes.measureFiles()
    return false
  }

  /** −1 when no record has a timestamp. */
  get maxTimestampMs(): number {
    if (!this.#isMaxTimestampKnown) {
      this.#isMaxTimestampKnown = !this.isActive && this.#indexes.adoptMaximum(this.endOffset)
    }
    if (!this.#isMaxTimestampKnown) this.load()
    return this.#indexes.maxTimestampMs
  }

  /** Timestamp of the first batch, for rolling by time; −1 when there is none. */
  get firstTimestampMs(): number {
    if (this.#firstTimestampMs < 0 && this.sizeBytes >= HEADER_BYTES) {
      const header = Buffer.allocUnsafe(HEADER_BYTES)
      this.handle.read(header, 0)
      this.#firstTimestampMs = readMaxTimestamp(header, 0)
    }
    return this.#firstTimestampMs
  }

  /** For reading at once; not to be kept. Throws DiskError. */
  get handle(): DiskFile {
    return this.#file.handle
  }

  pathOf(kind: LogFileKind): string {
    return `${this.#context.directory}/${logFileName(this.baseOffset, kind)}`
  }

  createFile(): void {
    this.#file.create()
  }

  /** Throws DiskError; then the size on disk is unknown and `sizeBytes` is what it has to be cut back to. */
  write(parts: readonly Uint8Array[]): void {
    this.#file.write(parts, this.sizeBytes)
  }

  /** After a failed write. Durable when it returns: what follows must not be mixed with what is cut off now. */
  cutBack(): void {
    this.#file.truncate(this.sizeBytes)
    this.#file.syncNow()
  }

  /**
   * Makes a written batch part of the segment. `maxTimestampMs` may be −1; `isKnown` is false for a marker whose
   * transaction nobody has looked at (see `setAborted`).
   */
  // oxlint-disable-next-line max-params -- once per produced batch: an options object more is an allocation more
  publish(lastOffset: number, maxTimestampMs: number, batchBytes: number, isKnown: boolean): void {
    this.#indexes.add(this.sizeBytes, batchBytes, lastOffset, maxTimestampMs)
    if (isKnown) this.#indexes.extendAborted(this.endOffset, lastOffset + 1)
    if (this.sizeBytes === 0) this.#firstTimestampMs = maxTimestampMs
    this.sizeBytes += batchBytes
    this.endOffset = lastOffset + 1
  }

  sync(done: (error: DiskError | null) => void): void {
    this.#file.sync(done)
  }

  syncNow(): void {
    this.#file.syncNow()
  }

  /**
   * Where the batch begins that contains `offset`, or the first one after it; −1 at the end. Throws LogCorrupt,
   * DiskError.
   */
  positionOf(offset: number): number {
    if (offset <= this.baseOffset) return this.sizeBytes === 0 ? -1 : 0
    const remembered = this.cursors.find(offset)
    if (remembered >= 0) return remembered < this.sizeBytes ? remembered : -1
    const scanner = this.#scannerAt(this.#floorPosition(offset), LOOKUP_CHUNK_BYTES)
    while (this.advance(scanner)) if (scanner.batch.lastOffset >= offset) return scanner.position
    return -1
  }

  /**
   * How many bytes of `bytes`, read from `position` (a batch boundary), may be skipped when looking for the last whole
   * batch below `untilOffset`: everything up to a batch the index knows and whose header in `bytes` says the same.
   */
  skippable(bytes: Buffer, position: number, untilOffset: number): number {
    if (!this.#indexes.isLoaded) return 0
    const known = this.#indexes.floorWithin(position + bytes.length - HEADER_BYTES, untilOffset - 1)
    const skipped = known === null ? 0 : known.position - position
    if (known === null || skipped <= 0) return 0
    return readLastOffset(bytes, skipped) === known.lastOffset ? skipped : 0
  }

  /** Headers from `position` on, for walks over much of the segment. */
  scan(position = 0): BatchScanner {
    return this.#scannerAt(position, WALK_CHUNK_BYTES)
  }

  /** As `scan`, for what is likely to be near. */
  scanNear(position: number): BatchScanner {
    const { handle, sizeBytes: until } = this
    return new BatchScanner(handle, { from: position, until, chunkBytes: LOOKUP_CHUNK_BYTES, growTo: WALK_CHUNK_BYTES })
  }

  /** Next batch of a scan of this segment; false at the end. Throws LogCorrupt where the bytes are no batch. */
  advance(scanner: BatchScanner): boolean {
    const step = scanner.next()
    if (step !== 'bad') return step === 'batch'
    const reason = 'the bytes are not a record batch'
    throw new LogCorrupt({ path: this.path, position: scanner.position, reason, quarantined: null })
  }

  /** Where to start looking for the first record with a timestamp ≥ `timestamp`. */
  positionForTimestamp(timestamp: number): number {
    if (this.#isSealed) {
      const position = this.#sealed.positionForTimestamp(timestamp)
      if (position !== UNKNOWN) return position
    }
    this.load()
    return this.#indexes.positionForTimestamp(timestamp)
  }

  /**
   * Reads the indexes, finds `endOffset` and the maximum timestamp. Rebuilds what is missing or wrong. Throws
   * LogCorrupt.
   */
  load(): void {
    if (this.#indexes.isLoaded) return
    this.endOffset = this.#indexes.load(this.isActive ? -1 : this.endOffset)
    this.#isMaxTimestampKnown = true
  }

  /** For an ended segment: the size that its file must have; −1 when the index files do not say. */
  sealedBytes(): number {
    return this.#indexes.sealedBytes(this.endOffset)
  }

  /** The aborted transactions whose markers are in this segment; null when only a replay of the log can tell. */
  get aborted(): readonly AbortedTransaction[] | null {
    this.load()
    return this.#indexes.abortedUntil < this.endOffset ? null : this.#indexes.aborted
  }

  addAborted(transaction: AbortedTransaction): void {
    this.#indexes.addAborted(transaction)
  }

  /** What a replay found. */
  setAborted(aborted: AbortedTransaction[]): void {
    this.#indexes.setAborted(aborted, this.endOffset)
  }

  /**
   * Before a recovery scan: takes over what the index files know of the batches below `offset`. Returns where the
   * batches begin that have to be published again.
   */
  beginReplay(offset: number): number {
    const start = this.#indexes.resume(offset)
    this.sizeBytes = start.position
    this.endOffset = start.baseOffset
    this.#firstTimestampMs = -1
    this.#isMaxTimestampKnown = true
    return start.position
  }

  /** After a recovery scan, and after the file was cut to what it accepted. */
  endReplay(): void {
    // A seal that speaks of batches that are gone must not come back when the log has grown past them again.
    if (this.#indexes.sealedUntil > this.endOffset) this.#dropSeal()
    if (this.#indexes.abortedUntil > this.endOffset) this.#indexes.rebuild()
  }

  /** Cuts the file at a batch boundary. Not synced. */
  truncateTo(position: number): void {
    this.#dropSeal()
    this.#file.truncate(position)
    this.cursors.clear()
    this.sizeBytes = position
    this.endOffset = this.#indexes.rebuild()
    assert(position > 0 || this.endOffset === this.baseOffset, 'a segment is cut between two batches')
  }

  /** Writes the indexes out. Not synced: a cache that is lost or torn is built again. Throws DiskError. */
  saveIndexes(isFinal: boolean): void {
    this.#indexes.save(this.endOffset, isFinal)
  }

  /** Nothing is written any more, and the index files have been saved. */
  seal(): void {
    this.isActive = false
    this.#forget()
  }

  /** Frees handle and index memory; both come back when they are needed. */
  release(): void {
    this.#file.close()
    this.#forget()
  }

  closeFile(): void {
    this.#file.close()
  }

  #floorPosition(offset: number): number {
    if (this.#isSealed) {
      const position = this.#sealed.floorPosition(offset)
      if (position !== UNKNOWN) return position
    }
    this.load()
    return this.#indexes.floorPosition(offset)
  }

  /** Nothing is written any more, and nothing is in memory: its index files have all there is to know. */
  get #isSealed(): boolean {
    return !this.isActive && !this.#indexes.isLoaded
  }

  #forget(): void {
    if (!this.isActive && this.sizeBytes > 0) this.#indexes.forget()
  }

  #dropSeal(): void {
    const path = this.pathOf('txnindex')
    if (!this.disk.exists(path)) return
    this.#indexes.filesChanged()
    this.disk.unlink(path)
    this.disk.syncDirectory(this.#context.directory)
  }

  #scannerAt(position: number, chunkBytes: number): BatchScanner {
    return new BatchScanner(this.handle, { from: position, until: this.sizeBytes, chunkBytes })
  }
}
