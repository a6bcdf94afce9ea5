import { assert } from '@streambus/base'
import { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import type { DiskTrace } from '../../../testkit/src/sim-disk/trace.ts'
import {
  AppendRefused,
  type CompactionResult,
  compactLog,
  LOG_CONFIG_DEFAULTS,
  type Log,
  type LogConfig
} from '../../src/index.ts'
import { type BatchSpec, type Made, makeBatch, makeMarker } from '../batches.ts'
import { must } from './contents.ts'
import { type Expectation, emptyLedger, type LedgerState, recordsOf, startingAt, type WrittenBatch } from './ledger.ts'
import { type OpenedDisk, openDisk, TOPIC } from './open-disk.ts'
import { survivors } from './survivors.ts'

const START_MS = 1_700_000_000_000

export interface Sequenced {
  readonly producerId: number
  readonly producerEpoch?: number
  readonly baseSequence: number
  readonly isTransactional?: boolean
}

/** A finished workload: what happened to the disk, and what had to be true in between. */
export interface Recording {
  readonly trace: DiskTrace<Expectation>
  readonly config: LogConfig
}

/** Runs a workload step by step on a recorded disk and keeps the ledger. */
export class Driver {
  readonly config: LogConfig
  readonly #disk = new MemoryDisk({ syncs: 'manual' })
  readonly #trace: DiskTrace<Expectation>
  #opened: OpenedDisk | null = null
  #state: LedgerState
  #tags = 0
  leaderEpoch = 0

  /** `sabotage` may spoil the disk before anything is written to it. */
  constructor(config: Partial<LogConfig>, sabotage: (disk: MemoryDisk) => void = () => {}) {
    this.config = { ...LOG_CONFIG_DEFAULTS, segmentBytes: 3000, indexIntervalBytes: 400, ...config }
    this.#trace = this.#disk.record()
    sabotage(this.#disk)
    this.#state = emptyLedger(START_MS)
    this.#open('open a new log')
  }

  get log(): Log {
    return this.#now.log
  }

  get state(): LedgerState {
    return this.#state
  }

  get nowMs(): number {
    return this.#state.nowMs
  }

  finish(): Recording {
    this.#step('the end', () => {})
    return { trace: this.#trace, config: this.config }
  }

  pass(ms: number): void {
    this.#now.clock.nowMs += ms
    this.#set({ nowMs: this.nowMs + ms })
  }

  append(spec: BatchSpec & Partial<Sequenced>): void {
    const made = makeBatch({ ...spec, tag: this.#tags++ % 10 })
    this.#append(made, spec.timestamps, null)
  }

  /** Ends a transaction, with a control batch as the coordinator writes it. */
  endTransaction(producerId: number, producerEpoch: number, marker: 'commit' | 'abort'): void {
    this.#append(makeMarker(producerId, producerEpoch, 0, marker), [5], marker)
  }

  /** The last batch of the producer again; nothing may be written. */
  retry(producerId: number): void {
    const last = this.#state.batches.findLast(batch => batch.summary.producerId === producerId && batch.marker === null)
    assert(last !== undefined, `producer ${producerId} has written nothing`)
    this.#step('retry', () => {
      const options = { leaderEpoch: this.leaderEpoch, origin: 'client' } as const
      const { kind } = this.log.append(Buffer.from(last.bytes), 0, last.bytes.length, last.summary, options)
      assert(kind === 'duplicate', 'a repeated batch is a duplicate')
    })
  }

  sync(): void {
    this.beginSync()
    this.endSync()
  }

  beginSync(): void {
    this.#step('begin a sync', () => this.log.requestSync())
  }

  endSync(): void {
    this.#step('end of a sync', () => this.#disk.completeSyncs())
  }

  /** The sync fails and its pages count as clean from then on, which ends the process. */
  failSync(): void {
    if (this.log.durableEndOffset === this.log.logEndOffset) return
    this.#step('a sync fails', () => {
      this.#disk.failNext('sync', { code: 'EIO', path: '.log', marksClean: true })
      this.log.requestSync()
      this.#disk.completeSyncs()
      must(this.#now.fatal.length === 1, () => 'a failed sync ends the process')
    })
    this.restartKilled()
  }

  /** A batch of which only the first `shortBytes` find room, and which is refused. */
  appendToFullDisk(spec: BatchSpec, shortBytes: number): void {
    const { bytes, summary } = makeBatch(spec)
    this.#step('append to a full disk', () => {
      this.#disk.failNext('write', { code: 'ENOSPC', path: '.log', shortBytes: Math.min(shortBytes, bytes.length - 1) })
      const options = { leaderEpoch: this.leaderEpoch, origin: 'client' } as const
      must(
        isRefused(() => this.log.append(bytes, 0, bytes.length, summary, options)),
        () => 'a full disk takes nothing'
      )
    })
  }

  /** One compaction round, due or not: each group is swapped in as a whole, and the checkpoint comes last. */
  compact(): void {
    const { directory, clock } = this.#now
    const highWatermark = this.log.durableEndOffset
    const checkpointed = directory.firstDirtyOffsetOf(TOPIC, 0)
    const bounds = { checkpointed, lastStableOffset: highWatermark, highWatermark, nowMs: this.nowMs }
    const { plan, input, generation } = this.log.planRound(bounds)
    if (plan.upToOffset <= plan.firstDirtyOffset) return
    let cleaned: CompactionResult | null = null
    this.#step('compaction round', () => {
      const round = { ...input(), keyMapBytes: 1 << 16, ioBytes: 512, hashSeed: [1, 2, 3, 4] as const }
      cleaned = compactLog(round, { disk: this.#disk, clock })
    })
    const { groups, endOffset } = cleaned as unknown as CompactionResult
    for (const group of groups) {
      this.#step(`swap in ${group.baseOffset}`, () => {
        must(this.log.swapIn(group, generation), () => 'nothing has changed since the round')
        this.#set({ batches: survivors(this.log, this.#state.batches, group), hasGaps: true })
      })
    }
    this.#step('cleaner checkpoint', () => directory.saveFirstDirtyOffset(TOPIC, 0, endOffset))
  }

  roll(): void {
    this.pass(this.config.segmentMs + 1)
    this.#step('roll by time', () => void this.log.maybeRoll(this.nowMs))
  }

  snapshot(): void {
    this.#step('producer snapshot', () => this.log.snapshotProducers())
  }

  checkpoint(): void {
    this.#step('checkpoint', () => this.#now.checkpoint())
  }

  newEpoch(): void {
    this.leaderEpoch++
    const assigned = { epoch: this.leaderEpoch, startOffset: this.#state.endOffset }
    this.#step(`epoch ${this.leaderEpoch}`, () => {
      this.log.assignEpoch(this.leaderEpoch)
      this.#set({ epochs: [...this.#state.epochs, assigned] })
    })
  }

  retain(highWatermark = this.log.durableEndOffset): void {
    this.#step('retention', () => {
      const limit = Math.max(this.#state.startOffset, Math.min(highWatermark, this.log.durableEndOffset))
      this.log.applyRetention(this.nowMs, highWatermark)
      assert(this.log.logStartOffset <= limit, 'retention deletes nothing that is not decided')
      this.#set(startingAt(this.#state, this.log.logStartOffset))
    })
  }

  deleteRecords(offset: number): void {
    this.#step(`delete records below ${offset}`, () => {
      this.log.deleteRecordsBefore(offset)
      if (offset > this.#state.startOffset) this.#set(startingAt(this.#state, offset))
    })
  }

  truncate(offset: number): void {
    const isWhole = offset <= this.log.logStartOffset
    this.#step(`truncate to ${offset}`, () => this.#cut(() => this.log.truncateTo(offset)), isWhole)
  }

  restartAt(offset: number): void {
    this.#step(`restart at ${offset}`, () => this.#cut(() => this.log.restartAt(offset)), true)
  }

  restartClean(): void {
    this.#step('clean stop', () => this.#now.closeClean())
    this.#open('start after a clean stop')
  }

  /** kill −9 and a new start: the page cache survives, and what was not synced with it. */
  restartKilled(): void {
    this.#disk.kill()
    this.#open('start after a kill')
  }

  get #now(): OpenedDisk {
    assert(this.#opened !== null, 'the log is open')
    return this.#opened
  }

  #open(step: string): void {
    this.#step(step, () => {
      this.#opened = openDisk(this.#disk, { config: this.config, nowMs: this.nowMs })
    })
  }

  #append(made: Made, timestamps: readonly number[], marker: WrittenBatch['marker']): void {
    const { bytes, summary } = made
    this.#step(`append ${timestamps.length} records`, () => {
      const origin = marker === null ? 'client' : 'coordinator'
      const { leaderEpoch } = this
      const result = this.log.append(bytes, 0, bytes.length, summary, { leaderEpoch, origin })
      const { baseOffset, lastOffset, kind } = result
      assert(kind === 'appended' && baseOffset === this.#state.endOffset, 'a new batch goes to the end')
      const records = recordsOf(baseOffset, timestamps)
      const batch = { baseOffset, lastOffset, leaderEpoch, bytes, summary, records, marker }
      const known = this.#state.epochs.some(({ epoch }) => epoch === leaderEpoch)
      this.#set({
        batches: [...this.#state.batches, batch],
        endOffset: lastOffset + 1,
        epochs: known ? this.#state.epochs : [...this.#state.epochs, { epoch: leaderEpoch, startOffset: baseOffset }]
      })
    })
  }

  #cut(cut: () => void): void {
    cut()
    const { logStartOffset: startOffset, logEndOffset: endOffset } = this.log
    const batches = this.#state.batches.filter(batch => batch.lastOffset < endOffset)
    const epochs = this.#state.epochs.filter(epoch => epoch.startOffset < endOffset)
    this.#set({ batches, epochs, startOffset, endOffset })
  }

  /** `change` does something to the log and replaces the ledger's state. */
  #step(step: string, change: () => void, dropsAll = false): void {
    const expectation: Expectation = { step, before: this.#state, after: this.#state, dropsAll }
    this.#trace.mark(expectation)
    change()
    const { log } = this
    this.#set({ acknowledgedOffset: log.durableEndOffset })
    expectation.after = this.#state
    const { startOffset, endOffset } = this.#state
    const isSame = log.logStartOffset === startOffset && log.logEndOffset === endOffset
    must(isSame, () => `${step}: ${startOffset} … ${endOffset} has become ${log.logStartOffset} … ${log.logEndOffset}`)
  }

  #set(change: Partial<LedgerState>): void {
    this.#state = { ...this.#state, ...change }
  }
}

function isRefused(append: () => unknown): boolean {
  try {
    append()
    return false
  } catch (error) {
    if (error instanceof AppendRefused) return true
    throw error
  }
}
