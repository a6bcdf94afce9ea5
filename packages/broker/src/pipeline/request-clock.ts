/**
 * The time of requests. A reading costs as much as many counters, so one serves for everything until something has
 * taken time since: who begins a turn of the event loop reads, who follows in the same turn looks at the latest.
 */
export class RequestClock {
  readonly #clock: { monotonicMs(): number }
  readonly #isTimed: boolean
  #latestMs = 0

  /** Not timed: nobody asks how long requests take, so only their arrival is read. */
  constructor(clock: { monotonicMs(): number }, isTimed: boolean) {
    this.#clock = clock
    this.#isTimed = isTimed
  }

  /** Of the latest reading, in ms of the monotonic clock. */
  get latestMs(): number {
    return this.#latestMs
  }

  /** A reading that is taken in any case: something has arrived. */
  arrive(): number {
    return (this.#latestMs = this.#clock.monotonicMs())
  }

  /** A reading for what is reported of requests. */
  read(): number {
    return this.#isTimed ? this.arrive() : this.#latestMs
  }
}
