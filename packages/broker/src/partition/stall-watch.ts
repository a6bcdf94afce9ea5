import { DiskError } from '@streambus/base'
import type { DiskLimits } from '../config/disk-limits.ts'
import type { DirectoryState } from './directory-state.ts'

export interface StallWatchOptions {
  readonly state: DirectoryState
  /** How long the longest sync under way in the directory has taken, in ms; 0 when none is. */
  readonly syncRunningMs: (nowMs: number) => number
  readonly limits: () => Pick<DiskLimits, 'warnMs' | 'refuseMs' | 'exitMs'>
  readonly probe: StallProbe
  /** The device does not answer any more: the process must end. */
  readonly onStuck: (error: DiskError) => void
}

export interface StallProbe {
  /** At every check, the longest sync under way. */
  syncRunning(path: string, runningMs: number): void
  /** Once per stall, when it passes the first limit. */
  stalled(path: string, runningMs: number): void
  /** Producers are refused, or served again. */
  stallRefusal(path: string, refusal: string | null): void
  stallEnded(path: string): void
}

interface Pause {
  readonly endedMs: number
  readonly lostMs: number
}

/**
 * Syncs of one directory that take too long: first a warning, then no more writes from producers, last the end of the
 * process, because a device that is silent for a minute is gone and clients should find a broker that is not.
 */
export class StallWatch {
  readonly #options: StallWatchOptions
  #pauses: Pause[] = []
  #isReported = false
  #isRefusing = false

  constructor(options: StallWatchOptions) {
    this.#options = options
  }

  /**
   * To be called about once a second. `lostMs`: for how long before this call the event loop did not turn (a stopped
   * process, a virtual machine that was frozen). A sync may have ended in that time unheard, so it does not count.
   */
  check(nowMs: number, lostMs: number): void {
    const { state, probe, limits } = this.#options
    const { warnMs, refuseMs, exitMs } = limits()
    const runningMs = this.#runningMs(nowMs, lostMs)
    probe.syncRunning(state.path, runningMs)
    const isOver = (limitMs: number): boolean => limitMs > 0 && runningMs > limitMs
    if (isOver(exitMs)) return this.#giveUp(runningMs, exitMs)
    const took = `${state.path}: a sync has been under way for ${Math.floor(runningMs / 1000)} s`
    const refusal = isOver(refuseMs)
      ? `${took}, longer than log.dir.stall.refuse.ms (${refuseMs}): writes are refused until it ends; check the disk`
      : null
    state.setStall(isOver(warnMs) ? `${took}, longer than log.dir.stall.warn.ms (${warnMs})` : null, refusal)
    this.#report(runningMs, refusal)
  }

  #report(runningMs: number, refusal: string | null): void {
    const { state, probe } = this.#options
    if (state.isStalled && !this.#isReported) probe.stalled(state.path, runningMs)
    if ((refusal !== null) !== this.#isRefusing) probe.stallRefusal(state.path, refusal)
    if (!state.isStalled && this.#isReported) probe.stallEnded(state.path)
    this.#isReported = state.isStalled
    this.#isRefusing = refusal !== null
  }

  #runningMs(nowMs: number, lostMs: number): number {
    const runningMs = this.#options.syncRunningMs(nowMs)
    const startedMs = nowMs - runningMs
    if (lostMs > 0) this.#pauses.push({ endedMs: nowMs, lostMs })
    // A pause that ended before the oldest sync began says nothing about any.
    this.#pauses = runningMs === 0 ? [] : this.#pauses.filter(pause => pause.endedMs > startedMs)
    let countedMs = runningMs
    for (const pause of this.#pauses) countedMs -= pause.lostMs
    return Math.max(0, countedMs)
  }

  #giveUp(runningMs: number, exitMs: number): void {
    const { path } = this.#options.state
    const took = `${path}: a sync has been under way for ${Math.floor(runningMs / 1000)} s`
    const message = `${took}, longer than log.dir.stall.exit.ms (${exitMs}): the disk does not answer`
    this.#options.onStuck(new DiskError({ code: 'ETIMEDOUT', operation: 'fdatasync', path, message }))
  }
}
