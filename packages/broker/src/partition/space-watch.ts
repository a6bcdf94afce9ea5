import { type Clock, type Disk, DiskError, type DiskSpace } from '@streambus/base'
import { BALLAST_BYTES } from '@streambus/storage-log'
import type { DiskLimits } from '../config/disk-limits.ts'
import type { DirectoryState } from './directory-state.ts'

/** On small disks these shares count instead of the bytes of the settings. */
const WARN_SHARE_MAX = 0.15
const REFUSE_SHARE_MAX = 0.05
/** So much more than the limit must be free again, so that a disk at its limit does not flap. */
const BACK_FACTOR = 1.1
/** So long no write may have failed for lack of room, and so much must be free, before writes are thought to work. */
const QUIET_MS = 10_000
const ROOM_BYTES = BALLAST_BYTES

export interface SpaceProbe {
  /** Once when it becomes low and once when it is enough again; `warning` is null then. */
  spaceLow(path: string, warning: string | null): void
  /** Producers are refused, or served again. */
  spaceRefusal(path: string, refusal: string | null): void
  /** Nothing is refused beforehand, because no limit says so, and writes fail for lack of room; or not any more. */
  writesFailing(path: string, failing: string | null): void
}

export interface SpaceWatchOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly disk: Disk
  readonly state: DirectoryState
  readonly limits: () => Pick<DiskLimits, 'warnBytes' | 'refuseBytes'>
  readonly probe: SpaceProbe
}

/**
 * Keeps the last of a disk for the broker itself: metadata, checkpoints and deletions need room when producers have
 * taken the rest. Retention, DeleteRecords, consumers and internal writes go on below every limit.
 */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions
  #isLow = false
  #isRefusing = false
  #isFailing = false
  #failedCount = 0
  #failedMs = 0

  constructor(options: SpaceWatchOptions) {
    this.#options = options
  }

  /**
   * Returns the bytes that may still be written before producers are refused: the fewer, the sooner the next call has
   * to come. A filesystem that does not say leaves everything as it was.
   */
  check(): number {
    const { state, probe, limits } = this.#options
    const space = this.#space()
    this.#checkWrites(space)
    if (space === null) return Number.POSITIVE_INFINITY
    const { warnBytes, refuseBytes } = limits()
    const free = `${state.path}: ${space.availableBytes} of ${space.totalBytes} bytes are free`
    const warnBelow = Math.min(warnBytes, space.totalBytes * WARN_SHARE_MAX)
    const refuseBelow = Math.min(refuseBytes, space.totalBytes * REFUSE_SHARE_MAX)
    const wasLow = this.#isLow
    const wasRefusing = this.#isRefusing
    this.#isLow = isBelow(space, warnBelow, wasLow)
    this.#isRefusing = isBelow(space, refuseBelow, wasRefusing)
    const warning = this.#isLow ? `${free}, fewer than ${limitText('log.dir.free.warn.bytes', warnBelow)}` : null
    const refusal = this.#isRefusing ? `${free}, ${refusalText(refuseBelow)}` : null
    state.setSpace(warning, refusal)
    if (this.#isLow !== wasLow) probe.spaceLow(state.path, warning)
    if (this.#isRefusing !== wasRefusing) probe.spaceRefusal(state.path, refusal)
    return refuseBelow === 0 ? Number.POSITIVE_INFINITY : space.availableBytes - refuseBelow
  }

  /** A quota may refuse what the filesystem calls free, so what is free is not enough to know. */
  #checkWrites(space: DiskSpace | null): void {
    const { state, probe, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const wasFailing = this.#isFailing
    if (state.failedWriteCount !== this.#failedCount) {
      this.#failedCount = state.failedWriteCount
      this.#failedMs = nowMs
      this.#isFailing = true
    } else if (nowMs - this.#failedMs >= QUIET_MS && (space === null || hasRoom(space))) {
      this.#isFailing = false
    }
    if (this.#isFailing === wasFailing) return
    const advice = 'writes fail for lack of room; free space or shorten retention'
    state.setFailing(this.#isFailing ? `${state.path}: ${advice}` : null)
    probe.writesFailing(state.path, state.failing)
  }

  #space(): DiskSpace | null {
    try {
      return this.#options.disk.space(this.#options.state.path)
    } catch (error) {
      if (error instanceof DiskError) return null
      throw error
    }
  }
}

function hasRoom({ availableBytes, totalBytes }: DiskSpace): boolean {
  return availableBytes >= Math.min(ROOM_BYTES, totalBytes * REFUSE_SHARE_MAX)
}

function isBelow({ availableBytes }: DiskSpace, limitBytes: number, wasBelow: boolean): boolean {
  return availableBytes < (wasBelow ? limitBytes * BACK_FACTOR : limitBytes)
}

function refusalText(limitBytes: number): string {
  const limit = limitText('log.dir.free.refuse.bytes', limitBytes)
  return `fewer than ${limit}: writes are refused, reads go on; free space or shorten retention`
}

function limitText(setting: string, limitBytes: number): string {
  return `${setting} wants (${Math.floor(limitBytes)})`
}
