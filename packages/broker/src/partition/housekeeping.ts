import { type Clock, type Disk, DiskError, type Timer } from '@streambus/base'
import { isShortage, type LogDirectory } from '@streambus/storage-log'
import type { Partition } from './partition.ts'
import type { PartitionSet } from './partition-set.ts'
import type { RetentionClock } from './retention-clock.ts'
import { SlicedWork } from './sliced-work.ts'
import { writeTrustedTime } from './trusted-time-file.ts'

/** How late an acks=all answer may notice that its time is up. */
const WAITS_MS = 250
/** How late `flush.ms` may be on a log that nobody writes to any more. */
const FLUSH_MS = 250
/** How soon a step of the wall clock is noticed. */
const CLOCK_MS = 10_000
/** How soon a partition that had no room to open is tried again. */
const RETRY_MS = 5_000
/** Bounds what a start has to read again to know its producers. */
const SNAPSHOT_MS = 600_000

export interface HousekeepingOptions {
  readonly clock: Clock
  readonly disk: Disk
  readonly partitions: PartitionSet
  readonly directories: readonly LogDirectory[]
  /** By what records age. */
  readonly retentionClock: RetentionClock
  readonly retentionCheckMs: () => number
  readonly checkpointMs: () => number
  /** What syncs in this directory would stop the event loop until the disk answers: it waits for the next time. */
  readonly isStalled: (directory: LogDirectory) => boolean
  /** No room for what can wait: it is tried again next time. */
  readonly onShortage: (error: DiskError) => void
}

/**
 * What partitions need from time to time. One timer each for all partitions, so that an idle partition costs nothing;
 * what takes long for thousands of them is done in slices.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #timers = new Map<string, Timer>()
  readonly #sliced: SlicedWork

  constructor(options: HousekeepingOptions) {
    this.#options = options
    this.#sliced = new SlicedWork({ clock: options.clock, onError: error => this.#failed(error) })
  }

  start(): void {
    const { clock, partitions, retentionClock, retentionCheckMs, checkpointMs } = this.#options
    this.#every(WAITS_MS, 'waits', () => {
      const nowMs = clock.monotonicMs()
      for (const partition of partitions.all()) partition.expireWaits(nowMs)
    })
    this.#every(FLUSH_MS, 'flush', () => {
      for (const { log } of partitions.all()) log.flushIfDue()
    })
    this.#every(CLOCK_MS, 'clock', () => void retentionClock.nowMs())
    this.#every(RETRY_MS, 'offline', () => partitions.retryOffline())
    this.#inSlices(retentionCheckMs, 'retention', directory =>
      this.#each(directory, partition => partition.applyRetention(retentionClock.nowMs()))
    )
    this.#inSlices(SNAPSHOT_MS, 'snapshot', directory => this.#each(directory, ({ log }) => log.snapshotProducers()))
    this.#inSlices(checkpointMs, 'checkpoint', directory => this.#checkpoint(directory))
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#sliced.stop()
  }

  /** Bounds what an unclean start has to check. At once, for a stop. */
  saveCheckpoints(): void {
    const { directories, partitions } = this.#options
    for (const directory of directories) {
      for (const { log } of partitions.in(directory)) log.saveCaches()
      this.#writeCheckpoints(directory)
    }
  }

  *#checkpoint(directory: LogDirectory): Generator<void, void> {
    yield* this.#each(directory, ({ log }) => log.saveCaches())
    if (!this.#options.isStalled(directory)) this.#writeCheckpoints(directory)
  }

  /** Not in slices: a log that is cut between being asked and being written down would be promised too much. */
  #writeCheckpoints(directory: LogDirectory): void {
    const { disk, partitions, retentionClock } = this.#options
    const rows = [...partitions.in(directory)].map(({ topic, index, log }) => ({
      topic,
      partition: index,
      recoveryPoint: log.recoveryPoint,
      logStartOffset: log.logStartOffset
    }))
    directory.saveCheckpoints(rows)
    directory.ballast.withRoom(() => writeTrustedTime(disk, directory.path, retentionClock.nowMs()))
  }

  /** The partitions that are there when their turn comes; those of a stalled disk have none. */
  *#each(directory: LogDirectory, run: (partition: Partition) => void): Generator<void, void> {
    const { partitions, isStalled } = this.#options
    for (const partition of partitions.in(directory)) {
      if (isStalled(directory)) return
      try {
        run(partition)
      } catch (error) {
        // No room for this one: the next may give some.
        this.#failed(error)
      }
      yield
    }
  }

  /** A full disk must not end a broker that can still serve its readers; any other disk error must. */
  #failed(error: unknown): void {
    if (!(error instanceof DiskError) || !isShortage(error)) throw error
    this.#options.onShortage(error)
  }

  #inSlices(
    periodMs: number | (() => number),
    name: string,
    work: (directory: LogDirectory) => Generator<void, void>
  ): void {
    this.#every(periodMs, name, () => {
      for (const directory of this.#options.directories) {
        this.#sliced.add(`${name} ${directory.path}`, work(directory))
      }
    })
  }

  #every(periodMs: number | (() => number), name: string, run: () => void): void {
    const plan = (): void => {
      const delayMs = typeof periodMs === 'number' ? periodMs : periodMs()
      this.#timers.set(
        name,
        this.#options.clock.after(delayMs, () => {
          try {
            run()
          } catch (error) {
            this.#failed(error)
          }
          plan()
        })
      )
    }
    plan()
  }
}
