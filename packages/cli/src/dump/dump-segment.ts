import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import {
  computeCrc,
  forEachRecord,
  HEADER_BYTES,
  isControl,
  isTransactional,
  LENGTH_AT,
  MAGIC,
  MAGIC_AT,
  NONE,
  PREFIX_BYTES,
  readBaseOffset,
  readBaseSequence,
  readCodec,
  readCrc,
  readLastOffset,
  readLastOffsetDelta,
  readLeaderEpoch,
  readMagic,
  readMaxTimestamp,
  readProducerEpoch,
  readProducerId,
  readRecordCount,
  readTimestampType
} from '@streambus/protocol/records'
import { jsonContents } from '../consume/text.ts'
import { formatTimestamp } from '../output/format.ts'
import type { DumpFile } from './file-kinds.ts'
import type { Report } from './report.ts'

export interface SegmentOptions {
  readonly records: boolean
  readonly values: boolean
}

/** A length above this is damage, not a batch: no broker takes one so large. */
const BATCH_BYTES_MAX = 1024 * 1024 * 1024
const DECOMPRESSED_BYTES_MAX = 1024 * 1024 * 1024
const ZERO_CHECK_BYTES = 64 * 1024

/** Goes through a .log file batch by batch, holding one batch in memory at a time. */
export class SegmentDump {
  readonly #file: DumpFile
  readonly #report: Report
  readonly #options: SegmentOptions
  #buffer: Buffer = Buffer.allocUnsafe(1024 * 1024)
  #batches = 0
  #records = 0
  #nextOffset: number

  constructor(file: DumpFile, report: Report, options: SegmentOptions) {
    this.#file = file
    this.#report = report
    this.#options = options
    this.#nextOffset = file.baseOffset
  }

  async run(): Promise<void> {
    const { path } = this.#file
    const fd = openSync(path, 'r')
    try {
      const bytes = fstatSync(fd).size
      this.#report.begin(path)
      let at = 0
      while (at < bytes && !this.#report.isBroken) {
        const sizeBytes = this.#readBatch(fd, at, bytes)
        if (sizeBytes === 0) break
        this.#dumpBatch(at, sizeBytes)
        at += sizeBytes
        await this.#report.drained()
      }
      this.#report.end({ file: path, bytes, counts: { batches: this.#batches, records: this.#records } })
    } finally {
      closeSync(fd)
    }
  }

