import { crc32c, type Disk, DiskError, type DiskFile } from '@streambus/base'
import { CRC_START, DELETE_HORIZON_BIT, HEADER_BYTES, readRecordCount } from '@streambus/protocol/records'
import { logFileName } from '../file-names.ts'
import type { AbortedTransaction } from '../lookup/transaction-index.ts'
import { classifyBadTail, findValidBatch } from '../recovery/bad-tail.ts'
import { StoredBatch } from '../segment/stored-batch.ts'
import { BatchCheck, frameProblem } from './batch-check.ts'
import type { EpochsCheck } from './epoch-check.ts'
import { FileWindow } from './file-window.ts'
import { type Say, sayAbout, type VerifyOptions, type VerifyReport } from './finding.ts'
import type { ProducerReplay } from './producer-check.ts'
import { SegmentIndexesCheck } from './segment-indexes-check.ts'
import type { SnapshotsCheck } from './snapshot-check.ts'
import { readTransactionSeal } from './transaction-check.ts'

const BATCH_BYTES_MAX = 128 * 1024 * 1024
const DECOMPRESSED_BYTES_MAX = 256 * 1024 * 1024
const CRC_CHUNK_BYTES = 1024 * 1024
const PROGRESS_BYTES = 4 * 1024 * 1024
const RELATIVE_OFFSET_MAX = 2 ** 31 - 1

/** What is carried from one segment of a log to the next. */
export interface LogWalk {
  /** One past the last offset; −1 before the first segment. */
  endOffset: number
  leaderEpoch: number
  /** What the seal of the last segment says of its end, and the size of its file; null without a valid one. */
  sealed: { readonly endOffset: number; readonly logBytes: number; readonly fileBytes: number } | null
  /** Bytes before this were damaged, so that a gap in the offsets is no news. */
  isAfterDamage: boolean
  batches: number
  records: number
  bytes: number
}

export interface SegmentJob {
  readonly disk: Disk
  readonly directory: string
  readonly baseOffset: number
  /** −1 for the last segment. */
  readonly nextBaseOffset: number
  /** All records below were durable; −1 when no checkpoint says so. */
  readonly recoveryPoint: number
  /** The log directory was closed clean: nothing of it may be on its way. */
  readonly isClean: boolean
  /** Below it gaps may come from compaction; infinite when nobody knows. */
  readonly cleanedBelow: number
  readonly report: VerifyReport
  readonly options: VerifyOptions
  readonly replay: ProducerReplay
  readonly epochs: EpochsCheck | null
  readonly snapshots: SnapshotsCheck | null
}

/** Checks one segment and its indexes, in one pass over the file. Throws DiskError. */
export async function checkSegment(job: SegmentJob, walk: LogWalk): Promise<void> {
  const path = `${job.directory}/${logFileName(job.baseOffset, 'log')}`
  const file = job.disk.open(path, { readOnly: true })
  const indexes = new SegmentIndexesCheck(job)
  try {
    await new SegmentCheck(job, { walk, file, path, indexes }).run()
  } finally {
    indexes.close()
    file.close()
  }
}

interface SegmentParts {
  readonly walk: LogWalk
  readonly file: DiskFile
  readonly path: string
  readonly indexes: SegmentIndexesCheck
}

class SegmentCheck {
  readonly #job: SegmentJob
  readonly #walk: LogWalk
  readonly #file: DiskFile
  readonly #path: string
  readonly #indexes: SegmentIndexesCheck
  readonly #window: FileWindow
  readonly #batchCheck: BatchCheck
  readonly #say: Say
  readonly #batch = new StoredBatch()
  readonly #fileBytes: number
  /** The end of the log after a stop that was not clean: judged as the recovery will judge it. */
  readonly #isTail: boolean
  /** From this offset on nothing was promised to be durable. */
  readonly #unsyncedFrom: number
  #batches = 0
  #records = 0
  #maxTimestamp = -1
  /** What the segment's own last batch says; epochs start anew with each segment in the recovery's scan. */
  #isEnded = false

