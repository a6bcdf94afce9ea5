import type { Clock, DiskError } from '@streambus/base'
import type { FlushTrigger, LogProbe } from '../log-probe.ts'
import type { Segment } from '../segment/segment.ts'

/** The log's present end; functions, because both change. */
export interface FlushSource {
  readonly logEndOffset: () => number
  readonly activeSegment: () => Segment
}

export interface FlusherOptions {
  readonly source: FlushSource
  readonly clock: Clock
  readonly probe: LogProbe
  readonly durableEndOffset: number
  readonly onFatal: (error: DiskError) => void
}

/**
 * Group commit of one log: at most one fdatasync is under way, and it covers exactly what was written before it began.
 * What was written meanwhile waits for the next one, which starts at once if somebody asked. Any error is final: after
 * a failed fdatasync the page cache may call lost pages clean, so a second one that succeeds would prove nothing.
 */
export class Flusher {
  readonly #source: FlushSource
  readonly #clock: Clock
  readonly #probe: LogProbe
  readonly #onFatal: (error: DiskError) => void
  readonly #listeners: ((durableEndOffset: number) => void)[] = []
  readonly #done = (error: DiskError | null): void => this.#completed(error)
  #durable: number
  #notified: number
  #running: Segment | null = null
  #target = 0
  #startedMs = 0
  #trigger: FlushTrigger = 'append'
  /** Of the sync that is to follow the one under way. */
  #nextTrigger: FlushTrigger = 'append'
  /** When the oldest write that is not durable was made, and the oldest that the sync under way does not cover. */
  #sinceMs = -1
  #nextSinceMs = -1
  #isRequested = false
  #isStopped = false

  constructor(options: FlusherOptions) {
    this.#source = options.source
    this.#clock = options.clock
    this.#probe = options.probe
    this.#onFatal = options.onFatal
    this.#durable = options.durableEndOffset
    this.#notified = options.durableEndOffset
  }

  /** Everything below was covered by a completed fdatasync that began after it was written. */
  get durableEndOffset(): number {
    return this.#durable
  }

  /** How long the sync under way has taken so far; 0 when none is. For whoever watches for stalled disks. */
  syncRunningMs(nowMonotonicMs: number): number {
    return this.#running === null ? 0 : Math.max(0, nowMonotonicMs - this.#startedMs)
  }

  /** −1: everything is durable. */
  get unsyncedSinceMs(): number {
    return this.#sinceMs
  }

  /** To be told of each write, after it. */
  wrote(nowMonotonicMs: number): void {
    if (this.#sinceMs < 0) this.#sinceMs = nowMonotonicMs
    if (this.#running !== null && this.#nextSinceMs < 0) this.#nextSinceMs = nowMonotonicMs
  }

  request(trigger: FlushTrigger): void {
    if (this.#running !== null) {
      if (!this.#isRequested) this.#nextTrigger = trigger
      this.#isRequested = true
    } else if (this.#isStopped) return
    else if (this.#durable < this.#source.logEndOffset()) this.#start(trigger)
    // A roll has synced everything meanwhile: there is nothing to sync, but something to tell.
    else if (this.#notified < this.#durable) void Promise.resolve().then(() => this.#tellUnlessStopped())
  }

  onDurable(listener: (durableEndOffset: number) => void): void {
    this.#listeners.push(listener)
  }

  /** Blocks until the active segment is durable. Listeners hear of it with the next group commit. Throws DiskError. */
  syncNow(): void {
    const target = this.#source.logEndOffset()
    if (this.#durable >= target) return
    try {
      this.#source.activeSegment().syncNow()
    } catch (error) {
      this.#isStopped = true
      throw error
    }
    this.#durable = target
    this.#allDurable()
  }

  /** The log was cut at `endOffset`: a sync under way must not announce what no longer exists. */
  truncatedTo(endOffset: number): void {
    this.#durable = Math.min(this.#durable, endOffset)
    this.#notified = Math.min(this.#notified, endOffset)
    this.#target = Math.min(this.#target, endOffset)
    if (this.#durable === endOffset) this.#allDurable()
    else if (this.#target === endOffset) this.#nextSinceMs = -1
  }

  /** No sync begins and no listener is called any more. */
  stop(): void {
    this.#isStopped = true
  }

  #allDurable(): void {
    this.#sinceMs = -1
    this.#nextSinceMs = -1
  }

  #start(trigger: FlushTrigger): void {
    this.#trigger = trigger
    const segment = this.#source.activeSegment()
    this.#target = this.#source.logEndOffset()
    this.#isRequested = false
    this.#running = segment
    this.#startedMs = this.#clock.monotonicMs()
    segment.sync(this.#done)
  }

  #completed(error: DiskError | null): void {
    this.#running = null
    if (this.#isStopped) return
    if (error !== null) {
      this.#isStopped = true
      this.#onFatal(error)
      return
    }
    this.#probe.flushed(this.#clock.monotonicMs() - this.#startedMs, this.#trigger)
    this.#durable = Math.max(this.#durable, this.#target)
    this.#sinceMs = this.#nextSinceMs
    this.#nextSinceMs = -1
    // The next one goes to the device while the listeners answer for this one.
    if (this.#isRequested) this.request(this.#nextTrigger)
    this.#notify()
  }

  #tellUnlessStopped(): void {
    if (!this.#isStopped) this.#notify()
  }

  #notify(): void {
    const durable = this.#durable
    if (durable <= this.#notified) return
    this.#notified = durable
    for (const listener of this.#listeners) listener(durable)
  }
}
