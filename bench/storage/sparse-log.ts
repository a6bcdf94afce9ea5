import fs from 'node:fs'
import path from 'node:path'
import { crc32c } from '@streambus/base'
import { LOG_CONFIG_DEFAULTS, logFileName, withChecksumLine } from '@streambus/storage-log'
import { buildBatch, stampBaseOffset } from '../batch.ts'

// Logs of any size without writing them. Every file has the size and, but for the data files, the content that it would
// have had: all batches are equally long, so positions and index entries can be computed, by the rule that the log
// itself follows (an entry for the first batch after more than an index interval; only rising timestamps).
//
// Of a data file only those batches are written that somebody is going to look at; the rest is a hole. A look-up reads
// the header at the index entry at or before what it looks for, walks at most to the next entry, and reads the batch
// that it finds. So an interval is written as a whole, with the batch of the entry behind it, for each record that will
// be asked for; and the last interval of each segment, because loading an index walks from its last entry to the end.
// A look-up that strayed would read zeros, which are no batch, and fail. Between intervals a hole reads like pages in
// the cache, so what is measured is the work, the calls and the copying, not a seek.
//
// The other files are those of a log that was closed clean: the epoch checkpoint, and a producer snapshot without
// producers at its end.

const INTERVAL_BYTES = LOG_CONFIG_DEFAULTS.indexIntervalBytes
const RECORDS = 4
const RECORD_BYTES = 240
const FIRST_TIMESTAMP_MS = 1_700_000_000_000
const CRC_AT = 17
const CHECKED_AT = 21
const BASE_TIMESTAMP_AT = 27

export interface SparseSize {
  /** Rounded down to whole segments of whole batches, but at least one. */
  readonly logBytes: number
  readonly segmentBytes: number
}

/** A record that may be asked for. */
export interface SparseRecord {
  readonly offset: number
  /** All records of a batch have the same; batches are a millisecond apart. */
  readonly timestampMs: number
  /** First offset of its batch. */
  readonly baseOffset: number
}

/** See above. */
export class SparseLog {
  readonly directory: string
  readonly segmentCount: number
  readonly batchesPerSegment: number
  readonly #batch = buildBatch({ recordBytes: RECORD_BYTES, recordCount: RECORDS }, 1)
  /** Every how many batches there is an index entry. */
  readonly #entryEvery: number
  /** One data file at a time. */
  #open: { readonly segment: number; readonly fd: number } | null = null

