import { type Clock, type Disk, DiskError, type DiskSpace } from '@streambus/base'
import { BALLAST_BYTES, type LogDirectory } from '@streambus/storage-log'
import type { DirectoryState } from './directory-state.ts'

/** So many times its size must be free before it is taken back: as much is left for producers then. */
const BACK_FACTOR = 2
/** A quota may refuse what the filesystem calls free: not asked more often. */
const RETRY_MS = 5_000

export interface BallastProbe {
  /** Producers are refused because the ballast is in use, or served again. */
  fullRefusal(path: string, refusal: string | null): void
}

export interface BallastWatchOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly disk: Disk
  readonly states: ReadonlyMap<LogDirectory, DirectoryState>
  readonly probe: BallastProbe
}

interface Place {
  readonly directory: LogDirectory
  readonly state: DirectoryState
  /** Which filesystem it is on; null when that did not say. */
  readonly device: string | null
  retryMs: number
}

/**
 * Keeps producers away while a ballast is in use, and takes it back when there is room: what it has set free is for
 * deletions, checkpoints and the next start alone. Directories on one filesystem share their room, so they share this.
 */
export class BallastWatch {
  readonly #options: BallastWatchOptions
  readonly #places: readonly Place[]
  #isRunning = false

  constructor(options: BallastWatchOptions) {
    this.#options = options
    this.#places = [...options.states].map(([directory, state]) => {
      directory.ballast.onGiven(() => this.#judge())
      return { directory, state, device: this.#space(directory)?.device ?? null, retryMs: 0 }
    })
  }

  /** To be called when the start is over: before that it may need all the room there is. */
  start(): void {
    this.#isRunning = true
    this.check()
  }

  stop(): void {
    this.#isRunning = false
  }

  /** To be called about once a second. */
  check(): void {
    if (!this.#isRunning) return
    for (const place of this.#places) {
      const { directory, state, retryMs } = place
      if (directory.ballast.isThere || state.isStalled || this.#options.clock.monotonicMs() < retryMs) continue
      const availableBytes = this.#space(directory)?.availableBytes ?? 0
      if (availableBytes >= BACK_FACTOR * BALLAST_BYTES) this.#takeOn(place)
    }
    this.#judge()
  }

  #takeOn(place: Place): void {
    try {
      if (place.directory.ballast.takeOn()) return
    } catch (error) {
      // A disk that fails is for its logs to report.
      if (!(error instanceof DiskError)) throw error
    }
    place.retryMs = this.#options.clock.monotonicMs() + RETRY_MS
  }

  #judge(): void {
    if (!this.#isRunning) return
    for (const { state, directory, device } of this.#places) {
      const isFull = this.#places.some(
        other => !other.directory.ballast.isThere && (other.directory === directory || other.device === device)
      )
      if (isFull === state.isFull) continue
      const refusal = isFull ? refusalText(directory) : null
      state.setFull(refusal)
      this.#options.probe.fullRefusal(directory.path, refusal)
    }
  }

  #space({ path }: LogDirectory): DiskSpace | null {
    try {
      return this.#options.disk.space(path)
    } catch (error) {
      if (error instanceof DiskError) return null
      throw error
    }
  }
}

function refusalText({ path }: LogDirectory): string {
  const why = `${path}: the disk is full, and the room that is kept for freeing space is in use`
  const way = `free ${BACK_FACTOR * BALLAST_BYTES} bytes, delete records or topics, or shorten retention`
  return `${why}: writes are refused, reads go on; ${way}`
}
