import type { Disk } from '@streambus/base'
import { logFileName } from './file-names.ts'
import type { LogProbe } from './log-probe.ts'
import { writeLogStart } from './log-start.ts'
import { writeSnapshot } from './producer/producer-snapshot.ts'
import type { ProducerState } from './producer/producer-state.ts'
import { createSegment, deleteSegment, dropSnapshotsAbove } from './recovery/recovery.ts'
import type { Segment } from './segment/segment.ts'

/** With one older one in reserve, a damaged snapshot costs a longer replay and no state. */
const SNAPSHOTS_KEPT = 2

/** The changes of a partition directory that are not appends. Each is crash-safe on its own. Throws DiskError. */
export class LogFiles {
  readonly #disk: Disk
  readonly #directory: string
  readonly #probe: LogProbe
  /** Newest first. */
  #snapshots: readonly number[]

  constructor(options: { disk: Disk; directory: string; probe: LogProbe; snapshots: readonly number[] }) {
    this.#disk = options.disk
    this.#directory = options.directory
    this.#probe = options.probe
    this.#snapshots = options.snapshots
  }

  get disk(): Disk {
    return this.#disk
  }

  get snapshots(): readonly number[] {
    return this.#snapshots
  }

  createSegment(baseOffset: number, options: { indexIntervalBytes: number; nowMs: number }): Segment {
    return createSegment({ ...options, disk: this.#disk, directory: this.#directory, probe: this.#probe }, baseOffset)
  }

  saveSnapshot(offset: number, producers: ProducerState): void {
    if (this.#snapshots[0] === offset) return
    writeSnapshot(this.#disk, this.#snapshotPath(offset), producers)
    const all = [offset, ...this.#snapshots]
    for (const old of all.slice(SNAPSHOTS_KEPT)) this.#disk.unlink(this.#snapshotPath(old))
    this.#snapshots = all.slice(0, SNAPSHOTS_KEPT)
  }

  dropSnapshotsAbove(offset: number): void {
    this.#snapshots = dropSnapshotsAbove({ disk: this.#disk, directory: this.#directory }, this.#snapshots, offset)
  }

  saveLogStart(offset: number): void {
    writeLogStart(this.#disk, this.#directory, offset)
  }

  deleteSegments(segments: readonly Segment[]): void {
    for (const segment of segments) deleteSegment(this.#disk, segment)
    this.#disk.syncDirectory(this.#directory)
  }

  #snapshotPath(offset: number): string {
    return `${this.#directory}/${logFileName(offset, 'snapshot')}`
  }
}
