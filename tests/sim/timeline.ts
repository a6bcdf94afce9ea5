import type { Clock, Timer } from '@streambus/base'
import type { Random } from './random.ts'

interface Event {
  readonly atMs: number
  /** Drawn, so that what falls due in the same millisecond comes in any order. */
  readonly tie: number
  readonly order: number
  readonly run: () => void
  isCancelled: boolean
}

/** Virtual time: a heap of what is to come. One step is one event; nothing happens between steps. */
export class Timeline {
  readonly #random: Random
  readonly #heap: Event[] = []
  #order = 0
  #nowMs = 0

  constructor(random: Random) {
    this.#random = random
  }

  get nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): Timer {
    const atMs = this.#nowMs + Math.max(0, Math.ceil(delayMs))
    const event = { atMs, tie: this.#random.u32(), order: this.#order++, run, isCancelled: false }
    this.#push(event)
    return { cancel: () => void (event.isCancelled = true) }
  }

  /** Runs the next event if it is due by `untilMs`. False: there is none, and time is now `untilMs`. */
  step(untilMs: number): boolean {
    for (let next = this.#heap[0]; next !== undefined; next = this.#heap[0]) {
      if (next.isCancelled) {
        this.#pop()
        continue
      }
      if (next.atMs > untilMs) break
      this.#pop()
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.run()
      return true
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
    return false
  }

  /** Somebody's work has taken this long: everything else is late. */
  spend(ms: number): void {
    this.#nowMs += ms
  }

  #push(event: Event): void {
    const heap = this.#heap
    heap.push(event)
    let i = heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(event, heap[parent] as Event)) break
      heap[i] = heap[parent] as Event
      i = parent
    }
    heap[i] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Event
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++
      if (!isBefore(heap[child] as Event, last)) break
      heap[i] = heap[child] as Event
      i = child
    }
    heap[i] = last
  }
}

function isBefore(a: Event, b: Event): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs
  return a.tie !== b.tie ? a.tie < b.tie : a.order < b.order
}

/** The clock of one life of a broker: dies with it. While it is slow, turns of its event loop come late. */
export class BrokerClock implements Clock {
  readonly #timeline: Timeline
  readonly #originMs: number
  #isDead = false
  /** What each look at the clock costs, and how late a turn of the event loop comes. */
  slow: { readonly lookMs: number; readonly turnMs: number } | null = null

  constructor(timeline: Timeline) {
    this.#timeline = timeline
    this.#originMs = timeline.nowMs
  }

  monotonicMs(): number {
    if (this.slow !== null) this.#timeline.spend(this.slow.lookMs)
    return this.#timeline.nowMs - this.#originMs
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#timeline.nowMs
  }

  after(delayMs: number, run: () => void): Timer {
    const lateMs = this.slow !== null && delayMs === 0 ? this.slow.turnMs : 0
    return this.#timeline.after(delayMs + lateMs, () => {
      if (!this.#isDead) run()
    })
  }

  die(): void {
    this.#isDead = true
  }
}
