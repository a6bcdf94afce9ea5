import type { Disk, DiskFile } from '@streambus/base'
import { type LogFileKind, logFileName } from '../file-names.ts'
import { OffsetIndex } from '../lookup/offset-index.ts'
import { TimeIndex } from '../lookup/time-index.ts'
import { encodeTransactionIndex } from '../lookup/transaction-index.ts'
import { account, type CompactionHooks } from './hooks.ts'
import { CLEANED_SUFFIX } from './swap-plan.ts'

/** Index entries hold positions in 31 bits. */
const SEGMENT_BYTES_MAX = 2 ** 31 - 1

/** One large sync at the end would hold up the syncs of producers on the same filesystem for as long as it takes. */
const SYNC_BYTES = 4 * 1024 * 1024

export interface CleanedSegmentOptions {
  readonly disk: Disk
  readonly directory: string
  readonly baseOffset: number
  readonly indexIntervalBytes: number
  /** Collects small writes; only one segment uses it at a time. */
  readonly buffer: Buffer
  readonly hooks: CompactionHooks
}

/** Writes one cleaned data file and its indexes, which come out as if the segment had been indexed from its batches. */
export class CleanedSegment {
  sizeBytes = 0
  maxTimestampMs = -1
  readonly #options: CleanedSegmentOptions
  readonly #file: DiskFile
  readonly #index = new OffsetIndex()
  readonly #timeIndex = new TimeIndex()
  #maxTimestampOffset = -1
  #bytesSinceIndexEntry = 0
  #buffered = 0
  #unsyncedBytes = 0

  /** Throws DiskError. */
  constructor(options: CleanedSegmentOptions) {
    this.#options = options
    this.#file = openEmpty(options, 'log')
  }

  get indexBytes(): number {
    return Math.max(this.#index.sizeBytes, this.#timeIndex.sizeBytes)
  }

  /** The batch is `bytes` from `from` to `to`, and is copied or written before this returns. Throws DiskError. */
  append(
    bytes: Buffer,
    from: number,
    to: number,
    batch: { readonly lastOffset: number; readonly maxTimestamp: number }
  ): void {
    const batchBytes = to - from
    if (this.sizeBytes + batchBytes > SEGMENT_BYTES_MAX) throw this.#tooLarge()
    if (batchBytes > this.#options.buffer.length - this.#buffered) this.#flush()
    if (batchBytes > this.#options.buffer.length) this.#write(bytes.subarray(from, to), this.sizeBytes)
    else {
      bytes.copy(this.#options.buffer, this.#buffered, from, to)
      this.#buffered += batchBytes
    }
    this.#publish(batch.lastOffset - this.#options.baseOffset, batch.maxTimestamp, batchBytes)
  }

  /**
   * All files are durable when it returns; their names need a sync of the directory. `endOffset` is where the next
   * segment begins. Throws DiskError.
   */
  finish(endOffset: number): void {
    try {
      this.#flush()
      this.#file.syncNow()
    } finally {
      this.#file.close()
    }
    this.#timeIndex.maybeAppend(this.maxTimestampMs, this.#maxTimestampOffset)
    this.#saveIndex('index', this.#index.encode())
    this.#saveIndex('timeindex', this.#timeIndex.encode())
    const { baseOffset } = this.#options
    const maxTimestampOffset = this.maxTimestampMs < 0 ? -1 : baseOffset + this.#maxTimestampOffset
    const { maxTimestampMs, sizeBytes: logBytes } = this
    const seal = { endOffset, maxTimestampMs, maxTimestampOffset, logBytes }
    // No consumer has to be told of aborted transactions: a round leaves no data of them in front of their markers.
    this.#saveIndex('txnindex', encodeTransactionIndex({ aborted: [], seal }))
  }

  /** Instead of `finish`. */
  abandon(): void {
    this.#file.close()
  }

  #publish(relativeOffset: number, maxTimestamp: number, batchBytes: number): void {
    if (maxTimestamp > this.maxTimestampMs) {
      this.maxTimestampMs = maxTimestamp
      this.#maxTimestampOffset = relativeOffset
    }
    if (this.#bytesSinceIndexEntry > this.#options.indexIntervalBytes) {
      this.#index.append(relativeOffset, this.sizeBytes)
      this.#timeIndex.maybeAppend(this.maxTimestampMs, this.#maxTimestampOffset)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += batchBytes
    this.sizeBytes += batchBytes
  }

  #flush(): void {
    if (this.#buffered === 0) return
    const part = this.#options.buffer.subarray(0, this.#buffered)
    this.#write(part, this.sizeBytes - this.#buffered)
    this.#buffered = 0
  }

  #write(bytes: Buffer, position: number): void {
    account(this.#options.hooks, bytes.length)
    this.#file.write([bytes], position)
    this.#unsyncedBytes += bytes.length
    if (this.#unsyncedBytes < SYNC_BYTES) return
    this.#file.syncNow()
    this.#unsyncedBytes = 0
  }

  #saveIndex(kind: LogFileKind, bytes: Buffer): void {
    const file = openEmpty(this.#options, kind)
    try {
      if (bytes.length > 0) file.write([bytes], 0)
      file.syncNow()
    } finally {
      file.close()
    }
  }

  #tooLarge(): Error {
    const name = logFileName(this.#options.baseOffset, 'log')
    return new RangeError(
      `cleaning ${this.#options.directory}/${name} would make it larger than ${SEGMENT_BYTES_MAX} bytes, because its ` +
        `batches compress worse than before; nothing was changed. Lower segment.bytes of the topic`
    )
  }
}

function openEmpty(options: CleanedSegmentOptions, kind: LogFileKind): DiskFile {
  const path = `${options.directory}/${logFileName(options.baseOffset, kind)}${CLEANED_SUFFIX}`
  const file = options.disk.open(path, { create: true })
  if (file.sizeBytes() > 0) file.truncate(0)
  return file
}
