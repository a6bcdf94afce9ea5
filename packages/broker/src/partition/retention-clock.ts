import type { Clock } from '@streambus/base'

/** A step is believed this share of the patience late at most. */
const PARTS = 64

export interface RetentionClockLimits {
  /** A larger step forward is believed only when it has lasted. */
  readonly jumpMs: number
  /** How long it must last; 0: the wall clock is always believed. */
  readonly patienceMs: number
}

export interface RetentionClockProbe {
  /** Once per step of more than `jumpMs`: what the wall clock says, and what it should say. */
  stepped(direction: 'forward' | 'backward', wallMs: number, expectedMs: number): void
  /** A step forward has lasted, or was taken back: the wall clock is believed again. */
  believed(wallMs: number): void
  /** How far this clock is behind the wall clock, at every reading. */
  behind(behindMs: number): void
}

export interface RetentionClockOptions {
  readonly clock: Clock
  readonly limits: () => RetentionClockLimits
  /** What this clock said last in an earlier run of the broker; null when that is unknown. */
  readonly lastTrustedMs: number | null
  readonly probe: RetentionClockProbe
}

/** From `sinceMs` (monotonic) until now, wall − monotonic was never below `offsetMs`. */
interface Floor {
  sinceMs: number
  offsetMs: number
}

/**
 * The time by which records age. A wall clock that jumps ahead (a wrong RTC, a mistyped date, a virtual machine that
 * was frozen) would make every segment look old, and what retention deleted is gone when the clock is set right. So a
 * step forward is believed when it has lasted, measured by the monotonic clock; a step backward only keeps records
 * longer and is believed at once.
 *
 * Many small steps are one large one: the time is compared with the slowest that the wall clock was while it lasted.
 */
export class RetentionClock {
  readonly #options: RetentionClockOptions
  /** Both members ascend; the first one is what is trusted. At most as many as PARTS, and two. */
  readonly #floors: Floor[] = []
  #isAhead = false
  /** What was believed at the last reading, as wall − monotonic. */
  #believedOffsetMs: number

  constructor(options: RetentionClockOptions) {
    this.#options = options
    const { clock, lastTrustedMs } = options
    const atMs = clock.monotonicMs()
    // Time that passed while the broker was off cannot be told from a jump.
    this.#believedOffsetMs = (lastTrustedMs ?? clock.wallMs()) - atMs
    this.#floors.push({ sinceMs: Number.NEGATIVE_INFINITY, offsetMs: this.#believedOffsetMs })
  }

  /**
   * Milliseconds since the Unix epoch, whole. To be read at least every few minutes: a step lasts from its first
   * reading on.
   */
  nowMs(): number {
    const { clock, limits, probe } = this.#options
    const { jumpMs, patienceMs } = limits()
    const atMs = clock.monotonicMs()
    const wallMs = clock.wallMs()
    const offsetMs = wallMs - atMs
    const expectedMs = Math.floor(this.#believedOffsetMs + atMs)
    this.#read(offsetMs, atMs, patienceMs)
    const trustedOffsetMs = this.#floors[0]?.offsetMs ?? offsetMs
    const wasAhead = this.#isAhead
    this.#isAhead = offsetMs - trustedOffsetMs > jumpMs
    this.#believedOffsetMs = this.#isAhead ? trustedOffsetMs : offsetMs
    const nowMs = this.#isAhead ? Math.floor(trustedOffsetMs + atMs) : wallMs
    if (this.#isAhead && !wasAhead) probe.stepped('forward', wallMs, expectedMs)
    else if (expectedMs - wallMs > jumpMs) probe.stepped('backward', wallMs, expectedMs)
    else if (wasAhead && !this.#isAhead) probe.believed(wallMs)
    probe.behind(wallMs - nowMs)
    return nowMs
  }

  #read(offsetMs: number, atMs: number, patienceMs: number): void {
    const floors = this.#floors
    let sinceMs = atMs
    for (let last = floors.at(-1); last !== undefined && last.offsetMs >= offsetMs; last = floors.at(-1)) {
      sinceMs = last.sinceMs
      floors.pop()
    }
    const last = floors.at(-1)
    // A higher floor soon after the last one only costs memory: the last one stands for it a little longer.
    if (last === undefined || sinceMs < atMs || atMs - last.sinceMs >= patienceMs / PARTS) {
      floors.push({ sinceMs, offsetMs })
    }
    for (let next = floors[1]; next !== undefined && next.sinceMs <= atMs - patienceMs; next = floors[1]) floors.shift()
  }
}
