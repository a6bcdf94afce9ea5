import type { TopicChoice } from './topic-choice.ts'

/**
 * Which topics have series of their own: of those that are chosen the first that come, at most as many as the limit
 * says. Others share the label `__other__`, until one that has a slot is deleted or is chosen no more.
 */
export class TopicSlots {
  readonly #limit: () => number
  readonly #isInternal: (topic: string) => boolean
  readonly #choice: TopicChoice | null
  readonly #taken = new Set<string>()
  #edition = 0

  /** `limit`: `metrics.topics.max`, in force now. Internal topics never get a slot. `choice`: null: all others may. */
  constructor(limit: () => number, isInternal: (topic: string) => boolean, choice: TopicChoice | null = null) {
    this.#limit = limit
    this.#isInternal = isInternal
    this.#choice = choice
  }

  /** Grows when the choice changes: whoever has claimed asks again then. */
  get edition(): number {
    return this.#edition
  }

  /** True when the topic has a slot, or gets one now. */
  claim(topic: string): boolean {
    if (this.#taken.has(topic)) return true
    if (this.#taken.size >= this.#limit() || this.isLeftOut(topic)) return false
    this.#taken.add(topic)
    return true
  }

  has(topic: string): boolean {
    return this.#taken.has(topic)
  }

  release(topic: string): void {
    this.#taken.delete(topic)
  }

  /** On purpose, and not for want of room. */
  isLeftOut(topic: string): boolean {
    return this.#isInternal(topic) || this.#choice?.has(topic) === false
  }

  /** Takes over a choice that has changed. Returns the topics that have lost their slots. */
  revise(): readonly string[] {
    if (this.#choice?.renew() !== true) return []
    this.#edition++
    const lost = [...this.#taken].filter(topic => this.isLeftOut(topic))
    for (const topic of lost) this.#taken.delete(topic)
    return lost
  }
}
