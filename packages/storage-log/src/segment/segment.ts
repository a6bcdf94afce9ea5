import { assert, type Disk, type DiskError, type DiskFile, readWhole } from '@streambus/base'
import { HEADER_BYTES, readBaseOffset, readLastOffset } from '@streambus/protocol/records'
import { LogCorrupt } from '../errors.ts'
import { type LogFileKind, logFileName } from '../file-names.ts'
import { OffsetIndex } from '../lookup/offset-index.ts'
import { TimeIndex } from '../lookup/time-index.ts'
import { BatchScanner } from './batch-scanner.ts'
import { ReadCursors } from './read-cursors.ts'
import { StoredBatch } from './stored-batch.ts'

/** Look-ups walk at most one index interval; whole-segment walks read more at a time. */
const LOOKUP_CHUNK_BYTES = 4 * 1024
const WALK_CHUNK_BYTES = 256 * 1024

export interface SegmentOptions {
  readonly disk: Disk
  readonly directory: string
  readonly baseOffset: number
  readonly sizeBytes: number
  /** One past the last offset, or −1 when only `loadIndexes` can tell. */
  readonly endOffset: number
  /** When the file was created or opened; stands in for the age of records without timestamps. */
  readonly createdMs: number
  readonly indexIntervalBytes: number
}

/**
 * One data file with its two indexes: `<base offset>.log` holds whole batches back to back, byte-identical to what the
 * producer sent except for base offset and leader epoch. Only the last segment of a log is written to.
 */
export class Segment {
  readonly baseOffset: number
  readonly createdMs: number
  readonly cursors = new ReadCursors()
  sizeBytes: number
  endOffset: number
  /** Timestamp of the first batch, for rolling by time; −1 when it is not known or has none. */
  firstTimestampMs = -1
  readonly #disk: Disk
  readonly #directory: string
  readonly #indexIntervalBytes: number
  #file: DiskFile | null = null
  #syncsUnderWay = 0
  #isCloseWanted = false
  #index = new OffsetIndex()
  #timeIndex = new TimeIndex()
  #isIndexed: boolean
  #isMaxTimestampKnown: boolean
  #maxTimestamp = -1
  /** Last offset of the first batch that has the maximum timestamp. */
  #maxTimestampOffset = -1
  #bytesSinceIndexEntry = 0

  constructor(options: SegmentOptions) {
    this.#disk = options.disk
    this.#directory = options.directory
    this.baseOffset = options.baseOffset
    this.sizeBytes = options.sizeBytes
    this.endOffset = options.endOffset
    this.createdMs = options.createdMs
    this.#indexIntervalBytes = options.indexIntervalBytes
    this.#isIndexed = options.sizeBytes === 0
    this.#isMaxTimestampKnown = options.sizeBytes === 0
  }

  get path(): string {
    return this.pathOf('log')
  }

  get isOpen(): boolean {
    return this.#file !== null
  }

