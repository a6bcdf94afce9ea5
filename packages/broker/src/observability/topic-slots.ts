/**
 * Which topics have series of their own: the first that come, at most as many as the limit says. Those that come later
 * share the label `__other__`, until one that has a slot is deleted.
 */
export class TopicSlots {
  readonly #limit: () => number
  readonly #isInternal: (topic: string) => boolean
  readonly #taken = new Set<string>()

  /** `limit`: `metrics.topics.max`, in force now. Internal topics never get a slot. */
  constructor(limit: () => number, isInternal: (topic: string) => boolean) {
    this.#limit = limit
    this.#isInternal = isInternal
  }

  /** True when the topic has a slot, or gets one now. */
  claim(topic: string): boolean {
    if (this.#taken.has(topic)) return true
    if (this.#taken.size >= this.#limit() || this.#isInternal(topic)) return false
    this.#taken.add(topic)
    return true
  }

  release(topic: string): void {
    this.#taken.delete(topic)
  }

  isInternal(topic: string): boolean {
    return this.#isInternal(topic)
  }
}
