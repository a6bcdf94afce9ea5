import type { Disk } from '@streambus/base'
import { CLEANER_CHECKPOINT, writeCleanerCheckpoint } from '../compaction/cleaner-checkpoint.ts'
import { parsePartitionDirectoryName, partitionDirectoryName } from '../file-names.ts'
import type { IgnoredFile } from '../log-probe.ts'
import { Ballast } from './ballast.ts'
import {
  LOG_START_CHECKPOINT,
  type OffsetEntry,
  RECOVERY_POINT_CHECKPOINT,
  readOffsetCheckpoint,
  writeOffsetCheckpoint
} from './checkpoints.ts'
import { CleanShutdownMarker } from './clean-shutdown.ts'

const NOWHERE: { readonly recoveryPoint?: number; readonly logStartOffset?: number } = {}

/** What the checkpoints say of a log. */
export interface CheckpointedLog {
  readonly topic: string
  readonly partition: number
  /** All records below are durable. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
}

/** What follows when a checkpoint counts as missing. */
const WITHOUT = {
  [RECOVERY_POINT_CHECKPOINT]:
    'after an unclean stop the last segments are checked as a whole, and what is bad at their ends counts as torn',
  [CLEANER_CHECKPOINT]: 'all records of compacted topics are compacted once more',
  [LOG_START_CHECKPOINT]: 'log starts come from the partitions themselves'
} as const

/** One `log.dirs` entry: its lock, its clean marker, its checkpoints and the partitions in it. */
export class LogDirectory {
  readonly path: string
  /** Whether the last stop was clean. The marker is gone already. */
  readonly cleanStart: boolean
  /** The broker epoch of the last clean stop; −1 after an unclean one. */
  readonly previousBrokerEpoch: number
  /** Its checkpoints and its marker use it by themselves. */
  readonly ballast: Ballast
  /** Files of this directory that were damaged and count as missing; to be said aloud. */
  readonly ignored: readonly IgnoredFile[]
  readonly #disk: Disk
  readonly #lock: { release(): void }
  /** What the checkpoints on the disk say. */
  #recoveryPoints: Map<string, OffsetEntry>
  #firstDirty: Map<string, OffsetEntry>
  readonly #logStarts: Map<string, OffsetEntry>
  readonly #alsoCheckpointed: (() => CheckpointedLog)[] = []

  /** Creates the directory when it is missing and locks it. Throws DiskError; ELOCKED names the holder. */
  static open(disk: Disk, path: string): LogDirectory {
    if (!disk.exists(path)) {
      disk.makeDirectory(path)
      disk.syncDirectory(path.slice(0, path.lastIndexOf('/')) || '/')
    }
    const ballast = new Ballast(disk, path)
    // No room means that nobody holds it: the ballast is ours.
    const lock = ballast.withRoom(() => disk.lock(`${path}/.lock`))
    return new LogDirectory(disk, lock, { path, ballast })
  }

  private constructor(
    disk: Disk,
    lock: { release(): void },
    { path, ballast }: { readonly path: string; readonly ballast: Ballast }
  ) {
    this.#disk = disk
    this.path = path
    this.ballast = ballast
    this.#lock = lock
    const ignored: IgnoredFile[] = []
    const cleanShutdown = new CleanShutdownMarker(disk, path)
    const marker = cleanShutdown.take()
    if (cleanShutdown.wasDamaged) ignored.push(damagedMarker(cleanShutdown.path))
    this.cleanStart = marker !== null
    this.previousBrokerEpoch = marker?.brokerEpoch ?? -1
    const load = (name: keyof typeof WITHOUT): Map<string, OffsetEntry> => {
      const { entries, problem } = readOffsetCheckpoint(disk, `${path}/${name}`)
      if (problem !== null) ignored.push({ path: `${path}/${name}`, problem, consequence: WITHOUT[name] })
      return byPartition(entries)
    }
    this.#recoveryPoints = load(RECOVERY_POINT_CHECKPOINT)
    this.#firstDirty = load(CLEANER_CHECKPOINT)
    this.#logStarts = load(LOG_START_CHECKPOINT)
    this.ignored = ignored
  }

  /** Partition directories present on disk, by name. */
  partitions(): { topic: string; partition: number; path: string }[] {
    const found: { topic: string; partition: number; path: string }[] = []
    for (const entry of this.#disk.list(this.path)) {
      const parsed = entry.isDirectory ? parsePartitionDirectoryName(entry.name) : null
      if (parsed !== null) found.push({ ...parsed, path: `${this.path}/${entry.name}` })
    }
    return found
  }

