import type { Disk, DiskFile } from '@streambus/base'
import { HEADER_BYTES } from '@streambus/protocol/records'
import { LogCorrupt } from '../errors.ts'
import { logFileName } from '../file-names.ts'
import { type EndMarker, readMarker } from '../producer/producer-replay.ts'
import { BatchScanner } from '../segment/batch-scanner.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import { account, type CompactionHooks } from './hooks.ts'
import type { SegmentFacts } from './plan.ts'

export interface AbortedRange {
  readonly producerId: number
  /** First offset of its data that is still in the log. */
  readonly firstOffset: number
  /** Offset of the abort marker. */
  readonly lastOffset: number
}

const SCAN_CHUNK_BYTES = 256 * 1024
/** A marker has 78 bytes. */
const MARKER_BYTES_MAX = 1024
/** About 60 MB. A round that finds more ends before the segment after; a segment always fits, or nothing would move. */
const ABORTED_MAX = 1 << 20

export interface TransactionScanOptions {
  readonly disk: Disk
  readonly directory: string
  /** The whole log, with the active segment: the marker of a cleanable transaction may lie beyond what is cleanable. */
  readonly segments: readonly SegmentFacts[]
  readonly firstDirtyOffset: number
  readonly upToOffset: number
  /** A marker counts below here: it is on disk and will not be taken back. */
  readonly decidedOffset: number
  readonly hooks: CompactionHooks
}

/**
 * The aborted transactions with data below `upToOffset`, by first offset. Read from the log and not from an index: an
 * aborted record that passes for a committed one deletes the value it never replaced. Looks at headers and markers
 * only.
 *
 * Returns a lower `upToOffset`, a base offset of a segment again, when a transaction below it is not decided.
 * Throws LogCorrupt, DiskError, CompactionStopped.
 */
export function findAborted(options: TransactionScanOptions): { aborted: AbortedRange[]; upToOffset: number } {
  const scan = new TransactionScan(options.upToOffset, options.decidedOffset)
  for (const segment of options.segments) {
    if (segment.baseOffset >= scan.upToOffset && scan.isSettled) break
    const isTooMuch = scan.aborted.length >= ABORTED_MAX && segment.baseOffset > options.firstDirtyOffset
    if (isTooMuch && segment.baseOffset < scan.upToOffset) scan.upToOffset = segment.baseOffset
    if (segment.sizeBytes > 0 && !scanFile(options, segment, scan)) break
  }
  const undecided = scan.firstUndecided
  const cut = options.segments.find(segment => segment.endOffset > undecided)
  scan.aborted.sort((a, b) => a.firstOffset - b.firstOffset)
  return { aborted: scan.aborted, upToOffset: Math.min(scan.upToOffset, cut?.baseOffset ?? Number.MAX_SAFE_INTEGER) }
}

class TransactionScan {
  readonly aborted: AbortedRange[] = []
  upToOffset: number
  readonly decidedOffset: number
  /** Producer → first offset of the transaction that has data and no marker so far. */
  readonly #open = new Map<number, number>()

  constructor(upToOffset: number, decidedOffset: number) {
    this.upToOffset = upToOffset
    this.decidedOffset = decidedOffset
  }

  get isSettled(): boolean {
    return this.#open.size === 0
  }

  get firstUndecided(): number {
    let first = Number.MAX_SAFE_INTEGER
    for (const offset of this.#open.values()) first = Math.min(first, offset)
    return first
  }

  data(batch: StoredBatch): void {
    const isNew = batch.baseOffset < this.upToOffset && !this.#open.has(batch.producerId)
    if (isNew) this.#open.set(batch.producerId, batch.baseOffset)
  }

  marker(batch: StoredBatch, marker: EndMarker | null): void {
    const { producerId, lastOffset } = batch
    const firstOffset = this.#open.get(producerId)
    if (marker === null || firstOffset === undefined) return
    this.#open.delete(producerId)
    if (marker.isAbort) this.aborted.push({ producerId, firstOffset, lastOffset })
  }
}

/** False when everything from here on is undecided. */
function scanFile(options: TransactionScanOptions, segment: SegmentFacts, scan: TransactionScan): boolean {
  const path = `${options.directory}/${logFileName(segment.baseOffset, 'log')}`
  const file = options.disk.open(path, { readOnly: true })
  try {
    const scanner = new BatchScanner(file, { from: 0, until: segment.sizeBytes, chunkBytes: SCAN_CHUNK_BYTES })
    const { batch } = scanner
    let accounted = 0
    for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
      const { position } = scanner
      if (position - accounted >= SCAN_CHUNK_BYTES) {
        account(options.hooks, position - accounted)
        accounted = position
      }
      if (step === 'bad') {
        throw new LogCorrupt({ path, position, reason: 'the bytes are not a record batch', quarantined: null })
      }
      if (batch.baseOffset >= scan.decidedOffset) return false
      if (batch.producerId < 0 || !batch.isTransactional) continue
      if (batch.isControl) scan.marker(batch, storedMarker(file, position, batch.sizeBytes))
      else scan.data(batch)
    }
    return true
  } finally {
    file.close()
  }
}

function storedMarker(file: DiskFile, position: number, sizeBytes: number): EndMarker | null {
  const bytes = Buffer.alloc(Math.min(sizeBytes, MARKER_BYTES_MAX))
  file.read(bytes, position)
  return readMarker(bytes, HEADER_BYTES)
}

/**
 * Walks the log's batches in order and says which data is of an aborted transaction, and which markers have no data in
 * front of them any more (KIP-98, KIP-534).
 */
export class TransactionWalk {
  readonly #aborted: readonly AbortedRange[]
  #next = 0
  /** Producers in the middle of an aborted transaction, and those whose transaction has data. */
  readonly #ongoing = new Set<number>()
  readonly #withData = new Set<number>()

  /** By first offset, as `findAborted` returns them. */
  constructor(aborted: readonly AbortedRange[]) {
    this.#aborted = aborted
  }

  /** Whether the data batch is of an aborted transaction. */
  isAborted(batch: StoredBatch): boolean {
    if (!batch.isTransactional) return false
    this.#beginUpTo(batch)
    this.#withData.add(batch.producerId)
    return this.#ongoing.has(batch.producerId)
  }

  /** Whether the marker's transaction has no data left in the log. */
  isMarkerOfNothing(batch: StoredBatch, marker: EndMarker | null): boolean {
    if (marker === null) return false
    this.#ongoing.delete(batch.producerId)
    return !this.#withData.delete(batch.producerId)
  }

  #beginUpTo(batch: StoredBatch): void {
    for (; this.#next < this.#aborted.length; this.#next++) {
      const transaction = this.#aborted[this.#next] as AbortedRange
      if (transaction.firstOffset > batch.baseOffset) return
      // A walk may begin behind transactions that have ended.
      if (transaction.lastOffset >= batch.baseOffset) this.#ongoing.add(transaction.producerId)
    }
  }
}
