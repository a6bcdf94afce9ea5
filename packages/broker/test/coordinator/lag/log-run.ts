import {
  type BatchSummary,
  type CodecName,
  RecordBatchBuilder,
  readBaseTimestamp,
  readMaxTimestamp,
  readRecords,
  recomputeCrc,
  setMaxTimestampAndType,
  walkBatches
} from '@streambus/protocol/records'
import {
  compactLog,
  findUnread,
  isUnreadable,
  LOG_CONFIG_DEFAULTS,
  Log,
  type LogConfig,
  SILENT_LOG_PROBE,
  type Unread
} from '@streambus/storage-log'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import fc from 'fast-check'
import type { ReadPartition } from '../../../src/coordinator/lag/unread-ages.ts'

export interface RecordStep {
  readonly key: number
  /** Milliseconds from now on; null: the record has no timestamp. */
  readonly time: number | null
}

/** What happens to a log that groups read. Numbers are taken modulo what is there. */
export type LogStep =
  | {
      readonly do: 'append'
      readonly records: readonly RecordStep[]
      readonly codec: CodecName
      readonly isLogAppendTime: boolean
    }
  | { readonly do: 'transact'; readonly producerId: number; readonly records: readonly RecordStep[] }
  | { readonly do: 'end'; readonly producerId: number; readonly isAbort: boolean }
  | { readonly do: 'sync'; readonly behind: number }
  | { readonly do: 'delete'; readonly at: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'retain' | 'roll' | 'compact' | 'restart' }

interface Transaction {
  readonly firstOffset: number
  /** Of its marker; Infinity while it is open. */
  endOffset: number
  isAborted: boolean
}

/** A record as it was appended. Markers are none. */
interface Row {
  readonly offset: number
  readonly timestamp: number
  readonly transaction: Transaction | null
}

interface Batch {
  readonly records: readonly { readonly key: Buffer; readonly value: Buffer | null; readonly timestamp: number }[]
  readonly codec: CodecName
  readonly logAppendTimeMs: number
  readonly producerId: number
  readonly baseSequence: number
  readonly isControl: boolean
}

const PLAIN = { codec: 'none', logAppendTimeMs: -1, producerId: -1, baseSequence: -1, isControl: false } as const

/** A real log on a simulated disk, and beside it a dumb list of its records. */
export class LogRun {
  readonly clock = new ManualClock()
  readonly disk = new MemoryDisk({ syncs: 'manual' })
  readonly #config: LogConfig
  readonly #sequences = new Map<number, number>()
  readonly #open = new Map<number, Transaction>()
  #rows: Row[] = []
  log: Log
  highWatermark = 0

  constructor(config: Partial<LogConfig>) {
    this.#config = { ...LOG_CONFIG_DEFAULTS, ...config }
    this.disk.makeDirectory('/data')
    this.disk.syncDirectory('/')
    this.log = this.#openLog(null)
  }

  get nowMs(): number {
    return this.clock.wallMs()
  }

  /** As a broker's partition has it; a restart makes another one. */
  partition(): ReadPartition<Unread> {
    const { log } = this
    const highWatermark = () => this.highWatermark
    return {
      get highWatermark() {
        return highWatermark()
      },
      findUnread: (fromOffset, earlier) => {
        const { highWatermark: untilOffset, lastStableOffset } = this
        try {
          return findUnread(log, { fromOffset, untilOffset, lastStableOffset }, earlier)
        } catch (error) {
          if (isUnreadable(error)) return null
          throw error
        }
      }
    }
  }