  /** Puts the batch at `at` into the buffer; its size, or 0 when there is none. */
  #readBatch(fd: number, at: number, fileBytes: number): number {
    const leftBytes = fileBytes - at
    const prefixBytes = Math.min(HEADER_BYTES, leftBytes)
    readSync(fd, this.#buffer, 0, prefixBytes, at)
    if (isZero(this.#buffer.subarray(0, prefixBytes)) && this.#isZeroToEnd(fd, at, fileBytes)) {
      this.#report.item('tail', { position: at, preallocatedBytes: leftBytes })
      return 0
    }
    if (leftBytes < HEADER_BYTES)
      return this.#refuse(at, `${leftBytes} bytes are too few for a batch header; cut off by a crash?`)
    const magic = readMagic(this.#buffer, 0)
    if (magic !== MAGIC)
      return this.#refuse(at, `magic at byte +${MAGIC_AT} is ${magic}, only format ${MAGIC} can be read`)
    const sizeBytes = PREFIX_BYTES + this.#buffer.readInt32BE(LENGTH_AT)
    if (sizeBytes < HEADER_BYTES || sizeBytes > BATCH_BYTES_MAX)
      return this.#refuse(at, `batch size ${sizeBytes} is not possible`)
    if (sizeBytes > leftBytes) {
      return this.#refuse(at, `batch of ${sizeBytes} bytes, only ${leftBytes} are there; cut off by a crash?`)
    }
    if (sizeBytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(sizeBytes)
    readSync(fd, this.#buffer, 0, sizeBytes, at)
    return sizeBytes
  }

  #refuse(at: number, message: string): 0 {
    this.#report.problem(at, message)
    return 0
  }

  #isZeroToEnd(fd: number, from: number, fileBytes: number): boolean {
    const chunk = Buffer.allocUnsafe(ZERO_CHECK_BYTES)
    for (let at = from; at < fileBytes; ) {
      const count = readSync(fd, chunk, 0, ZERO_CHECK_BYTES, at)
      if (count === 0) break
      if (!isZero(chunk.subarray(0, count))) return false
      at += count
    }
    return true
  }

  #dumpBatch(position: number, sizeBytes: number): void {
    const batch = this.#buffer.subarray(0, sizeBytes)
    const isCrcRight = computeCrc(batch, 0, sizeBytes) === readCrc(batch, 0)
    this.#report.item('batch', batchFacts(batch, position, isCrcRight))
    this.#batches++
    this.#records += readRecordCount(batch, 0)
    this.#check(batch, position, isCrcRight)
    if (this.#options.records && isCrcRight) this.#dumpRecords(batch, position)
  }

  #check(batch: Buffer, position: number, isCrcRight: boolean): void {
    if (!isCrcRight) {
      this.#report.problem(
        position,
        `CRC is ${readCrc(batch, 0)}, of the bytes it is ${computeCrc(batch, 0, batch.length)}`
      )
    }
    const baseOffset = readBaseOffset(batch, 0)
    if (baseOffset < this.#nextOffset) {
      this.#report.problem(
        position,
        `base offset ${baseOffset} is below ${this.#nextOffset}, where the last batch ended`
      )
    }
    // Compaction may leave fewer records than offsets, never more.
    const count = readRecordCount(batch, 0)
    const offsets = readLastOffsetDelta(batch, 0) + 1
    if (count < 0 || count > offsets) this.#report.problem(position, `${count} records in ${offsets} offsets`)
    this.#nextOffset = readLastOffset(batch, 0) + 1
  }

  #dumpRecords(batch: Buffer, position: number): void {
    let count = 0
    try {
      forEachRecord(batch, { decompressedBytesMax: DECOMPRESSED_BYTES_MAX }, record => {
        count++
        this.#report.item('record', {
          offset: record.offset,
          time: formatTimestamp(record.timestamp),
          keyBytes: record.keyBytes,
          valueBytes: record.valueBytes,
          headerCount: record.headerCount,
          ...(this.#options.values ? jsonContents(record) : {})
        })
        return !this.#report.isBroken
      })
    } catch (error) {
      this.#report.problem(position, (error as Error).message)
      return
    }
    const expected = readRecordCount(batch, 0)
    if (count !== expected && !this.#report.isBroken)
      this.#report.problem(position, `${count} records, the header says ${expected}`)
  }
}

function batchFacts(
  batch: Buffer,
  position: number,
  isCrcRight: boolean
): Record<string, string | number | boolean | null> {
  const producerId = readProducerId(batch, 0)
  const producer =
    producerId === NONE
      ? {}
      : { producerId, producerEpoch: readProducerEpoch(batch, 0), baseSequence: readBaseSequence(batch, 0) }
  return {
    baseOffset: readBaseOffset(batch, 0),
    lastOffset: readLastOffset(batch, 0),
    count: readRecordCount(batch, 0),
    position,
    size: batch.length,
    time: formatTimestamp(readMaxTimestamp(batch, 0)),
    timestampType: readTimestampType(batch, 0),
    compression: readCodec(batch, 0) ?? 'unknown',
    leaderEpoch: readLeaderEpoch(batch, 0),
    ...producer,
    ...(isTransactional(batch, 0) ? { isTransactional: true } : {}),
    ...(isControl(batch, 0) ? { isControl: true } : {}),
    isValid: isCrcRight
  }
}

function isZero(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}
