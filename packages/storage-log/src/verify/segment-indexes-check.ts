import type { Disk } from '@streambus/base'
import { type LogFileKind, logFileName } from '../file-names.ts'
import type { AbortedTransaction } from '../lookup/transaction-index.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import { EntryReader } from './entry-reader.ts'
import { type CheckedFile, type Say, type VerifyOptions, type VerifyReport } from './finding.ts'
import { OFFSET_ENTRY_BYTES, OffsetIndexCheck, TIME_ENTRY_BYTES, TimeIndexCheck } from './index-check.ts'
import type { ProducerReplay } from './producer-check.ts'
import { TransactionIndexCheck } from './transaction-check.ts'

export interface IndexesJob {
  readonly disk: Disk
  readonly directory: string
  readonly baseOffset: number
  readonly nextBaseOffset: number
  readonly recoveryPoint: number
  readonly isClean: boolean
  readonly report: VerifyReport
  readonly options: VerifyOptions
  readonly replay: ProducerReplay
}

/**
 * The indexes of one segment while its batches pass by. They are caches: one that is missing is no damage, and what is
 * wrong with those of a segment that was written to shortly before a stop that was not clean is only a warning.
 */
export class SegmentIndexesCheck {
  readonly #job: IndexesJob
  readonly #isSettled: boolean
  readonly #offsets: { readonly reader: EntryReader; readonly check: OffsetIndexCheck } | null
  readonly #times: { readonly reader: EntryReader; readonly check: TimeIndexCheck } | null
  readonly #transactions: TransactionIndexCheck | null

  /** Throws DiskError. */
  constructor(job: IndexesJob) {
    const { baseOffset, nextBaseOffset, recoveryPoint, isClean } = job
    this.#job = job
    this.#isSettled = isClean || (nextBaseOffset >= 0 && (recoveryPoint < 0 || nextBaseOffset <= recoveryPoint))
    this.#offsets = this.#open('index', (path, say) => {
      const reader = new EntryReader(job.disk, { path, entryBytes: OFFSET_ENTRY_BYTES }, say)
      return { reader, check: new OffsetIndexCheck(reader, baseOffset, say) }
    })
    this.#times = this.#open('timeindex', (path, say) => {
      const reader = new EntryReader(job.disk, { path, entryBytes: TIME_ENTRY_BYTES }, say)
      return { reader, check: new TimeIndexCheck(reader, baseOffset, say) }
    })
    const { knownFrom } = job.replay
    this.#transactions = this.#open(
      'txnindex',
      (path, say) => new TransactionIndexCheck({ disk: job.disk, path, say, knownFrom, isSettled: this.#isSettled })
    )
  }

  batch(batch: StoredBatch, position: number): void {
    this.#offsets?.check.batch(batch, position)
    this.#times?.check.batch(batch)
  }

  aborted(found: AbortedTransaction, isExact: boolean): void {
    this.#transactions?.aborted(found, isExact)
    if (this.#transactions === null && isExact && this.#isSettled) {
      const message = `missing; a transaction was aborted at offset ${found.lastOffset}, and Apache Kafka would not know`
      this.#job.report.finding({
        severity: 'warning',
        code: 'missing-index',
        path: this.#path('txnindex'),
        position: -1,
        message
      })
    }
  }

  skipTo(position: number, offset: number): void {
    this.#offsets?.check.skipTo(position)
    this.#times?.check.skipTo(position, offset)
  }

  end(segment: { endOffset: number; maxTimestampMs: number; isExact: boolean; hasBatches: boolean }): void {
    const { nextBaseOffset } = this.#job
    this.#offsets?.check.end()
    this.#times?.check.end()
    this.#transactions?.end({ ...segment, nextBaseOffset })
    if (this.#offsets !== null)
      this.#report('index', this.#offsets.reader.fileBytes, { entries: this.#offsets.reader.count })
    else if (segment.hasBatches) this.#reportMissing('index')
    if (this.#times !== null)
      this.#report('timeindex', this.#times.reader.fileBytes, { entries: this.#times.reader.count })
    else if (segment.hasBatches) this.#reportMissing('timeindex')
    if (this.#transactions !== null) {
      this.#report('txnindex', this.#transactions.fileBytes, { abortedTransactions: this.#transactions.count })
    }
  }

  close(): void {
    this.#offsets?.reader.close()
    this.#times?.reader.close()
    this.#transactions?.close()
  }

  #report(kind: LogFileKind, bytes: number, counts: CheckedFile['counts']): void {
    this.#job.report.file({ path: this.#path(kind), kind, bytes, counts })
  }

  #reportMissing(kind: LogFileKind): void {
    const message = 'missing; it is built again when it is needed'
    this.#job.report.finding({ severity: 'info', code: 'missing-index', path: this.#path(kind), position: -1, message })
  }

  #path(kind: LogFileKind): string {
    return `${this.#job.directory}/${logFileName(this.#job.baseOffset, kind)}`
  }

  #open<T>(kind: LogFileKind, open: (path: string, say: Say) => T): T | null {
    const path = this.#path(kind)
    if (!this.#job.disk.exists(path)) return null
    const say: Say = (severity, code, position, message) => {
      const isSoft = severity === 'damage' && !this.#isSettled
      const text = isSoft ? `${message}; it is built again at the next start` : message
      this.#job.report.finding({ severity: isSoft ? 'warning' : severity, code, path, position, message: text })
    }
    return open(path, say)
  }
}