  get lastStableOffset(): number {
    const open = this.#rows
      .map(({ transaction }) => transaction)
      .filter(each => (each?.endOffset ?? -1) >= this.highWatermark)
    return Math.min(this.highWatermark, ...open.map(each => each?.firstOffset ?? Infinity), ...this.#openOffsets())
  }

  take(step: LogStep): void {
    switch (step.do) {
      case 'append': {
        const logAppendTimeMs = step.isLogAppendTime ? this.nowMs : -1
        this.#append({ ...PLAIN, records: this.#records(step.records), codec: step.codec, logAppendTimeMs })
        return
      }
      case 'transact': {
        const { producerId } = step
        const baseSequence = this.#sequences.get(producerId) ?? 0
        this.#sequences.set(producerId, baseSequence + step.records.length)
        this.#append({ ...PLAIN, records: this.#records(step.records), producerId, baseSequence })
        return
      }
      case 'end':
        return this.#end(step.producerId, step.isAbort)
      case 'sync':
        this.#sync()
        this.highWatermark = Math.max(this.highWatermark, this.log.durableEndOffset - step.behind)
        return
      case 'delete': {
        const { logStartOffset } = this.log
        return this.log.deleteRecordsBefore(logStartOffset + (step.at % (this.highWatermark - logStartOffset + 1)))
      }
      case 'pass':
        return this.clock.advance(step.ms)
      case 'retain':
        return void this.log.applyRetention(this.nowMs, this.highWatermark)
      case 'roll':
        return void this.log.maybeRoll(this.nowMs)
      case 'compact':
        return this.#compact()
      case 'restart': {
        const { log } = this
        log.closeClean()
        this.disk.kill()
        this.log = this.#openLog(log)
      }
    }
  }

  /** The first record from `offset` on that a consumer may be handed: what a search of everything finds. */
  oldestUnread(offset: number): { offset: number; timestamp: number } | null {
    const from = Math.max(offset, this.log.logStartOffset)
    for (const { offset: at, timestamp, transaction } of this.#rows) {
      const isAborted = transaction !== null && transaction.isAborted && transaction.endOffset < this.highWatermark
      if (at >= from && at < this.highWatermark && !isAborted) return { offset: at, timestamp }
    }
    return null
  }

  #openOffsets(): number[] {
    return [...this.#open.values()].map(({ firstOffset }) => firstOffset)
  }

  #openLog(before: Log | null): Log {
    const { disk, clock } = this
    return Log.open({
      disk,
      clock,
      directory: '/data/orders-0',
      config: this.#config,
      probe: SILENT_LOG_PROBE,
      cleanStart: before !== null,
      recoveryPoint: before?.recoveryPoint ?? 0,
      logStartOffset: before?.logStartOffset ?? 0,
      onFatal: error => {
        throw error
      }
    })
  }

  #records(steps: readonly RecordStep[]): Batch['records'] {
    return steps.map(({ key, time }) => ({
      key: Buffer.from(`k${key}`),
      value: Buffer.alloc(20),
      timestamp: time === null ? -1 : this.nowMs + time
    }))
  }

  #append(batch: Batch): number {
    const { logAppendTimeMs, producerId, isControl } = batch
    const { bytes, summary } = encode(batch)
    const origin = isControl ? 'coordinator' : 'client'
    const { baseOffset } = this.log.append(bytes, 0, bytes.length, summary, { leaderEpoch: 0, origin })
    if (isControl) return baseOffset
    let transaction = this.#open.get(producerId) ?? null
    if (transaction === null && producerId >= 0) {
      transaction = { firstOffset: baseOffset, endOffset: Infinity, isAborted: false }
      this.#open.set(producerId, transaction)
    }
    for (const [i, { timestamp }] of batch.records.entries()) {
      const stamped = logAppendTimeMs >= 0 ? logAppendTimeMs : timestamp
      this.#rows.push({ offset: baseOffset + i, timestamp: stamped, transaction })
    }
    return baseOffset
  }

  /** Also without an open transaction, as for a partition that got no records in it. */
  #end(producerId: number, isAbort: boolean): void {
    if (!this.#sequences.has(producerId)) return
    const record = { key: Buffer.from([0, 0, 0, isAbort ? 0 : 1]), value: Buffer.alloc(6), timestamp: this.nowMs }
    const endOffset = this.#append({ ...PLAIN, records: [record], producerId, isControl: true })
    const transaction = this.#open.get(producerId)
    if (transaction === undefined) return
    this.#open.delete(producerId)
    transaction.endOffset = endOffset
    transaction.isAborted = isAbort
  }

  #sync(): void {
    this.log.requestSync()
    // One that was under way did not cover everything.
    this.disk.completeSyncs()
    this.disk.completeSyncs()
  }

  /** What is left is read back: which records go is for the tests of compaction. */
  #compact(): void {
    if (this.#config.retentionMs >= 0) return
    const { log, disk, clock, highWatermark, lastStableOffset } = this
    const { plan, input, generation } = log.planRound({
      checkpointed: -1,
      lastStableOffset,
      highWatermark,
      nowMs: this.nowMs
    })
    if (plan.upToOffset <= plan.firstDirtyOffset) return
    const round = { ...input(), keyMapBytes: 1 << 16, hashSeed: [1, 2, 3, 4] as const }
    for (const group of compactLog(round, { disk, clock }).groups) log.swapIn(group, generation)
    const left = offsetsOf(log)
    this.#rows = this.#rows.filter(({ offset }) => left.has(offset))
  }
}