  partitionPath(topic: string, partition: number): string {
    return `${this.path}/${partitionDirectoryName(topic, partition)}`
  }

  /** What the last checkpoints said about a partition, to be passed to `Log.open`. */
  checkpointOf(topic: string, partition: number): { recoveryPoint?: number; logStartOffset?: number } {
    const key = partitionDirectoryName(topic, partition)
    const recoveryPoint = this.#recoveryPoints.get(key)?.offset
    const logStartOffset = this.#logStarts.get(key)?.offset
    return {
      ...(recoveryPoint === undefined ? NOWHERE : { recoveryPoint }),
      ...(logStartOffset === undefined ? NOWHERE : { logStartOffset })
    }
  }

  /**
   * Records of a partition from `offset` on are going to be cut: the checkpoint no longer promises them when this
   * returns. Throws DiskError.
   */
  lowerCheckpoints(topic: string, partition: number, offset: number): void {
    if (this.firstDirtyOffsetOf(topic, partition) > offset) this.saveFirstDirtyOffset(topic, partition, offset)
    const key = partitionDirectoryName(topic, partition)
    if ((this.#recoveryPoints.get(key)?.offset ?? 0) <= offset) return
    // In memory only when it is on the disk: it must be tried again when there was no room.
    const lowered = new Map(this.#recoveryPoints).set(key, { topic, partition, offset })
    this.#write(RECOVERY_POINT_CHECKPOINT, [...lowered.values()])
    this.#recoveryPoints = lowered
  }

  /** Up to where compaction has cleaned a partition; −1 when that is not known. */
  firstDirtyOffsetOf(topic: string, partition: number): number {
    return this.#firstDirty.get(partitionDirectoryName(topic, partition))?.offset ?? -1
  }

  /** After a compaction round was swapped in; null when the partition is deleted. Durable when it returns. */
  saveFirstDirtyOffset(topic: string, partition: number, offset: number | null): void {
    const key = partitionDirectoryName(topic, partition)
    if (offset === null && !this.#firstDirty.has(key)) return
    const changed = new Map(this.#firstDirty)
    if (offset === null) changed.delete(key)
    else changed.set(key, { topic, partition, offset })
    this.ballast.withRoom(() => writeCleanerCheckpoint(this.#disk, this.path, [...changed.values()]))
    this.#firstDirty = changed
  }

  /** A log that is not among those given to `saveCheckpoints`, as the metadata: it is saved with them from now on. */
  alsoCheckpoint(row: () => CheckpointedLog): void {
    this.#alsoCheckpointed.push(row)
  }

  /** Durable when it returns. To be called about once a minute, and at a clean stop before `markClean`. */
  saveCheckpoints(logs: Iterable<CheckpointedLog>): void {
    const recovery: OffsetEntry[] = []
    const starts: OffsetEntry[] = []
    const others = this.#alsoCheckpointed.map(row => row())
    for (const { topic, partition, recoveryPoint, logStartOffset } of [...logs, ...others]) {
      recovery.push({ topic, partition, offset: recoveryPoint })
      if (logStartOffset > 0) starts.push({ topic, partition, offset: logStartOffset })
    }
    this.#write(RECOVERY_POINT_CHECKPOINT, recovery)
    this.#recoveryPoints = byPartition(recovery)
    this.#write(LOG_START_CHECKPOINT, starts)
  }

  /** The very last write of a clean stop. */
  markClean(brokerEpoch: number): void {
    this.ballast.withRoom(() => new CleanShutdownMarker(this.#disk, this.path).write(brokerEpoch))
  }

  release(): void {
    this.#lock.release()
  }

  #write(checkpoint: string, entries: readonly OffsetEntry[]): void {
    this.ballast.withRoom(() => writeOffsetCheckpoint(this.#disk, `${this.path}/${checkpoint}`, entries))
  }
}

function damagedMarker(path: string): IgnoredFile {
  const problem = 'it is no marker of a clean stop, or its CRC-32C is wrong'
  return { path, problem, consequence: 'the start counts as one after an unclean stop: all partitions are checked' }
}

function byPartition(entries: readonly OffsetEntry[]): Map<string, OffsetEntry> {
  return new Map(entries.map(entry => [partitionDirectoryName(entry.topic, entry.partition), entry]))
}
