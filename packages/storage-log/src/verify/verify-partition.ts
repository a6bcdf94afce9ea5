import { type Disk, DiskError } from '@streambus/base'
import { LOG_START_FILE, logFileName } from '../file-names.ts'
import { type DirectoryContext, NO_CONTEXT } from './directory-context.ts'
import { EpochsCheck } from './epoch-check.ts'
import { classifyFileName, type StoredFileKind } from './file-kind.ts'
import { sayAbout, type VerifyOptions, type VerifyReport } from './finding.ts'
import { ProducerReplay } from './producer-check.ts'
import { checkSegment, isGone, type LogWalk } from './segment-check.ts'
import { readCheckpointText, readLimited } from './small-file.ts'
import { SnapshotsCheck } from './snapshot-check.ts'

const PRODUCERS_MAX = 1_000_000

export interface VerifyPartitionOptions extends VerifyOptions {
  readonly disk: Disk
  /** The partition's own directory, `<log dir>/<topic>-<partition>`. */
  readonly directory: string
  readonly report: VerifyReport
  /** What the log directory says. Default: nothing, so the end of the log is judged as after an unclean stop. */
  readonly context?: DirectoryContext
}

export interface PartitionFacts {
  readonly directory: string
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly segments: number
  readonly batches: number
  readonly records: number
  readonly bytes: number
}

/**
 * Checks everything in one partition directory without changing anything. Memory: one batch, and the producers of the
 * log. Time: one read of all segments. Disk errors become findings ('unreadable').
 */
export async function verifyPartition(options: VerifyPartitionOptions): Promise<PartitionFacts> {
  return new PartitionCheck(options).run()
}