  /** Creates the files below `directory`, which must not exist. */
  constructor(directory: string, size: SparseSize) {
    this.directory = directory
    this.#entryEvery = Math.floor(INTERVAL_BYTES / this.#batch.length) + 1
    this.batchesPerSegment = Math.floor(size.segmentBytes / this.#batch.length)
    this.segmentCount = Math.max(1, Math.floor(size.logBytes / size.segmentBytes))
    fs.mkdirSync(directory, { recursive: true })
    for (let segment = 0; segment < this.segmentCount; segment++) this.#writeSegment(segment)
    fs.writeFileSync(path.join(directory, 'leader-epoch-checkpoint'), withChecksumLine('0\n1\n0 0\n'))
    fs.writeFileSync(path.join(directory, logFileName(this.endOffset, 'snapshot')), emptySnapshot())
  }

  get endOffset(): number {
    return this.segmentCount * this.batchesPerSegment * RECORDS
  }

  get sizeBytes(): number {
    return this.segmentCount * this.batchesPerSegment * this.#batch.length
  }

  /** Writes what a look-up of this record reads. `share` 0 … 1 says where in the segment it is. */
  place(segment: number, share: number): SparseRecord {
    const inSegment = Math.min(this.batchesPerSegment - 1, Math.floor(share * this.batchesPerSegment))
    const first = inSegment - (inSegment % this.#entryEvery)
    // Two intervals back too: whoever looks for a time starts at the last entry but one that is earlier.
    this.#writeBatches(segment, Math.max(0, first - 2 * this.#entryEvery), first + this.#entryEvery + 1)
    const batch = segment * this.batchesPerSegment + inSegment
    const baseOffset = batch * RECORDS
    return { offset: baseOffset + 1, baseOffset, timestampMs: FIRST_TIMESTAMP_MS + batch }
  }

  /** An active segment without batches behind all others, so that the log can go on there. */
  addEmptySegment(): void {
    fs.closeSync(fs.openSync(path.join(this.directory, logFileName(this.endOffset, 'log')), 'w'))
  }

  /** To be called when everything is placed. */
  close(): void {
    if (this.#open !== null) fs.closeSync(this.#open.fd)
    this.#open = null
  }

  #writeSegment(segment: number): void {
    const count = this.batchesPerSegment
    fs.ftruncateSync(this.#fileOf(segment), count * this.#batch.length)
    const entries = Math.floor((count - 1) / this.#entryEvery)
    const offsets = Buffer.alloc(entries * 8)
    const times = Buffer.alloc((entries + 1) * 12)
    const firstTimestampMs = FIRST_TIMESTAMP_MS + segment * count
    for (let entry = 0; entry < entries; entry++) {
      const batch = (entry + 1) * this.#entryEvery
      offsets.writeInt32BE(batch * RECORDS + RECORDS - 1, entry * 8)
      offsets.writeInt32BE(batch * this.#batch.length, entry * 8 + 4)
      writeTime(times, entry * 12, firstTimestampMs + batch)
      times.writeInt32BE(batch * RECORDS + RECORDS - 1, entry * 12 + 8)
    }
    // A closed segment has the entry of its maximum too.
    const isLastNew = (count - 1) % this.#entryEvery !== 0
    writeTime(times, entries * 12, firstTimestampMs + count - 1)
    times.writeInt32BE(count * RECORDS - 1, entries * 12 + 8)
    const baseOffset = segment * count * RECORDS
    const name = (kind: 'index' | 'timeindex' | 'txnindex'): string =>
      path.join(this.directory, logFileName(baseOffset, kind))
    fs.writeFileSync(name('index'), offsets)
    fs.writeFileSync(name('timeindex'), isLastNew ? times : times.subarray(0, entries * 12))
    fs.writeFileSync(name('txnindex'), seal(baseOffset + count * RECORDS, firstTimestampMs + count - 1))
    this.#writeBatches(segment, 0, 1)
    this.#writeBatches(segment, entries * this.#entryEvery, count)
  }

  #writeBatches(segment: number, from: number, until: number): void {
    const batch = this.#batch
    for (let at = from; at < Math.min(until, this.batchesPerSegment); at++) {
      const number = segment * this.batchesPerSegment + at
      stampBaseOffset(batch, number * RECORDS)
      batch.writeInt32BE(0, 12) // leader epoch
      for (const field of [BASE_TIMESTAMP_AT, BASE_TIMESTAMP_AT + 8])
        batch.writeBigInt64BE(BigInt(FIRST_TIMESTAMP_MS + number), field)
      batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_AT)), CRC_AT)
      fs.writeSync(this.#fileOf(segment), batch, 0, batch.length, at * batch.length)
    }
  }

  #fileOf(segment: number): number {
    if (this.#open?.segment === segment) return this.#open.fd
    this.close()
    const name = logFileName(segment * this.batchesPerSegment * RECORDS, 'log')
    const { O_RDWR, O_CREAT } = fs.constants
    const fd = fs.openSync(path.join(this.directory, name), O_RDWR | O_CREAT)
    this.#open = { segment, fd }
    return fd
  }
}

/** An int64 below 2^53 without a BigInt: a large log has tens of millions of these. */
function writeTime(bytes: Buffer, at: number, timestampMs: number): void {
  bytes.writeUInt32BE(Math.floor(timestampMs / 2 ** 32), at)
  bytes.writeUInt32BE(timestampMs % 2 ** 32, at + 4)
}

/** The end of a `.txnindex` without aborted transactions: end offset, maximum timestamp, its offset, count, CRC. */
function seal(endOffset: number, maxTimestampMs: number): Buffer {
  const bytes = Buffer.alloc(32)
  writeTime(bytes, 0, endOffset)
  writeTime(bytes, 8, maxTimestampMs)
  writeTime(bytes, 16, endOffset - 1)
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, 28)), 28)
  return bytes
}

/** Version 1, CRC of what follows, no entries. */
function emptySnapshot(): Buffer {
  const bytes = Buffer.alloc(10)
  bytes.writeInt16BE(1, 0)
  bytes.writeUInt32BE(crc32c(bytes.subarray(6)), 2)
  return bytes
}
