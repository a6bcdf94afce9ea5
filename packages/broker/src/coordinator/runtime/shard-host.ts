import { type Clock, DiskError } from '@streambus/base'
import type { ErrorName } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { AppendRefused } from '@streambus/storage-log'
import type { Partition } from '../../partition/partition.ts'
import { CoordinatorRefused } from './coordinator-refused.ts'
import { PendingAnswers } from './pending-answers.ts'
import { replayLog } from './replay-log.ts'
import type { CoordinatorShard, Decision, RecordFormat, ShardTimers } from './shard.ts'
import { Timers } from './timers.ts'

/** A timer whose decision could not be written decides again after this time. */
const TIMER_RETRY_MS = 500

/** What a host reports. */
export interface HostProbe {
  loaded(partition: number, tookMs: number, records: number): void
  /** A record was left out, because it is damaged (`error`) or of a kind that this version does not know. */
  skipped(partition: number, offset: number, error: Error | null): void
  /** The log could not be read: the shard is not available. */
  loadFailed(partition: number, error: Error): void
  /** A decision of a timer threw what no verb may throw. */
  bug(error: unknown): void
}

export interface HostOptions<S extends CoordinatorShard<R>, R> {
  readonly partition: Partition
  readonly clock: Clock
  readonly format: RecordFormat<R>
  readonly createShard: (timers: ShardTimers<R>) => S
  /** How long an answer waits for its records to be committed. */
  readonly commitTimeoutMs: () => number
  readonly probe: HostProbe
}

type State = 'loading' | 'active' | 'failed' | 'closed'

/**
 * A shard and the partition that its records are in: loads it, writes what it decides, holds back answers until what
 * they rest on is committed. A record is appended before it is replayed, and appends are synchronous, so there is
 * never anything to take back.
 */
export class ShardHost<S extends CoordinatorShard<R>, R> {
  readonly partition: Partition
  readonly #options: HostOptions<S, R>
  readonly #timers: Timers
  readonly #pending: PendingAnswers
  readonly #builder = new RecordBatchBuilder()
  readonly #shard: S
  #state: State = 'loading'
  /** What is decided as soon as the log is read. */
  #awaiting: (() => void)[] = []
  /** Where the log ended after the last decision that wrote. */
  #endOffset = 0

