import { assert, type Disk } from '@streambus/base'
import { readCheckpoint, writeCheckpoint } from './directory/checkpoints.ts'

export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

const UNDEFINED: EpochEnd = { epoch: -1, endOffset: -1 }

/**
 * Which leader epoch each offset was written under, as (epoch, first offset) pairs that rise in both (KIP-101).
 * File `leader-epoch-checkpoint`: Kafka's text format and a checksum line, one line "epoch startOffset" per pair. Every
 * change is durable before the method returns; changes are as rare as leader changes.
 */
export class EpochCache {
  readonly #disk: Disk
  readonly #path: string
  #epochs: readonly number[] = []
  #starts: readonly number[] = []
  /** False when the file was missing or damaged: then the pairs have to be read from the batches again. */
  readonly wasIntact: boolean
  /** Why the file is not believed; null when it is, and when it was missing. */
  readonly problem: string | null

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
    const { rows, problem } = readCheckpoint(disk, path, 2)
    this.wasIntact = disk.exists(path) && problem === null && this.#load(rows)
    this.problem = problem ?? (this.wasIntact || !disk.exists(path) ? null : 'its epochs and offsets do not rise')
  }

  /** −1 when nothing was ever written. */
  get latestEpoch(): number {
    return this.#epochs.at(-1) ?? -1
  }

  get entries(): readonly { epoch: number; startOffset: number }[] {
    return this.#epochs.map((epoch, i) => ({ epoch, startOffset: this.#starts[i] as number }))
  }

  /** A pair that does not rise over the last one is ignored: the epoch is known already. */
  assign(epoch: number, startOffset: number): void {
    if (epoch <= this.latestEpoch) return
    // An epoch that never wrote a record has no range of its own.
    const kept = this.#countBelow(startOffset)
    this.#change([...this.#epochs.slice(0, kept), epoch], [...this.#starts.slice(0, kept), startOffset])
  }

  /** The epoch that wrote `offset`; −1 when it is older than the first pair. */
  epochOf(offset: number): number {
    let i = this.#starts.length - 1
    while (i >= 0 && (this.#starts[i] as number) > offset) i--
    return this.#epochs[i] ?? -1
  }

  /**
   * OffsetForLeaderEpoch. For the current epoch (epoch, log end); for an older known one (largest epoch ≤ asked, start
   * of the next); older than all (asked, start of the first); newer than all or nothing known (−1, −1).
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch < 0 || epoch > this.latestEpoch) return UNDEFINED
    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset }
    let next = 0
    while ((this.#epochs[next] as number) <= epoch) next++
    return { epoch: next === 0 ? epoch : (this.#epochs[next - 1] as number), endOffset: this.#starts[next] as number }
  }

  /** Forgets the pairs that start at or after `endOffset`. */
  truncateFromEnd(endOffset: number): void {
    const kept = this.#countBelow(endOffset)
    if (kept < this.#starts.length) this.#change(this.#epochs.slice(0, kept), this.#starts.slice(0, kept))
  }

  /** Forgets what lies wholly below `startOffset`; the pair that covers it now starts there. */
  truncateFromStart(startOffset: number): void {
    let covering = this.#starts.length - 1
    while (covering > 0 && (this.#starts[covering] as number) > startOffset) covering--
    if (covering < 0 || (this.#starts[covering] as number) >= startOffset) return
    this.#change(this.#epochs.slice(covering), [startOffset, ...this.#starts.slice(covering + 1)])
  }

  /** A file that was not believed does not stay. */
  clear(): void {
    if (this.problem !== null || this.#epochs.length > 0) this.#change([], [])
  }

  #countBelow(startOffset: number): number {
    let count = this.#starts.length
    while (count > 0 && (this.#starts[count - 1] as number) >= startOffset) count--
    return count
  }

  #load(rows: readonly (readonly string[])[]): boolean {
    const epochs: number[] = []
    const starts: number[] = []
    for (const [epochText, startText] of rows) {
      const epoch = Number(epochText)
      const startOffset = Number(startText)
      const rises = epoch > (epochs.at(-1) ?? -1) && startOffset > (starts.at(-1) ?? -1)
      if (!rises || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(startOffset)) return false
      epochs.push(epoch)
      starts.push(startOffset)
    }
    this.#epochs = epochs
    this.#starts = starts
    return true
  }

  /** In memory only when it is on the disk: a change that found no room has to be made again. */
  #change(epochs: readonly number[], starts: readonly number[]): void {
    assert(epochs.length === starts.length, 'epochs and their starts are pairs')
    const rows = epochs.map((epoch, i) => `${epoch} ${starts[i]}`)
    writeCheckpoint(this.#disk, this.#path, rows)
    this.#epochs = epochs
    this.#starts = starts
  }
}
