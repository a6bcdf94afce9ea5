import type { Disk } from '@streambus/base'
import { logFileName } from '../file-names.ts'
import { readSnapshot, writeSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'

/** With one older one in reserve, a damaged snapshot costs a longer replay and no state. */
const SNAPSHOTS_KEPT = 2

export interface SnapshotRestore {
  /** Producers of all records below `offset`. */
  readonly state: ProducerState
  readonly offset: number
}

/** The producer snapshots of one partition directory. Changes are durable when they return. Throws DiskError. */
export class SnapshotFiles {
  readonly #disk: Disk
  readonly #directory: string
  /** Newest first. */
  #offsets: readonly number[]

  constructor(disk: Disk, directory: string, offsets: readonly number[]) {
    this.#disk = disk
    this.#directory = directory
    this.#offsets = offsets
  }

  /** Newest first. */
  get offsets(): readonly number[] {
    return this.#offsets
  }

  /**
   * Writes the state of all records below `offset`. Keeps two, and the one at `activeBaseOffset`: what the active
   * segment adds to the state can then be replayed without reading older segments.
   */
  save(offset: number, producers: ProducerState, activeBaseOffset: number): void {
    if (this.#offsets[0] === offset) return
    writeSnapshot(this.#disk, this.#path(offset), producers)
    const all = [offset, ...this.#offsets]
    const kept = all.filter((each, i) => i < SNAPSHOTS_KEPT || each === activeBaseOffset)
    for (const old of all) if (!kept.includes(old)) this.#disk.unlink(this.#path(old))
    this.#offsets = kept
  }

  /**
   * Deletes the snapshots above `endOffset`: one that came back after a power cut would describe records that were cut,
   * once the log has grown past its offset again.
   */
  dropAbove(endOffset: number): void {
    const kept = this.#offsets.filter(offset => offset <= endOffset)
    if (kept.length === this.#offsets.length) return
    for (const offset of this.#offsets) if (offset > endOffset) this.#disk.unlink(this.#path(offset))
    this.#disk.syncDirectory(this.#directory)
    this.#offsets = kept
  }

  /**
   * The newest valid snapshot in [from, until], where `from` is the first offset that is still stored; an empty state
   * at 0 when there is none. An older one is no use: the end of a transaction that it has as open may be gone.
   */
  restore(range: { from: number; until: number }, expiry: { nowMs: number; expirationMs: number }): SnapshotRestore {
    for (const candidate of this.#offsets) {
      if (candidate > range.until || candidate < range.from) continue
      const state = new ProducerState()
      if (readSnapshot(this.#disk, this.#path(candidate), { state, ...expiry })) return { state, offset: candidate }
    }
    return { state: new ProducerState(), offset: 0 }
  }

  #path(offset: number): string {
    return `${this.#directory}/${logFileName(offset, 'snapshot')}`
  }
}