  constructor(options: HostOptions<S, R>) {
    this.partition = options.partition
    this.#options = options
    this.#timers = new Timers(options.clock)
    this.#pending = new PendingAnswers(options.clock, options.commitTimeoutMs)
    this.#shard = options.createShard({
      set: (key, delayMs, decide) => this.#setTimer(key, delayMs, decide),
      cancel: key => this.#timers.cancel(key),
      has: key => this.#timers.has(key)
    })
    options.partition.watch(this)
  }

  /** Null while it is loading or gone; for what only looks, such as metrics. */
  get shard(): S | null {
    return this.#state === 'active' ? this.#shard : null
  }

  get isLoading(): boolean {
    return this.#state === 'loading'
  }

  /** Its log could not be read. */
  get isFailed(): boolean {
    return this.#state === 'failed'
  }

  /** Reads the log in steps; until the last of them requests are refused. */
  *load(): Generator<void, void> {
    const { clock, format, probe, partition } = this.#options
    const startedMs = clock.monotonicMs()
    let records = 0
    const onRecord = (record: R): void => {
      records++
      this.#shard.replay(record)
    }
    const onSkipped = (offset: number, error: Error | null): void => probe.skipped(partition.index, offset, error)
    const steps = replayLog({ log: partition.log, format, onRecord, onSkipped })
    while (this.#state === 'loading') {
      try {
        if (steps.next().done === true) break
      } catch (error) {
        this.#state = 'failed'
        return probe.loadFailed(partition.index, error as Error)
      }
      yield
    }
    if (this.#state !== 'loading') return
    this.#state = 'active'
    this.#endOffset = partition.log.logEndOffset
    this.#shard.loaded(clock.wallMs())
    probe.loaded(partition.index, clock.monotonicMs() - startedMs, records)
    for (const decide of this.#awaiting.splice(0)) decide()
  }

  /** Rejects with CoordinatorRefused, or with what the decision threw. */
  decide<T>(run: (shard: S, nowMs: number) => Decision<R, T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#checkActive()
      this.#carryOut(run(this.#shard, this.#options.clock.wallMs()), resolve, reject)
    })
  }

  /**
   * For what nobody waits for: decided now, or before anything else when it is loading, or never when it is loaded
   * elsewhere. What cannot be written is for the shard to try again.
   */
  tell(run: (shard: S, nowMs: number) => Decision<R, void>): void {
    if (this.#state === 'loading') {
      this.#awaiting.push(() => this.tell(run))
      return
    }
    if (this.#state !== 'active') return
    this.decide(run).catch((error: unknown) => {
      if (!(error instanceof CoordinatorRefused)) this.#options.probe.bug(error)
    })
  }

  /** Nothing is decided here any more; whoever waits gets the error. */
  close(error: ErrorName): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#awaiting = []
    this.partition.unwatch(this)
    this.#timers.cancelAll()
    this.#pending.failAll()
    this.#shard.unloaded(error)
  }

  /** FetchWatcher: the high watermark has moved, or the partition is gone. */
  wake(): void {
    if (this.partition.isGone) return this.close('NOT_COORDINATOR')
    this.#pending.advance(this.partition.highWatermark)
  }

  #checkActive(): void {
    switch (this.#state) {
      case 'active':
        return
      case 'loading':
        throw new CoordinatorRefused('COORDINATOR_LOAD_IN_PROGRESS', 'the coordinator is reading its log')
      case 'failed':
        throw new CoordinatorRefused('COORDINATOR_NOT_AVAILABLE', "the coordinator's log cannot be read")
      case 'closed':
        throw new CoordinatorRefused('NOT_COORDINATOR', 'the coordinator of this group is elsewhere')
    }
  }

  #carryOut<T>(decision: Decision<R, T>, resolve: (answer: T) => void, reject: (error: Error) => void): void {
    const { records, answer, committed, failed } = decision
    if (records.length > 0) {
      try {
        this.#append(records)
      } catch (error) {
        const refused = refusedBy(error)
        failed?.(refused.errorName)
        throw refused
      }
      if (decision.isApplied !== true) for (const record of records) this.#shard.replay(record)
    }
    const done = (): void => {
      committed?.()
      resolve(answer)
    }
    if (this.#endOffset <= this.partition.highWatermark) return done()
    this.#pending.push({
      endOffset: this.#endOffset,
      committed: done,
      timedOut: () => {
        const errorName = this.#state === 'closed' ? 'NOT_COORDINATOR' : 'COORDINATOR_NOT_AVAILABLE'
        failed?.(errorName)
        reject(new CoordinatorRefused(errorName, 'the records were not committed in time'))
      }
    })
  }

  #append(records: readonly R[]): void {
    const { clock, format } = this.#options
    const { refusal } = this.partition
    if (refusal !== null) throw new CoordinatorRefused('COORDINATOR_NOT_AVAILABLE', refusal)
    const timestamp = clock.wallMs()
    this.#builder.reset()
    for (const record of records) this.#builder.append({ ...format.encode(record), headers: [], timestamp })
    const appended = this.partition.appendOwn(this.#builder.build())
    this.#endOffset = appended.lastOffset + 1
    this.partition.commitLater(appended)
  }

  #setTimer(key: string, delayMs: number, decide: (nowMs: number) => Decision<R, void>): void {
    this.#timers.set(key, delayMs, () => {
      if (this.#state !== 'active') return
      this.decide((_shard, nowMs) => decide(nowMs)).catch((error: unknown) => {
        if (!(error instanceof CoordinatorRefused)) return this.#options.probe.bug(error)
        if (this.#state === 'active') this.#setTimer(key, TIMER_RETRY_MS, decide)
      })
    })
  }
}

/** What of an append's failures a client hears. */
function refusedBy(error: unknown): CoordinatorRefused {
  if (error instanceof CoordinatorRefused) return error
  if (error instanceof AppendRefused && error.errorName !== 'KAFKA_STORAGE_ERROR') {
    return new CoordinatorRefused('RECORD_LIST_TOO_LARGE', error.message)
  }
  if (error instanceof AppendRefused) return new CoordinatorRefused('COORDINATOR_NOT_AVAILABLE', error.message)
  if (error instanceof DiskError) return new CoordinatorRefused('COORDINATOR_NOT_AVAILABLE', error.message)
  throw error
}
