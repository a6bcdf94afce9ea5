import { type Disk, DiskError } from '@streambus/base'
import { EPOCH_CHECKPOINT } from '../file-names.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import { type Say, sayAbout, type VerifyReport } from './finding.ts'
import { type CheckpointText, readCheckpointText, readLimited } from './small-file.ts'

/** The leader-epoch checkpoint (KIP-101) of a partition against its batches, as they pass by in order. */
export class EpochsCheck {
  readonly #report: VerifyReport
  readonly #path: string
  readonly #say: Say
  readonly #logStartOffset: number
  readonly #fileBytes: number
  readonly #epochs: readonly number[]
  readonly #starts: readonly number[]
  /** The entry that covers the batches of now; −1 before the first. */
  #current = -1
  /** One finding per epoch is enough. */
  #blamedEpoch = -2

  /** Throws DiskError. */
  constructor(options: { disk: Disk; directory: string; report: VerifyReport; logStartOffset: number }) {
    this.#report = options.report
    this.#path = `${options.directory}/${EPOCH_CHECKPOINT}`
    this.#say = sayAbout(options.report, this.#path)
    this.#logStartOffset = options.logStartOffset
    const bytes = readIfThere(options.disk, this.#path, this.#say)
    this.#fileBytes = bytes?.length ?? -1
    const shape = { numbers: 2, isNamed: false, needsChecksum: true }
    const { rows, problem } = bytes === null ? NOTHING : readCheckpointText(bytes, shape)
    if (problem !== null) this.#say('damage', 'bad-epochs', problem.at, problem.message)
    this.#epochs = rows.map(row => row[0] as number)
    this.#starts = rows.map(row => row[1] as number)
    for (let i = 1; i < rows.length; i++) this.#checkRises(i)
  }

  batch(batch: StoredBatch): void {
    if (this.#fileBytes < 0 || batch.leaderEpoch < 0 || batch.lastOffset < this.#logStartOffset) return
    const offset = Math.max(batch.baseOffset, this.#logStartOffset)
    while (this.#current + 1 < this.#starts.length && (this.#starts[this.#current + 1] as number) <= offset)
      this.#current++
    const epoch = this.#epochs[this.#current] ?? -1
    if (epoch !== batch.leaderEpoch && this.#blamedEpoch !== batch.leaderEpoch) {
      this.#blamedEpoch = batch.leaderEpoch
      const what = epoch < 0 ? 'no epoch' : `epoch ${epoch}`
      this.#say('damage', 'bad-epochs', -1, `${what} at offset ${offset}, the batch says ${batch.leaderEpoch}`)
    }
    const next = this.#starts[this.#current + 1] ?? Number.POSITIVE_INFINITY
    if (next <= batch.lastOffset) {
      this.#say(
        'damage',
        'bad-epochs',
        -1,
        `an epoch begins at offset ${next}, in the middle of the batch at ${batch.baseOffset}`
      )
    }
  }

  end(endOffset: number, isClean: boolean): void {
    if (this.#fileBytes < 0) return
    const beyond = this.#starts.find(start => start > endOffset)
    if (beyond !== undefined) {
      const severity = isClean ? 'damage' : 'warning'
      this.#say(severity, 'bad-epochs', -1, `an epoch begins at offset ${beyond}, the log ends at ${endOffset}`)
    }
    this.#report.file({
      path: this.#path,
      kind: 'epochs',
      bytes: this.#fileBytes,
      counts: { epochs: this.#epochs.length }
    })
  }

  #checkRises(i: number): void {
    const rises =
      (this.#epochs[i] as number) > (this.#epochs[i - 1] as number) &&
      (this.#starts[i] as number) > (this.#starts[i - 1] as number)
    if (!rises) {
      this.#say(
        'damage',
        'bad-epochs',
        -1,
        `row ${i + 1} (${this.#epochs[i]} ${this.#starts[i]}) does not rise above the one before`
      )
    }
  }
}

const NOTHING: CheckpointText = { rows: [], names: [], problem: null }

function readIfThere(disk: Disk, path: string, say: Say): Buffer | null {
  try {
    return readLimited(disk, path, say)
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return null
    throw error
  }
}
