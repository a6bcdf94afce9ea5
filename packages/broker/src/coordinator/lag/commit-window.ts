import type { CommitSample } from './burrow.ts'

const FIELDS = 3

export interface CommitWindowOptions {
  /** Commits kept; Burrow's default is 10. 24 bytes each. */
  readonly commitsMax: number
  /** Commits that follow one another sooner share a place; Burrow's `min-distance`. */
  readonly minDistanceMs: number
}

/** A full window is at least so wide, however often the group commits: Kafka's auto.commit.interval.ms is 5 s. */
export const WINDOW_WIDTH_MS = 60_000

const COMMITS_MAX = 10

export const COMMIT_WINDOW_DEFAULTS: CommitWindowOptions = {
  commitsMax: COMMITS_MAX,
  minDistanceMs: Math.ceil(WINDOW_WIDTH_MS / (COMMITS_MAX - 1))
}

/** The last commits of one group for one partition, in the order in which they were made. Fixed size. */
export class CommitWindow {
  readonly #options: CommitWindowOptions
  /** A ring of offset, time, lag; NaN: no lag. */
  readonly #ring: Float64Array
  #count = 0
  #next = 0

  constructor(options: CommitWindowOptions = COMMIT_WINDOW_DEFAULTS) {
    if (options.commitsMax < 1) throw new RangeError(`commitsMax must be at least 1, got ${options.commitsMax}`)
    this.#options = options
    this.#ring = new Float64Array(options.commitsMax * FIELDS)
  }

  /**
   * A commit too soon after the last one replaces it but keeps its time, as in Burrow: otherwise a group that commits
   * often would never have more than one place in its window. Of the lags that share a place the smallest stays: who
   * had read everything for a moment is not behind.
   */
  add({ offset, timeMs, lag }: CommitSample): void {
    const { commitsMax, minDistanceMs } = this.#options
    const last = (this.#next + commitsMax - 1) % commitsMax
    const lastMs = this.#ring[last * FIELDS + 1] as number
    const isSoon = this.#count > 0 && timeMs - lastMs < minDistanceMs
    if (isSoon) {
      const lastLag = this.#ring[last * FIELDS + 2] as number
      this.#ring.set([offset, lastMs, smallerOf(lastLag, lag ?? Number.NaN)], last * FIELDS)
      return
    }
    this.#ring.set([offset, timeMs, lag ?? Number.NaN], this.#next * FIELDS)
    this.#next = (this.#next + 1) % commitsMax
    this.#count = Math.min(commitsMax, this.#count + 1)
  }

  /** Oldest first. */
  commits(): CommitSample[] {
    const { commitsMax } = this.#options
    return Array.from({ length: this.#count }, (_, i) => {
      const at = ((this.#next + commitsMax - this.#count + i) % commitsMax) * FIELDS
      const [offset, timeMs, lag] = this.#ring.subarray(at, at + FIELDS) as unknown as [number, number, number]
      return { offset, timeMs, lag: Number.isNaN(lag) ? null : lag }
    })
  }
}

/** NaN counts as none. */
function smallerOf(a: number, b: number): number {
  return a < b || Number.isNaN(b) ? a : b
}
