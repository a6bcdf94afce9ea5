import type { DiskFile } from '@streambus/base'
import { nodeDisk } from '@streambus/base/node'
import {
  computeCrc,
  DELETE_HORIZON_BIT,
  forEachRecord,
  HEADER_BYTES,
  isControl,
  isTransactional,
  LENGTH_AT,
  MAGIC,
  MAGIC_AT,
  NONE,
  PREFIX_BYTES,
  readAttributes,
  readBaseOffset,
  readBaseSequence,
  readBaseTimestamp,
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
import { findValidBatch } from '@streambus/storage-log'
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
/** Types of control records; from the third on only metadata logs have them (KIP-595, KIP-630, KIP-853). */
const CONTROL_TYPES = [
  'abort',
  'commit',
  'leader-change',
  'snapshot-header',
  'snapshot-footer',
  'kraft-version',
  'voters'
]
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
    const file = nodeDisk.open(path, { readOnly: true })
    try {
      const bytes = file.sizeBytes()
      this.#report.begin(path)
      let at = this.#file.tornPosition === null ? 0 : this.#skipToBatch(file, 0, bytes)
      while (at < bytes && !this.#report.isBroken) {
        const sizeBytes = this.#readBatch(file, at, bytes)
        if (sizeBytes > 0) this.#dumpBatch(at, sizeBytes)
        at = sizeBytes > 0 ? at + sizeBytes : this.#skipToBatch(file, at, bytes, 1)
        await this.#report.drained()
      }
      this.#report.end({ file: path, bytes, counts: { batches: this.#batches, records: this.#records } })
    } finally {
      file.close()
    }
  }

  /** Where the next whole batch begins, at any byte; what lies before it is left out. */
  #skipToBatch(file: DiskFile, from: number, fileBytes: number, atLeastBytes = 0): number {
    if (this.#isZeroToEnd(file, from, fileBytes)) return fileBytes
    const next = findValidBatch(file, { from: from + atLeastBytes, until: fileBytes }, 0)
    const until = next < 0 ? fileBytes : next
    // What a recovery cut off may begin in the middle of a batch.
    if (until > from) this.#report.item('skipped', { position: from, bytes: until - from })
    return until
  }

  /** Puts the batch at `at` into the buffer; its size, or 0 when there is none. */
  #readBatch(file: DiskFile, at: number, fileBytes: number): number {
    const leftBytes = fileBytes - at
    const prefixBytes = Math.min(HEADER_BYTES, leftBytes)
    file.read(this.#buffer.subarray(0, prefixBytes), at)
    if (isZero(this.#buffer.subarray(0, prefixBytes)) && this.#isZeroToEnd(file, at, fileBytes)) {
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
    file.read(this.#buffer.subarray(0, sizeBytes), at)
    return sizeBytes
  }

  #refuse(at: number, message: string): 0 {
    this.#report.problem(at, message)
    return 0
  }

  #isZeroToEnd(file: DiskFile, from: number, fileBytes: number): boolean {
    const chunk = Buffer.allocUnsafe(ZERO_CHECK_BYTES)
    for (let at = from; at < fileBytes; ) {
      const count = file.read(chunk, at)
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
    if ((this.#options.records || isControl(batch, 0)) && isCrcRight) this.#dumpRecords(batch, position)
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
          ...(isControl(batch, 0) ? controlFacts(record.key, record.value) : {}),
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
    // Only compaction sets it: when the tombstones in here may go (KIP-534).
    ...((readAttributes(batch, 0) & DELETE_HORIZON_BIT) === 0
      ? {}
      : { deleteHorizon: formatTimestamp(readBaseTimestamp(batch, 0)) }),
    isValid: isCrcRight
  }
}

/** Key: int16 version, int16 type; value of an end-of-transaction marker: int16 version, int32 coordinator epoch. */
function controlFacts(key: Buffer | null, value: Buffer | null): Record<string, string | number> {
  if (key === null || key.length < 4) return { control: 'unknown' }
  const type = key.readInt16BE(2)
  const isMarker = type === 0 || type === 1
  return {
    control: CONTROL_TYPES[type] ?? `type ${type}`,
    ...(isMarker && value !== null && value.length >= 6 ? { coordinatorEpoch: value.readInt32BE(2) } : {})
  }
}

function isZero(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}