  get indexSizeBytes(): number {
    return Math.max(this.#index.sizeBytes + 8, this.#timeIndex.sizeBytes + 12)
  }

  /** −1 when no record has a timestamp. */
  get maxTimestampMs(): number {
    if (!this.#isMaxTimestampKnown) this.#ensureIndexed()
    return this.#maxTimestamp
  }

  get file(): DiskFile {
    this.#file ??= this.#disk.open(this.path)
    return this.#file
  }

  pathOf(kind: LogFileKind): string {
    return `${this.#directory}/${logFileName(this.baseOffset, kind)}`
  }

  createFile(): void {
    this.#file = this.#disk.open(this.path, { create: true })
  }

  /** Throws DiskError; then the size on disk is unknown and `sizeBytes` is what it has to be cut back to. */
  write(parts: readonly Uint8Array[]): void {
    this.file.write(parts, this.sizeBytes)
  }

  /** Makes a written batch part of the segment. `maxTimestampMs` may be −1. */
  publish(lastOffset: number, maxTimestampMs: number, batchBytes: number): void {
    if (maxTimestampMs > this.#maxTimestamp) {
      this.#maxTimestamp = maxTimestampMs
      this.#maxTimestampOffset = lastOffset
    }
    if (this.firstTimestampMs < 0) this.firstTimestampMs = maxTimestampMs
    if (this.#bytesSinceIndexEntry > this.#indexIntervalBytes) {
      this.#index.append(lastOffset - this.baseOffset, this.sizeBytes)
      this.#timeIndex.maybeAppend(this.#maxTimestamp, this.#maxTimestampOffset - this.baseOffset)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += batchBytes
    this.sizeBytes += batchBytes
    this.endOffset = lastOffset + 1
  }

  sync(done: (error: DiskError | null) => void): void {
    this.#syncsUnderWay++
    this.file.sync(error => {
      this.#syncsUnderWay--
      if (this.#isCloseWanted) this.closeFile()
      done(error)
    })
  }

  syncNow(): void {
    this.file.syncNow()
  }

  /**
   * Where the batch begins that contains `offset`, or the first one after it; −1 at the end. Throws LogCorrupt,
   * DiskError.
   */
  positionOf(offset: number): number {
    if (offset <= this.baseOffset) return this.sizeBytes === 0 ? -1 : 0
    const remembered = this.cursors.find(offset)
    if (remembered >= 0) return remembered < this.sizeBytes ? remembered : -1
    this.#ensureIndexed()
    const scanner = this.#scannerAt(this.#verifiedFloor(offset), LOOKUP_CHUNK_BYTES)
    while (this.advance(scanner)) if (scanner.batch.lastOffset >= offset) return scanner.position
    return -1
  }

  /**
   * How many bytes of `bytes`, read from `position` (a batch boundary), may be skipped when looking for the last whole
   * batch below `untilOffset`: everything up to a batch the index knows and whose header in `bytes` says the same.
   */
  skippable(bytes: Buffer, position: number, untilOffset: number): number {
    if (!this.#isIndexed) return 0
    const byPosition = this.#index.floorByPosition(position + bytes.length - HEADER_BYTES)
    const entry = Math.min(byPosition, this.#index.floorByOffset(untilOffset - 1 - this.baseOffset))
    const skipped = entry < 0 ? 0 : this.#index.position(entry) - position
    if (skipped <= 0) return 0
    return readLastOffset(bytes, skipped) === this.baseOffset + this.#index.relativeOffset(entry) ? skipped : 0
  }

  /** Headers from `position` on, for walks over much of the segment. */
  scan(position = 0): BatchScanner {
    return this.#scannerAt(position, WALK_CHUNK_BYTES)
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
    this.#ensureIndexed()
    const entry = this.#timeIndex.lower(timestamp)
    if (entry < 0) return 0
    const offset = this.baseOffset + this.#timeIndex.relativeOffset(entry)
    const position = this.#positionOfBatchEnding(offset, this.#timeIndex.timestamp(entry))
    if (position >= 0) return position
    this.#rebuildIndexes()
    return 0
  }

  /**
   * Reads the indexes, finds `endOffset` and the maximum timestamp. Rebuilds what is missing or wrong. Throws
   * LogCorrupt.
   */
  loadIndexes(): void {
    this.#ensureIndexed()
  }

  /** Set to hear about rebuilt indexes. */
  onIndexRebuilt: (path: string) => void = () => {}

  /** Empties the indexes before a recovery scan publishes the batches again. */
  beginReplay(): void {
    this.#resetIndexes()
    this.sizeBytes = 0
    this.endOffset = this.baseOffset
    this.firstTimestampMs = -1
    this.#isIndexed = true
    this.#isMaxTimestampKnown = true
  }

  /** Cuts the file at a batch boundary. Not synced. */
  truncateTo(position: number): void {
    this.file.truncate(position)
    this.cursors.clear()
    this.sizeBytes = position
    const scanner = this.scan()
    this.beginReplay()
    while (this.advance(scanner)) {
      const { lastOffset, maxTimestamp, sizeBytes } = scanner.batch
      this.publish(lastOffset, maxTimestamp, sizeBytes)
    }
    assert(this.sizeBytes === position, 'a segment is cut between two batches')
  }

  /** Writes the indexes out. Not synced: a cache that is lost or torn is built again. Throws DiskError. */
  saveIndexes(): void {
    if (!this.#isIndexed) return
    this.#timeIndex.maybeAppend(this.#maxTimestamp, this.#maxTimestampOffset - this.baseOffset)
    this.#replaceFile('index', this.#index.encode())
    this.#replaceFile('timeindex', this.#timeIndex.encode())
  }

  /** Frees handle and index memory; both come back when they are needed. */
  release(): void {
    this.closeFile()
    if (this.sizeBytes === 0) return
    this.#index = new OffsetIndex()
    this.#timeIndex = new TimeIndex()
    this.#isIndexed = false
  }

  /** A descriptor must not be closed under a running sync: the number could be another file's by then. */
  closeFile(): void {
    this.#isCloseWanted = this.#syncsUnderWay > 0
    if (this.#file === null || this.#isCloseWanted) return
    this.#file.close()
    this.#file = null
  }

  #ensureIndexed(): void {
    if (this.#isIndexed) return
    if (!this.#adoptIndexFiles()) this.#rebuildIndexes()
    this.#isIndexed = true
    this.#isMaxTimestampKnown = true
  }

  /** False when the index files cannot be believed. */
  #adoptIndexFiles(): boolean {
    const index = this.#readFile('index')
    const timeIndex = this.#readFile('timeindex')
    if (index === null || timeIndex === null) return false
    if (!this.#index.decode(index, this.sizeBytes) || !this.#timeIndex.decode(timeIndex)) return false
    const lastEntry = this.#index.count - 1
    if (lastEntry >= 0 && !this.#isEntryTrue(lastEntry)) return false
    const lastTime = this.#timeIndex.count - 1
    const timePosition = lastTime < 0 ? 0 : this.#lastTimestampPosition(lastTime)
    if (timePosition < 0) return false
    this.#walkTail(timePosition, lastEntry < 0 ? 0 : this.#index.position(lastEntry))
    return true
  }

  #lastTimestampPosition(lastTime: number): number {
    this.#maxTimestamp = this.#timeIndex.timestamp(lastTime)
    this.#maxTimestampOffset = this.baseOffset + this.#timeIndex.relativeOffset(lastTime)
    return this.#positionOfBatchEnding(this.#maxTimestampOffset, this.#maxTimestamp)
  }

  /**
   * A file may have lost entries at its end, so both are completed from the batches: the maximum timestamp from the
   * batch of the last time entry on, index entries from the batch of the last offset entry on.
   */
  #walkTail(timePosition: number, indexPosition: number): void {
    const end = this.sizeBytes
    const scanner = this.#scannerAt(Math.min(timePosition, indexPosition), WALK_CHUNK_BYTES)
    this.#bytesSinceIndexEntry = 0
    this.firstTimestampMs = this.#headerAt(0)?.maxTimestamp ?? -1
    this.sizeBytes = indexPosition
    try {
      while (this.advance(scanner)) {
        const { lastOffset, maxTimestamp, sizeBytes } = scanner.batch
        if (scanner.position >= indexPosition) this.publish(lastOffset, maxTimestamp, sizeBytes)
        else if (maxTimestamp > this.#maxTimestamp) {
          this.#maxTimestamp = maxTimestamp
          this.#maxTimestampOffset = lastOffset
        }
      }
    } finally {
      this.sizeBytes = end
    }
  }

  #rebuildIndexes(): void {
    this.#resetIndexes()
    this.onIndexRebuilt(this.path)
    this.#walkTail(0, 0)
  }

  #resetIndexes(): void {
    this.#index.clear()
    this.#timeIndex.clear()
    this.#maxTimestamp = -1
    this.#maxTimestampOffset = -1
    this.#bytesSinceIndexEntry = 0
  }

  /** Position of the index entry at or before `offset`, after a look at the batch there. */
  #verifiedFloor(offset: number): number {
    let entry = this.#index.floorByOffset(offset - this.baseOffset)
    if (entry >= 0 && !this.#isEntryTrue(entry)) {
      this.#rebuildIndexes()
      entry = this.#index.floorByOffset(offset - this.baseOffset)
    }
    return entry < 0 ? 0 : this.#index.position(entry)
  }

  #isEntryTrue(entry: number): boolean {
    const batch = this.#headerAt(this.#index.position(entry))
    return batch !== null && batch.lastOffset === this.baseOffset + this.#index.relativeOffset(entry)
  }

  #headerAt(position: number): StoredBatch | null {
    const bytes = Buffer.allocUnsafe(HEADER_BYTES)
    const count = this.file.read(bytes, position)
    if (count < HEADER_BYTES || readBaseOffset(bytes, 0) < this.baseOffset) return null
    const batch = new StoredBatch()
    batch.read(bytes, 0)
    return batch.isPlausible && position + batch.sizeBytes <= this.sizeBytes ? batch : null
  }

  /** Position of the batch whose last offset and maximum timestamp are these; −1 when there is none. */
  #positionOfBatchEnding(lastOffset: number, maxTimestamp: number): number {
    const entry = this.#index.floorByOffset(lastOffset - this.baseOffset)
    if (entry >= 0 && !this.#isEntryTrue(entry)) return -1
    const scanner = this.#scannerAt(entry < 0 ? 0 : this.#index.position(entry), LOOKUP_CHUNK_BYTES)
    while (this.advance(scanner)) {
      const { batch } = scanner
      if (batch.lastOffset >= lastOffset) {
        return batch.lastOffset === lastOffset && batch.maxTimestamp === maxTimestamp ? scanner.position : -1
      }
    }
    return -1
  }

  #scannerAt(position: number, chunkBytes: number): BatchScanner {
    return new BatchScanner(this.file, { from: position, until: this.sizeBytes, chunkBytes })
  }

  #readFile(kind: LogFileKind): Buffer | null {
    const path = this.pathOf(kind)
    return this.#disk.exists(path) ? readWhole(this.#disk, path) : null
  }

  #replaceFile(kind: LogFileKind, bytes: Buffer): void {
    const file = this.#disk.open(this.pathOf(kind), { create: true })
    try {
      if (bytes.length > 0) file.write([bytes], 0)
      file.truncate(bytes.length)
    } finally {
      file.close()
    }
  }
}