function offsetsOf(log: Log): Set<number> {
  const left = new Set<number>()
  const { logEndOffset: untilOffset } = log
  for (let fromOffset = log.logStartOffset; fromOffset < untilOffset; ) {
    const read = log.read({ fromOffset, untilOffset, bytesMax: 10_000, minOneBatch: true })
    const { buffer } = read
    if (buffer === null) break
    walkBatches(buffer, (at, size) => {
      for (const { offset } of readRecords(buffer.subarray(at, at + size))) left.add(offset)
    })
    fromOffset = read.nextOffset
    read.release()
  }
  return left
}

function encode(batch: Batch): { bytes: Buffer; summary: BatchSummary } {
  const { records, codec, logAppendTimeMs, producerId, baseSequence, isControl } = batch
  const builder = new RecordBatchBuilder()
  for (const record of records) builder.append(record)
  const producer = { producerId, producerEpoch: producerId < 0 ? -1 : 0, baseSequence }
  const isTransactional = producerId >= 0
  const bytes = builder.build({ codec, ...producer, isTransactional, isControl })
  if (logAppendTimeMs >= 0) {
    setMaxTimestampAndType(bytes, 0, logAppendTimeMs, 'LogAppendTime')
    recomputeCrc(bytes, 0, bytes.length)
  }
  const counts = { sizeBytes: bytes.length, recordCount: records.length, lastOffsetDelta: records.length - 1 }
  const times = { baseTimestamp: readBaseTimestamp(bytes, 0), maxTimestamp: readMaxTimestamp(bytes, 0) }
  return { bytes, summary: { ...counts, ...times, ...producer, isTransactional, codec, logAppendTimeMs } }
}

const record = fc.record({
  key: fc.nat(5),
  time: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -50, max: 0 }) },
    { weight: 2, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
    { weight: 1, arbitrary: fc.constant(null) }
  )
})
const records = fc.array(record, { minLength: 1, maxLength: 4 })
const of = <Name extends LogStep['do']>(name: Name) => fc.constant(name)

export const LOG_STEPS: fc.Arbitrary<LogStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: of('append'),
      records,
      codec: fc.constantFrom<CodecName[]>('none', 'none', 'gzip', 'zstd'),
      isLogAppendTime: fc.integer({ min: 0, max: 5 }).map(n => n === 5)
    })
  },
  { weight: 5, arbitrary: fc.record({ do: of('transact'), producerId: fc.nat(2), records }) },
  { weight: 4, arbitrary: fc.record({ do: of('end'), producerId: fc.nat(2), isAbort: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: of('sync'), behind: fc.oneof(fc.constant(0), fc.constant(0), fc.nat(4)) })
  },
  { weight: 1, arbitrary: fc.record({ do: of('delete'), at: fc.nat(10_000) }) },
  { weight: 4, arbitrary: fc.record({ do: of('pass'), ms: fc.nat(3000) }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom<('retain' | 'roll' | 'compact' | 'restart')[]>(
        'retain',
        'roll',
        'roll',
        'compact',
        'compact',
        'restart'
      )
      .map(name => ({ do: name }))
  }
)

/** Small segments; either retention by time, or compaction that drops what it may at once. */
export const LOG_CONFIGS: fc.Arbitrary<Partial<LogConfig>> = fc.record({
  segmentBytes: fc.integer({ min: 500, max: 2000 }),
  segmentMs: fc.constantFrom(1000, 1_000_000),
  indexIntervalBytes: fc.integer({ min: 50, max: 400 }),
  retentionMs: fc.constantFrom(-1, -1, -1, 3000),
  deleteRetentionMs: fc.constantFrom(0, 1000)
})