class PartitionCheck {
  readonly #options: VerifyPartitionOptions
  readonly #context: DirectoryContext
  readonly #name: string
  readonly #isClean: boolean
  readonly #recoveryPoint: number
  /** Ascending base offsets. */
  #segments: number[] = []
  #snapshotOffsets: number[] = []
  #logStartOffset = 0
  readonly #walk: LogWalk = {
    endOffset: -1,
    leaderEpoch: -1,
    sealed: null,
    isAfterDamage: false,
    batches: 0,
    records: 0,
    bytes: 0
  }

  constructor(options: VerifyPartitionOptions) {
    this.#options = options
    this.#context = options.context ?? NO_CONTEXT
    this.#name = options.directory.slice(options.directory.lastIndexOf('/') + 1)
    this.#isClean = this.#context.isClean && options.isLive !== true
    this.#recoveryPoint = this.#context.recoveryPoints.get(this.#name) ?? -1
  }

  async run(): Promise<PartitionFacts> {
    this.#list()
    this.#logStartOffset = this.#readLogStart() ?? this.#context.logStarts.get(this.#name) ?? 0
    const epochs = this.#guarded(this.#options.directory, () => this.#openEpochs())
    const { disk, directory, report } = this.#options
    const snapshots = new SnapshotsCheck({ disk, directory, report, offsets: this.#snapshotOffsets })
    await this.#walkSegments(epochs, snapshots)
    const endOffset = Math.max(0, this.#walk.endOffset)
    if (this.#segments.length > 0) this.#checkEnd(endOffset)
    this.#guarded(directory, () => snapshots.end(endOffset, this.#isClean))
    epochs?.end(endOffset, this.#isClean)
    const { batches, records, bytes } = this.#walk
    const logStartOffset = Math.max(this.#logStartOffset, this.#segments[0] ?? 0)
    return {
      directory,
      logStartOffset,
      logEndOffset: endOffset,
      segments: this.#segments.length,
      batches,
      records,
      bytes
    }
  }

  #list(): void {
    const { disk, directory } = this.#options
    const names = this.#guarded(directory, () => disk.list(directory)) ?? []
    const known = new Map(names.map(entry => [entry.name, entry.isDirectory ? null : classifyFileName(entry.name)]))
    for (const [name, file] of known) {
      if (file === null || file.suffixes.length > 0 || file.kind === 'manifest')
        this.#reportLeftover(name, file?.kind ?? null)
      else if (file.kind === 'log') this.#segments.push(file.baseOffset)
      else if (file.kind === 'snapshot') this.#snapshotOffsets.push(file.baseOffset)
    }
    this.#segments.sort((a, b) => a - b)
    this.#snapshotOffsets.sort((a, b) => a - b)
    for (const [name, file] of known) {
      const isIndex = file !== null && file.suffixes.length === 0 && file.kind.endsWith('index')
      if (isIndex && !this.#segments.includes(file.baseOffset))
        this.#say(name, 'info', 'leftover', 'its segment is not there')
    }
  }

  #reportLeftover(name: string, kind: StoredFileKind | null): void {
    const file = classifyFileName(name)
    if (kind === null || file === null)
      return this.#say(name, 'info', 'unknown-file', 'no file of a partition has such a name')
    const suffix = file.suffixes[0]
    if (suffix === 'corrupt') {
      const message =
        'a segment that failed its checks and waits for a decision; the partition stays offline until then'
      return this.#say(name, 'damage', 'quarantined', message)
    }
    const what =
      kind === 'manifest' || suffix === 'swap' || suffix === 'cleaned'
        ? 'from a compaction that was interrupted; the next start finishes or undoes it'
        : suffix === 'torn'
          ? `what a recovery cut off the segment at byte ${file.tornPosition}; nobody reads it`
          : 'from an interrupted delete or replace; the next start removes it'
    this.#say(name, 'info', 'leftover', what)
  }

  /** Null when the file is missing or damaged: then the checkpoint of the log directory counts. */
  #readLogStart(): number | null {
    const { disk, directory, report } = this.#options
    const path = `${directory}/${LOG_START_FILE}`
    const bytes = this.#guarded(path, () =>
      disk.exists(path) ? readLimited(disk, path, sayAbout(report, path)) : null
    )
    if (bytes === null) return null
    const { rows, problem } = readCheckpointText(bytes, { numbers: 1, isNamed: false, needsChecksum: true })
    const offset = rows[0]?.[0] ?? -1
    if (problem !== null) this.#say(LOG_START_FILE, 'damage', 'bad-checkpoint', problem.message, problem.at)
    else if (offset < 0) this.#say(LOG_START_FILE, 'damage', 'bad-checkpoint', 'it holds no offset')
    report.file({ path, kind: 'log-start', bytes: bytes.length, counts: { offset } })
    return problem === null && offset >= 0 ? offset : null
  }

  #openEpochs(): EpochsCheck {
    const { disk, directory, report } = this.#options
    return new EpochsCheck({ disk, directory, report, logStartOffset: this.#logStartOffset })
  }

  async #walkSegments(epochs: EpochsCheck | null, snapshots: SnapshotsCheck): Promise<void> {
    const { producersMax = PRODUCERS_MAX } = this.#options
    const replay = new ProducerReplay({ baseOffset: this.#segments[0] ?? 0, producersMax })
    for (const [i, baseOffset] of this.#segments.entries()) {
      // What was taken where this segment begins knows of the transactions that are open there.
      if (i === 0 || this.#walk.endOffset === baseOffset) snapshots.reach(baseOffset, replay)
      await this.#walkSegment(i, { epochs, snapshots, replay })
    }
    snapshots.reach(Math.max(0, this.#walk.endOffset), replay)
  }

  async #walkSegment(
    i: number,
    checks: { epochs: EpochsCheck | null; snapshots: SnapshotsCheck; replay: ProducerReplay }
  ): Promise<void> {
    const { disk, directory, report } = this.#options
    const baseOffset = this.#segments[i] as number
    const job = {
      ...checks,
      disk,
      directory,
      baseOffset,
      nextBaseOffset: this.#segments[i + 1] ?? -1,
      recoveryPoint: this.#recoveryPoint,
      isClean: this.#isClean,
      cleanedBelow: this.#cleanedBelow(),
      report,
      options: this.#options
    }
    try {
      await checkSegment(job, this.#walk)
    } catch (error) {
      this.#unreadable(`${directory}/${logFileName(baseOffset, 'log')}`, error)
      this.#walk.isAfterDamage = true
      checks.replay.loseTrack()
    }
  }

  #cleanedBelow(): number {
    const { cleaned } = this.#context
    return cleaned === null ? Number.POSITIVE_INFINITY : (cleaned.get(this.#name) ?? 0)
  }

  #checkEnd(endOffset: number): void {
    const last = logFileName(this.#segments.at(-1) as number, 'log')
    const { isLive = false } = this.#options
    const recoveryPoint = this.#recoveryPoint
    if (!this.#walk.isAfterDamage && !isLive && endOffset < recoveryPoint) {
      const message = `the log ends at offset ${endOffset}; the checkpoint says that all below ${recoveryPoint} was durable`
      this.#say(last, 'damage', 'lost-records', message)
    } else if (this.#isClean && recoveryPoint >= 0 && endOffset > recoveryPoint && !this.#walk.isAfterDamage) {
      const message = `the log ends at offset ${endOffset}; at the clean stop it ended at ${recoveryPoint}`
      this.#say(last, 'damage', 'offset-order', message)
    }
    if (endOffset < this.#logStartOffset && !isLive) {
      const message = `the log starts at offset ${this.#logStartOffset} and ends at ${endOffset}`
      this.#say(last, this.#isClean ? 'damage' : 'warning', 'lost-records', message)
    }
    const cleaned = this.#context.cleaned?.get(this.#name) ?? 0
    if (cleaned > endOffset && !isLive) {
      const message = `compaction was at offset ${cleaned}, the log ends at ${endOffset}`
      this.#say(last, this.#isClean ? 'damage' : 'warning', 'lost-records', message)
    }
  }

  // oxlint-disable-next-line max-params -- a finding has so many parts
  #say(
    name: string,
    severity: 'damage' | 'warning' | 'info',
    code: Parameters<ReturnType<typeof sayAbout>>[1],
    message: string,
    position = -1
  ): void {
    sayAbout(this.#options.report, `${this.#options.directory}/${name}`)(severity, code, position, message)
  }

  #guarded<T>(path: string, run: () => T): T | null {
    try {
      return run()
    } catch (error) {
      this.#unreadable(path, error)
      return null
    }
  }

  #unreadable(path: string, error: unknown): void {
    if (!(error instanceof DiskError)) throw error
    const isTaken = isGone(error) && this.#options.isLive === true
    const message = isTaken ? 'it was deleted meanwhile' : error.message
    sayAbout(this.#options.report, path)(isTaken ? 'info' : 'damage', 'unreadable', -1, message)
  }
}
