import { type Disk, readWhole } from '@streambus/base'
import {
  type BatchRecord,
  type CodecName,
  computeCrc,
  DELETE_HORIZON_BIT,
  isControl,
  isTransactional,
  RecordBatchBuilder,
  readAttributes,
  readBaseOffset,
  readBaseSequence,
  readBaseTimestamp,
  readCrc,
  readLastOffset,
  readLastSequence,
  readMaxTimestamp,
  readProducerEpoch,
  readProducerId,
  readRecordCount,
  readRecords,
  recomputeCrc,
  setMaxTimestampAndType,
  walkBatches
} from '@streambus/protocol/records'
import type { CompactionInput } from '../../src/compaction/compact-log.ts'
import { type CompactionConfig, type SegmentFacts } from '../../src/compaction/plan.ts'
import { LOG_CONFIG_DEFAULTS } from '../../src/config.ts'
import { logFileName, parseLogFileName } from '../../src/file-names.ts'

export const DIRECTORY = '/data/orders-0'

export const CONFIG: CompactionConfig = {
  ...LOG_CONFIG_DEFAULTS,
  deleteRetentionMs: 1000,
  segmentBytes: 4000,
  indexBytesMax: 1000,
  indexIntervalBytes: 150,
  maxMessageBytes: 10_000
}

export interface RecordSpec {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

export interface BatchSpec {
  readonly records: readonly RecordSpec[]
  readonly codec?: CodecName
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly logAppendTimeMs?: number
}

/** A record as it was appended, with what became of its transaction. */
export interface Appended {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  outcome: 'committed' | 'aborted' | 'open'
}

export interface Batch {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly isControl: boolean
  readonly isTransactional: boolean
  readonly maxTimestamp: number
  /** −1: none. */
  readonly horizonMs: number
  readonly records: readonly BatchRecord[]
}

/** Every batch of a file, decoded by the protocol package; throws where the bytes are not batches with valid CRCs. */
export function decode(bytes: Buffer): Batch[] {
  const batches: Batch[] = []
  const end = walkBatches(bytes, (at, sizeBytes) => {
    const batch = bytes.subarray(at, at + sizeBytes)
    if (computeCrc(batch, 0, batch.length) !== readCrc(batch, 0)) throw new Error(`CRC at ${at}`)
    const records = readRecords(batch)
    if (records.length !== readRecordCount(batch, 0)) throw new Error(`count at ${at}`)
    batches.push({
      bytes: batch,
      baseOffset: readBaseOffset(batch, 0),
      lastOffset: readLastOffset(batch, 0),
      producerId: readProducerId(batch, 0),
      producerEpoch: readProducerEpoch(batch, 0),
      baseSequence: readBaseSequence(batch, 0),
      lastSequence: readLastSequence(batch, 0),
      isControl: isControl(batch, 0),
      isTransactional: isTransactional(batch, 0),
      maxTimestamp: readMaxTimestamp(batch, 0),
      horizonMs: (readAttributes(batch, 0) & DELETE_HORIZON_BIT) === 0 ? -1 : readBaseTimestamp(batch, 0),
      records
    })
  })
  if (end !== bytes.length) throw new Error(`${bytes.length - end} bytes are no batch`)
  return batches
}

/** A log written straight into files, with everything that was ever appended kept beside it. */
export class LogFiles {
  readonly disk: Disk
  readonly history: Appended[] = []
  logEndOffset = 0
  activeBase = 0
  /** Producer → what Kafka calls its last record. */
  readonly producers = new Map<number, { epoch: number; lastOffset: number; lastSequence: number }>()
  /** Producer → first offset of its open transaction. */
  readonly open = new Map<number, number>()

  constructor(disk: Disk) {
    this.disk = disk
    disk.makeDirectory(DIRECTORY)
    disk.syncDirectory('/data')
    this.#append(Buffer.alloc(0))
    disk.syncDirectory(DIRECTORY)
  }