  constructor(job: SegmentJob, { walk, file, path, indexes }: SegmentParts) {
    this.#job = job
    this.#walk = walk
    this.#file = file
    this.#path = path
    this.#indexes = indexes
    this.#say = sayAbout(job.report, path)
    this.#fileBytes = file.sizeBytes()
    this.#window = new FileWindow(file, this.#fileBytes, job.options.batchBytesMax ?? BATCH_BYTES_MAX)
    this.#batchCheck = new BatchCheck({
      decompressedBytesMax: job.options.decompressedBytesMax ?? DECOMPRESSED_BYTES_MAX
    })
    this.#isTail = job.nextBaseOffset < 0 && !job.isClean
    this.#unsyncedFrom = Math.max(job.recoveryPoint, job.baseOffset)
  }

  async run(): Promise<void> {
    this.#begin()
    let position = 0
    let reportedBytes = 0
    while (position < this.#fileBytes && !this.#isEnded) {
      position = this.#step(position)
      if (position - reportedBytes >= PROGRESS_BYTES) {
        await this.#job.report.progress?.(position - reportedBytes)
        reportedBytes = position
      }
    }
    await this.#job.report.progress?.(Math.max(0, this.#fileBytes - reportedBytes))
    this.#end()
  }

  /** Against the segment before: no offset twice, none left out. */
  #begin(): void {
    const { baseOffset } = this.#job
    const { endOffset } = this.#walk
    if (endOffset > baseOffset) {
      this.#say(
        'damage',
        'offset-order',
        -1,
        `it begins at offset ${baseOffset}, but the segment before ends at ${endOffset}`
      )
    } else if (endOffset >= 0 && endOffset < baseOffset) {
      this.#gap({ from: endOffset, to: baseOffset, position: -1 }, this.#boundarySeverity(endOffset))
    }
    this.#walk.endOffset = baseOffset
    this.#walk.isAfterDamage = false
  }

  /** Looks at the batch at `position`; returns where to go on. */
  #step(position: number): number {
    const header = this.#window.view(position, HEADER_BYTES) as Buffer
    const left = this.#fileBytes - position
    if (header.length < HEADER_BYTES) {
      return this.#bad(position, position, `${left} bytes are too few for a batch header`)
    }
    this.#batch.read(header, 0)
    const problem = frameProblem(this.#batch, left)
    if (problem !== null) return this.#bad(position, position + problem.at, problem.message)
    const refusal = this.#refusal()
    if (refusal !== null && this.#endsTail(position, refusal)) return this.#fileBytes
    const end = position + this.#batch.sizeBytes
    const bytes = this.#window.view(position, this.#batch.sizeBytes)
    const crc = bytes === null ? this.#crcInParts(position, end) : crc32c(bytes.subarray(CRC_START))
    if (crc !== this.#batch.crc) return this.#badCrc(position, crc)
    this.#order(position)
    this.#count(position, bytes)
    return end
  }

  /** Why the recovery would not take this batch; it is not asked about what it believes. */
  #refusal(): string | null {
    const { baseOffset, lastOffset, leaderEpoch } = this.#batch
    const { endOffset } = this.#walk
    const isUnsynced = lastOffset >= this.#unsyncedFrom
    if (!this.#isTail || this.#walk.isAfterDamage || !isUnsynced) return null
    if (baseOffset !== endOffset) return `base offset ${baseOffset}, expected ${endOffset}`
    const isEpochOlder = this.#batches > 0 && leaderEpoch < this.#walk.leaderEpoch
    return isEpochOlder ? `leader epoch ${leaderEpoch} after ${this.#walk.leaderEpoch}` : null
  }

  #order(position: number): void {
    const { baseOffset, lastOffset, leaderEpoch } = this.#batch
    const { endOffset } = this.#walk
    const isFirst = this.#batches === 0
    if (baseOffset < endOffset) {
      const before = isFirst ? `${endOffset}, the file's name` : `${endOffset}, where the batch before ends`
      this.#say('damage', 'offset-order', position, `base offset ${baseOffset} is below ${before}`)
      this.#job.replay.loseTrack()
    } else if (baseOffset > endOffset) {
      const gap = { from: endOffset, to: baseOffset, position }
      this.#gap(gap, this.#gapSeverity(endOffset))
    }
    if (lastOffset - this.#job.baseOffset > RELATIVE_OFFSET_MAX) {
      this.#say('damage', 'offset-order', position, `offset ${lastOffset} is too far from the file's name for an index`)
    }
    if (leaderEpoch < this.#walk.leaderEpoch) {
      this.#say('damage', 'epoch-order', position + 12, `leader epoch ${leaderEpoch} after ${this.#walk.leaderEpoch}`)
    }
    this.#walk.isAfterDamage = false
  }

  #gap(gap: { from: number; to: number; position: number }, severity: 'damage' | 'warning' | 'info'): void {
    const { from, to, position } = gap
    if (!this.#walk.isAfterDamage) {
      this.#say(severity, 'offset-gap', position, `offsets ${from} … ${to - 1} are not there`)
    }
    this.#job.replay.loseTrack()
  }

  /** The seal of the segment before tells what compaction left from a file that is shorter than it was, or gone. */
  #boundarySeverity(from: number): 'damage' | 'info' {
    const { sealed } = this.#walk
    const { baseOffset, cleanedBelow } = this.#job
    if (this.#job.options.noGaps === true) return 'damage'
    if (sealed?.endOffset === baseOffset) return sealed.logBytes === sealed.fileBytes ? 'info' : 'damage'
    if (sealed?.endOffset === from) return 'damage'
    return from < cleanedBelow ? 'info' : 'damage'
  }

  #gapSeverity(from: number): 'damage' | 'warning' | 'info' {
    if (this.#job.options.noGaps === true) return 'damage'
    return from < this.#job.cleanedBelow ? 'info' : 'warning'
  }

  #count(position: number, bytes: Buffer | null): void {
    const { replay, epochs, snapshots } = this.#job
    const batch = this.#batch
    snapshots?.reach(batch.baseOffset, replay)
    epochs?.batch(batch)
    this.#indexes.batch(batch, position)
    if (bytes === null) {
      replay.loseTrack()
      const message = `batch at offset ${batch.baseOffset}: ${batch.sizeBytes} bytes are above the limit; its records were not looked at`
      this.#say('info', 'unchecked-records', position, message)
    } else this.#look(position, bytes)
    this.#batches++
    this.#maxTimestamp = Math.max(this.#maxTimestamp, batch.maxTimestamp)
    this.#walk.endOffset = batch.lastOffset + 1
    this.#walk.leaderEpoch = batch.leaderEpoch
  }

  #look(position: number, bytes: Buffer): void {
    const { replay, options } = this.#job
    const batch = this.#batch
    const records = this.#batchCheck.run(bytes, batch, position, this.#say)
    this.#records += records
    const isThinned = readRecordCount(bytes, 0) <= batch.lastOffsetDelta
    if (isThinned && options.noGaps === true) {
      const message = `batch at offset ${batch.baseOffset}: ${records} records in ${batch.lastOffsetDelta + 1} offsets`
      this.#say('damage', 'offset-gap', position, message)
    }
    if (isThinned || (batch.attributes & DELETE_HORIZON_BIT) !== 0) replay.loseTrack()
    const aborted: AbortedTransaction | null = replay.apply(batch, bytes)
    if (aborted !== null) this.#indexes.aborted(aborted, replay.isExact && !replay.hasHoles)
  }

  /** The bytes at `position` are no batch. Returns where the next one begins. */
  #bad(position: number, at: number, message: string): number {
    if (this.#isZeroTail(position)) return this.#fileBytes
    if (this.#endsTail(position, message)) return this.#fileBytes
    const next = findValidBatch(this.#file, { from: position + 1, until: this.#fileBytes }, 0)
    const end = next < 0 ? this.#fileBytes : next
    const rest = next < 0 ? 'no whole batch follows' : `the next whole batch begins at byte ${next}`
    this.#say('damage', 'bad-batch', at, `${message}; ${rest}`)
    this.#passDamage(end)
    return end
  }

  #badCrc(position: number, crc: number): number {
    const message = `CRC is ${this.#batch.crc}, of the bytes it is ${crc}`
    const isUnsynced = this.#batch.lastOffset >= this.#unsyncedFrom
    if (isUnsynced && this.#endsTail(position, message)) return this.#fileBytes
    this.#say('damage', 'bad-crc', position, `batch at offset ${this.#batch.baseOffset}: ${message}`)
    let end = position + this.#batch.sizeBytes
    // The length may be what is wrong: it is believed when it leads to a batch.
    if (end < this.#fileBytes && !this.#isBatchAt(end)) {
      const next = findValidBatch(this.#file, { from: position + 1, until: this.#fileBytes }, 0)
      end = next < 0 ? this.#fileBytes : next
    }
    this.#passDamage(end)
    return end
  }

  #isBatchAt(position: number): boolean {
    const header = this.#window.view(position, HEADER_BYTES) as Buffer
    const next = new StoredBatch()
    if (header.length < HEADER_BYTES) return false
    next.read(header, 0)
    return frameProblem(next, this.#fileBytes - position) === null
  }

  #passDamage(end: number): void {
    this.#walk.isAfterDamage = true
    this.#job.replay.loseTrack()
    const header = this.#window.view(end, HEADER_BYTES) as Buffer
    if (header.length < HEADER_BYTES) return this.#indexes.skipTo(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    const next = new StoredBatch()
    next.read(header, 0)
    this.#indexes.skipTo(end, next.baseOffset)
  }

  #isZeroTail(position: number): boolean {
    if (!this.#window.isZeroFrom(position)) return false
    const { nextBaseOffset, isClean } = this.#job
    const { endOffset } = this.#walk
    const zeros = `${this.#fileBytes - position} zero bytes at the end`
    const isWhole =
      nextBaseOffset < 0 ? !isClean || this.#job.recoveryPoint === endOffset : nextBaseOffset === endOffset
    if (isWhole && (!this.#isTail || endOffset >= this.#job.recoveryPoint)) {
      this.#say('warning', 'zero-tail', position, `${zeros}; nothing is missing before them`)
    } else {
      this.#say('damage', 'zero-tail', position, `${zeros}, where records should be`)
      this.#walk.isAfterDamage = true
    }
    this.#isEnded = true
    return true
  }

  /** Whether the log simply ends here, as a power cut ends it; says so. */
  #endsTail(position: number, message: string): boolean {
    if (!this.#isTail || this.#walk.isAfterDamage) return false
    const { endOffset } = this.#walk
    const tail = { position, fileBytes: this.#fileBytes, endOffset, recoveryPoint: this.#unsyncedFrom }
    const kind = classifyBadTail(this.#file, tail)
    if (kind === 'corrupt' || kind === 'foreign') return false
    const bytes = `${this.#fileBytes - position} bytes from offset ${endOffset} on (${message})`
    const isLive = this.#job.options.isLive === true
    if (kind === 'lost-sectors') {
      const why = 'whole batches follow bytes that never reached the disk'
      this.#say('warning', 'lost-sectors', position, `${bytes}: ${why}; the next start cuts them off and keeps a copy`)
    } else if (isLive) this.#say('info', 'torn-tail', position, `${bytes}: somebody may be writing them now`)
    else this.#say('warning', 'torn-tail', position, `${bytes}: torn by a stop; the next start cuts them off`)
    this.#isEnded = true
    return true
  }

  #crcInParts(position: number, end: number): number {
    let crc = 0
    for (let at = position + CRC_START; at < end; at += CRC_CHUNK_BYTES) {
      crc = crc32c(this.#window.view(at, Math.min(CRC_CHUNK_BYTES, end - at)) as Buffer, crc)
    }
    return crc
  }

  #end(): void {
    const { replay, report } = this.#job
    const { endOffset } = this.#walk
    const isExact = replay.isExact && !replay.hasHoles
    this.#indexes.end({ endOffset, maxTimestampMs: this.#maxTimestamp, isExact, hasBatches: this.#batches > 0 })
    this.#walk.sealed = this.#readSealed()
    this.#walk.batches += this.#batches
    this.#walk.records += this.#records
    this.#walk.bytes += this.#fileBytes
    const counts = { batches: this.#batches, records: this.#records }
    report.file({ path: this.#path, kind: 'log', bytes: this.#fileBytes, counts })
  }

  #readSealed(): LogWalk['sealed'] {
    const { disk, directory, baseOffset } = this.#job
    const path = `${directory}/${logFileName(baseOffset, 'txnindex')}`
    if (!disk.exists(path)) return null
    const seal = readTransactionSeal(disk, path)
    if (seal === null || seal.crc !== seal.computedCrc) return null
    return { endOffset: seal.endOffset, logBytes: seal.logBytes, fileBytes: this.#fileBytes }
  }
}

/** A file that is gone was taken by retention or compaction while we looked. */
export function isGone(error: unknown): boolean {
  return error instanceof DiskError && error.code === 'ENOENT'
}
