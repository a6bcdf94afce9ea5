import { type Clock, DiskError, type Timer } from '@streambus/base'
import { isShortage, type LogDirectory } from '@streambus/storage-log'
import type { PartitionSet } from './partition-set.ts'

/** How late an acks=all answer may notice that its time is up. */
const WAITS_MS = 250
const FLUSH_MS = 1_000
const CHECKPOINT_MS = 60_000
/** How soon a partition that had no room to open is tried again. */
const RETRY_MS = 5_000
/** Bounds what a start has to read again to know its producers. */
const SNAPSHOT_MS = 600_000

export interface HousekeepingOptions {
  readonly clock: Clock
  readonly partitions: PartitionSet
  readonly directories: readonly LogDirectory[]
  readonly retentionCheckMs: () => number
  /** No room for what can wait: it is tried again next time. */
  readonly onShortage: (error: DiskError) => void
}

/**
 * What partitions need from time to time. One timer each for all partitions, so that an idle partition costs nothing.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #timers = new Map<string, Timer>()

  constructor(options: HousekeepingOptions) {
    this.#options = options
  }

  start(): void {
    const { clock, partitions, retentionCheckMs } = this.#options
    this.#every(
      'waits',
      () => WAITS_MS,
      () => {
        const nowMs = clock.monotonicMs()
        for (const partition of partitions.all()) partition.expireWaits(nowMs)
      }
    )
    this.#every(
      'flush',
      () => FLUSH_MS,
      () => {
        for (const { log } of partitions.all()) log.flushIfDue()
      }
    )
    this.#every(
      'offline',
      () => RETRY_MS,
      () => partitions.retryOffline()
    )
    this.#every('retention', retentionCheckMs, () => {
      for (const partition of partitions.all()) partition.applyRetention()
    })
    this.#every(
      'snapshot',
      () => SNAPSHOT_MS,
      () => {
        for (const { log } of partitions.all()) log.snapshotProducers()
      }
    )
    this.#every(
      'checkpoint',
      () => CHECKPOINT_MS,
      () => this.saveCheckpoints()
    )
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** Bounds what an unclean start has to check. */
  saveCheckpoints(): void {
    for (const { log } of this.#options.partitions.all()) log.saveCaches()
    for (const directory of this.#options.directories) {
      const rows = [...this.#options.partitions.in(directory)].map(({ topic, index, log }) => ({
        topic,
        partition: index,
        recoveryPoint: log.recoveryPoint,
        logStartOffset: log.logStartOffset
      }))
      directory.saveCheckpoints(rows)
    }
  }

  /** A full disk must not end a broker that can still serve its readers; any other disk error must. */
  #attempt(run: () => void): void {
    try {
      run()
    } catch (error) {
      if (!(error instanceof DiskError) || !isShortage(error)) throw error
      this.#options.onShortage(error)
    }
  }

  #every(name: string, periodMs: () => number, run: () => void): void {
    const plan = (): void => {
      this.#timers.set(
        name,
        this.#options.clock.after(periodMs(), () => {
          this.#attempt(run)
          plan()
        })
      )
    }
    plan()
  }
}