  append(spec: BatchSpec): void {
    const builder = new RecordBatchBuilder()
    for (const { key, value, timestamp } of spec.records) {
      const headers = [{ key: 'h', value: Buffer.from(String(timestamp)) }]
      builder.append({ key: key === null ? null : Buffer.from(key), value: toBuffer(value), timestamp, headers })
    }
    const { records: _, logAppendTimeMs, ...options } = spec
    const bytes = builder.build({ ...options, baseOffset: this.logEndOffset, leaderEpoch: 3 })
    if (logAppendTimeMs !== undefined) {
      setMaxTimestampAndType(bytes, 0, logAppendTimeMs, 'LogAppendTime')
      recomputeCrc(bytes, 0, bytes.length)
    }
    const isOpen = spec.isTransactional === true
    const producerId = spec.producerId ?? -1
    if (isOpen && !this.open.has(producerId)) this.open.set(producerId, this.logEndOffset)
    for (const { key, value, timestamp } of spec.records) {
      const outcome = isOpen ? 'open' : 'committed'
      this.history.push({ offset: this.logEndOffset++, key, value, timestamp: logAppendTimeMs ?? timestamp, outcome })
    }
    if (producerId >= 0) {
      const lastSequence = (spec.baseSequence ?? 0) + spec.records.length - 1
      this.producers.set(producerId, {
        epoch: spec.producerEpoch ?? 0,
        lastOffset: this.logEndOffset - 1,
        lastSequence
      })
    }
    this.#append(bytes)
  }

  marker(producerId: number, isCommit: boolean, timestamp: number): void {
    const key = Buffer.from([0, 0, 0, isCommit ? 1 : 0])
    const bytes = new RecordBatchBuilder().append({ key, value: Buffer.alloc(6), timestamp }).build({
      producerId,
      producerEpoch: this.producers.get(producerId)?.epoch ?? 0,
      isTransactional: true,
      isControl: true,
      baseOffset: this.logEndOffset,
      leaderEpoch: 3
    })
    const first = this.open.get(producerId) ?? this.logEndOffset
    for (const each of this.history) {
      if (each.offset >= first && each.outcome === 'open' && this.#owner.get(each.offset) === producerId) {
        each.outcome = isCommit ? 'committed' : 'aborted'
      }
    }
    this.open.delete(producerId)
    if (!this.producers.has(producerId)) this.producers.set(producerId, { epoch: 0, lastOffset: -1, lastSequence: -1 })
    this.logEndOffset++
    this.#append(bytes)
  }

  roll(): void {
    if (this.activeBase === this.logEndOffset) return
    this.activeBase = this.logEndOffset
    this.#append(Buffer.alloc(0))
    this.disk.syncDirectory(DIRECTORY)
  }

  get lastStableOffset(): number {
    return Math.min(this.logEndOffset, ...this.open.values())
  }

  facts(): SegmentFacts[] {
    return factsOf(this.disk, this.logEndOffset)
  }

  batches(): Batch[] {
    return segmentBases(this.disk).flatMap(base =>
      decode(readWhole(this.disk, `${DIRECTORY}/${logFileName(base, 'log')}`))
    )
  }

  input(
    rest: Pick<CompactionInput, 'firstDirtyOffset' | 'upToOffset' | 'nowMs'> & Partial<CompactionInput>
  ): CompactionInput {
    return {
      directory: DIRECTORY,
      segments: this.facts(),
      decidedOffset: this.logEndOffset,
      config: CONFIG,
      keyMapBytes: 24_000,
      hashSeed: [1, 2, 3, 4],
      ioBytes: 300,
      lastRecords: [...this.producers].map(([producerId, { epoch, lastOffset }]) => ({
        producerId,
        producerEpoch: epoch,
        lastDataOffset: lastOffset
      })),
      ...rest
    }
  }

  readonly #owner = new Map<number, number>()

  #append(bytes: Buffer): void {
    const file = this.disk.open(`${DIRECTORY}/${logFileName(this.activeBase, 'log')}`, { create: true })
    file.write([bytes], file.sizeBytes())
    file.syncNow()
    file.close()
    for (const batch of decode(bytes)) {
      for (const { offset } of batch.records) this.#owner.set(offset, batch.producerId)
    }
  }
}

/** As the log's own segments would say it. */
export function factsOf(disk: Disk, logEndOffset: number): SegmentFacts[] {
  const bases = segmentBases(disk)
  return bases.map((baseOffset, i) => {
    const bytes = readWhole(disk, `${DIRECTORY}/${logFileName(baseOffset, 'log')}`)
    const batches = decode(bytes)
    return {
      baseOffset,
      endOffset: bases[i + 1] ?? logEndOffset,
      sizeBytes: bytes.length,
      indexBytes: 8 + Math.ceil(bytes.length / CONFIG.indexIntervalBytes) * 12,
      firstTimestampMs: batches[0]?.maxTimestamp ?? -1,
      maxTimestampMs: Math.max(-1, ...batches.map(batch => batch.maxTimestamp)),
      lastModifiedMs: -1
    }
  })
}

export function segmentBases(disk: Disk): number[] {
  return disk
    .list(DIRECTORY)
    .map(entry => parseLogFileName(entry.name))
    .filter(parsed => parsed?.kind === 'log')
    .map(parsed => (parsed as { baseOffset: number }).baseOffset)
}

function toBuffer(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text)
}
