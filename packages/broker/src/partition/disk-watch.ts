import { assert, type Clock, type Disk, type DiskError, type Timer } from '@streambus/base'
import type { LogDirectory } from '@streambus/storage-log'
import type { DiskLimits } from '../config/disk-limits.ts'
import { type BallastProbe, BallastWatch } from './ballast-watch.ts'
import { DirectoryState } from './directory-state.ts'
import { type SpaceProbe, SpaceWatch } from './space-watch.ts'
import { type StallProbe, StallWatch } from './stall-watch.ts'

const PERIOD_MS = 1_000
/** A small disk may be full within a second: the less room is left, the sooner it is looked at again. */
const SPACE_MS_MIN = 50
/** So fast producers are thought to be at most where less than a second's worth is left. */
const BYTES_PER_MS = 100_000

export interface DiskWatchProbe extends StallProbe, SpaceProbe, BallastProbe {}

export interface DiskWatchOptions {
  readonly clock: Clock
  readonly disk: Disk
  readonly directories: readonly LogDirectory[]
  /** How long the longest sync under way in a directory has taken, in ms; 0 when none is. */
  readonly syncRunningMs: (directory: LogDirectory, nowMs: number) => number
  readonly limits: () => DiskLimits
  readonly probe: DiskWatchProbe
  /** Called once; nothing is watched afterwards. The process must end: no sync of that directory will. */
  readonly onStuck: (error: DiskError) => void
}

/** Looks at every log directory once a second or more often: do its syncs end, is there room left. */
export class DiskWatch {
  readonly #options: DiskWatchOptions
  readonly #states: ReadonlyMap<LogDirectory, DirectoryState>
  readonly #watches: readonly { readonly stalls: StallWatch; readonly space: SpaceWatch; state: DirectoryState }[]
  readonly #ballasts: BallastWatch
  #timer: Timer | null = null
  #spaceTimer: Timer | null = null
  #checkedMs: number

  constructor(options: DiskWatchOptions) {
    const { clock, disk, limits, probe, syncRunningMs } = options
    this.#options = options
    this.#checkedMs = clock.monotonicMs()
    this.#states = new Map(
      options.directories.map(directory => [directory, new DirectoryState(directory.path, directory.ballast)])
    )
    this.#watches = [...this.#states].map(([directory, state]) => {
      const onStuck = (error: DiskError): void => this.#stuck(error)
      const runningMs = (nowMs: number): number => syncRunningMs(directory, nowMs)
      return {
        state,
        stalls: new StallWatch({ state, syncRunningMs: runningMs, limits, probe, onStuck }),
        space: new SpaceWatch({ clock, disk, state, limits, probe })
      }
    })
    this.#ballasts = new BallastWatch({ clock, disk, states: this.#states, probe })
  }

  /** The state of a directory; always the same object. */
  stateOf(directory: LogDirectory): DirectoryState {
    const state = this.#states.get(directory)
    assert(state !== undefined, 'every log directory is watched')
    return state
  }

  /** A full disk: gives up the room that is kept in the log directory of `path`. */
  makeRoomIn(path: string): boolean {
    for (const state of this.#states.values()) if (path.startsWith(`${state.path}/`)) return state.giveRoom()
    return false
  }

  /**
   * Why nothing may be created whose metadata is in `path`: the room there, or in every log directory, is kept for
   * freeing space, and that is in use. Null when something may.
   */
  fullFor(path: string): string | null {
    const full = [...this.#states.values()].filter(({ isFull }) => isFull)
    const own = full.find(state => path.startsWith(`${state.path}/`))
    const stops = own ?? (full.length === this.#states.size ? full[0] : undefined)
    return stops?.refusal ?? null
  }

  /** The start has had what it needs: from now on room is kept, as soon as there is any, or producers are refused. */
  keepRoom(): void {
    this.#ballasts.start()
  }

  start(): void {
    this.#checkedMs = this.#options.clock.monotonicMs()
    this.#plan()
    // At once: a broker that starts on a full disk must not take writes for a second.
    this.#checkSpace()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#spaceTimer?.cancel()
    this.#spaceTimer = null
    this.#ballasts.stop()
  }

  #plan(): void {
    this.#timer = this.#options.clock.after(PERIOD_MS, () => {
      this.#plan()
      this.#checkStalls()
    })
  }

  #checkSpace(): void {
    this.#ballasts.check()
    let leftBytes = Number.POSITIVE_INFINITY
    for (const { space, state } of this.#watches) {
      // Asking a filesystem whose device is silent may block as long as the device is.
      if (!state.isStalled) leftBytes = Math.min(leftBytes, space.check())
    }
    const delayMs = Math.min(PERIOD_MS, Math.max(SPACE_MS_MIN, leftBytes / BYTES_PER_MS))
    this.#spaceTimer = this.#options.clock.after(delayMs, () => this.#checkSpace())
  }

  #checkStalls(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const gapMs = nowMs - this.#checkedMs
    this.#checkedMs = nowMs
    const lostMs = gapMs > 2 * PERIOD_MS ? gapMs - PERIOD_MS : 0
    for (const { stalls, space, state } of this.#watches) {
      const wasStalled = state.isStalled
      stalls.check(nowMs, lostMs)
      // What is known of its space is as old as the stall.
      if (wasStalled && !state.isStalled) space.check()
    }
  }

  #stuck(error: DiskError): void {
    if (this.#timer === null) return
    this.stop()
    this.#options.onStuck(error)
  }
}
