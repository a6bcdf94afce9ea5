import { type Clock, DiskError, type Prng, type Timer } from '@streambus/base'
import {
  type CleanedGroup,
  type CompactionInput,
  type CompactionRound,
  isShortage,
  isUnreadable,
  type LogDirectory
} from '@streambus/storage-log'
import type { Partition } from '../partition/partition.ts'
import type { PartitionSet } from '../partition/partition-set.ts'
import type { CleanerProbe } from './cleaner-probe.ts'
import type { CompactionRunner } from './runner.ts'

/** What a record needs at least, its share of a batch header left out: bounds the keys that a section can hold. */
const RECORD_BYTES_MIN = 9
/** Of the key map: 24 bytes an entry, nine tenths of them used. */
const KEY_BYTES = 27
const KEY_MAP_BYTES_MIN = 64 * 1024

export interface CleanerSettings {
  readonly backoffMs: number
  readonly dedupeBufferBytes: number
  readonly ioBufferBytes: number
  readonly bytesPerSecond: number
}

export interface LogCleanerOptions {
  readonly clock: Clock
  readonly prng: Prng
  readonly partitions: PartitionSet
  readonly directories: readonly LogDirectory[]
  /** Swapping in would wait for the disk on the event loop. */
  readonly isStalled: (directory: LogDirectory) => boolean
  /** A round would take the room that is there for freeing space. */
  readonly isFull: (directory: LogDirectory) => boolean
  readonly runner: CompactionRunner
  /** Wall time by which records and tombstones age. */
  readonly ageNowMs: () => number
  readonly settings: () => CleanerSettings
  readonly probe: CleanerProbe
  readonly onFatal: (error: DiskError) => void
}

interface Candidate {
  readonly partition: Partition
  readonly home: LogDirectory
  readonly round: CompactionRound
}

/**
 * Compacts logs with `cleanup.policy=compact`, one after the other, the dirtiest first. Rounds run in the runner;
 * swapping in what they have cleaned, and the checkpoint of how far, happen here.
 */
export class LogCleaner {
  readonly #options: LogCleanerOptions
  /** Not tried again: what stopped them would stop them again. */
  readonly #uncleanable = new Set<Partition>()
  #timer: Timer | null = null
  #running: Promise<void> | null = null
  #isStopped = false

  constructor(options: LogCleanerOptions) {
    this.#options = options
  }

  /** Partitions that are not tried again before a restart. */
  get uncleanableCount(): number {
    return this.#uncleanable.size
  }

  start(): void {
    this.#timer = this.#options.clock.after(this.#options.settings().backoffMs, () => {
      this.#running = this.#cleanAll().then(() => {
        this.#running = null
        if (!this.#isStopped) this.start()
      })
    })
  }

  /** Resolves when no round is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#options.runner.stop()
    await this.#running
  }

  async #cleanAll(): Promise<void> {
    this.#forgetGone()
    for (;;) {
      const candidate = this.#isStopped ? null : this.#dirtiest()
      if (candidate === null || !(await this.#clean(candidate))) return
    }
  }

  /** A topic that is deleted takes its trouble with it. */
  #forgetGone(): void {
    const before = this.#uncleanable.size
    for (const partition of this.#uncleanable) if (partition.isGone) this.#uncleanable.delete(partition)
    if (this.#uncleanable.size !== before) this.#options.probe.uncleanable(this.#uncleanable.size)
  }

  #dirtiest(): Candidate | null {
    let best: Candidate | null = null
    let maxDirtyRatio = 0
    let backlogBytes = 0
    for (const home of this.#options.directories) {
      if (this.#options.isStalled(home) || this.#options.isFull(home)) continue
      for (const partition of this.#options.partitions.in(home)) {
        const round = this.#roundOf(partition, home)
        if (round === null) continue
        maxDirtyRatio = Math.max(maxDirtyRatio, round.plan.dirtyRatio)
        if (round.plan.isDue) backlogBytes += round.plan.dirtyBytes
        const isBetter = best === null || round.plan.dirtyRatio > best.round.plan.dirtyRatio
        if (round.plan.isDue && isBetter) best = { partition, home, round }
      }
    }
    this.#options.probe.looked({ maxDirtyRatio, backlogBytes })
    return best
  }

  /** Null when there is nothing to do. */
  #roundOf(partition: Partition, home: LogDirectory): CompactionRound | null {
    const { log } = partition
    if (!partition.settings.isCompacted || log.isFailed || this.#uncleanable.has(partition)) return null
    const checkpointed = home.firstDirtyOffsetOf(partition.topic, partition.index)
    // Only the active segment is dirty, and that one is never compacted.
    if (checkpointed >= log.activeSegment.baseOffset || log.segmentCount === 1) return null
    const { lastStableOffset, highWatermark } = partition
    const nowMs = this.#options.ageNowMs()
    try {
      return log.planRound({ checkpointed, lastStableOffset, highWatermark, nowMs })
    } catch (error) {
      if (!isUnreadable(error)) throw error
      this.#giveUp(partition, error)
      return null
    }
  }

  /** False when the cleaner should rest before it goes on. */
  async #clean({ partition, home, round }: Candidate): Promise<boolean> {
    const { runner, probe, settings } = this.#options
    const { log } = partition
    const before = log.sizeBytes
    let isWhole = true
    const onGroup = (group: CleanedGroup): void => {
      try {
        const isWanted = !this.#isStopped && !partition.isGone && !this.#options.isStalled(home)
        isWhole = isWanted && log.swapIn(group, round.generation) && isWhole
      } catch (error) {
        // The log has reported it, and called for the end of the process unless there was just no room.
        if (!(error instanceof DiskError)) throw error
        isWhole = false
      }
    }
    probe.started()
    try {
      const { bytesPerSecond } = settings()
      const result = await runner.run({ input: this.#inputOf(round), bytesPerSecond, onGroup })
      if (result.outcome !== 'done' || !isWhole || partition.isGone || this.#isStopped) return false
      home.saveFirstDirtyOffset(partition.topic, partition.index, result.endOffset)
      probe.compacted(partition, result.stats, Math.max(0, before - log.sizeBytes))
      return true
    } catch (error) {
      this.#failed(partition, error as Error)
      return false
    } finally {
      probe.ended()
    }
  }

  #inputOf({ plan, input }: CompactionRound): CompactionInput {
    const { prng, settings } = this.#options
    const { dedupeBufferBytes, ioBufferBytes } = settings()
    const needed = Math.ceil(plan.dirtyBytes / RECORD_BYTES_MIN) * KEY_BYTES
    return {
      ...input(),
      keyMapBytes: Math.min(dedupeBufferBytes, Math.max(KEY_MAP_BYTES_MIN, needed)),
      ioBytes: Math.max(1, Math.floor(ioBufferBytes / 2)),
      hashSeed: [prng.u32(), prng.u32(), prng.u32(), prng.u32()]
    }
  }

  /** What a round writes is new files: no room for them costs the round. A disk that fails to sync ends the process. */
  #failed(partition: Partition, error: Error): void {
    if (partition.isGone || this.#isStopped) return
    if (!(error instanceof DiskError)) this.#giveUp(partition, error)
    else if (error.operation === 'read') this.#giveUp(partition, error)
    else if (isShortage(error)) this.#options.probe.failed(partition, error, false)
    else this.#options.onFatal(error)
  }

  #giveUp(partition: Partition, error: Error): void {
    this.#uncleanable.add(partition)
    this.#options.probe.failed(partition, error, true)
    this.#options.probe.uncleanable(this.#uncleanable.size)
  }
}
