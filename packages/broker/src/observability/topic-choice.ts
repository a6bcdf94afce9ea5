interface Pattern {
  matches(name: string): boolean
}

export interface ChoiceTexts {
  /** `metrics.topics.include` and `metrics.topics.exclude`: each holds for whole names. */
  readonly include: string
  readonly exclude: string
}

/** Which topics may have series of their own, by patterns that may change while the broker runs. */
export class TopicChoice {
  readonly #texts: () => ChoiceTexts
  readonly #compile: (text: string) => Pattern
  #current: ChoiceTexts
  #include: Pattern
  #exclude: Pattern

  /** `texts`: in force now. `compile` must take every text that the settings take. */
  constructor(texts: () => ChoiceTexts, compile: (text: string) => Pattern) {
    this.#texts = texts
    this.#compile = compile
    const { include, exclude } = texts()
    this.#current = { include, exclude }
    this.#include = compile(include)
    this.#exclude = compile(exclude)
  }

  /** By the patterns that were in force when `renew` was last called. */
  has(topic: string): boolean {
    return this.#include.matches(topic) && !this.#exclude.matches(topic)
  }

  /** Takes over patterns that have changed; true when some have. */
  renew(): boolean {
    const { include, exclude } = this.#texts()
    if (include === this.#current.include && exclude === this.#current.exclude) return false
    this.#include = this.#compile(include)
    this.#exclude = this.#compile(exclude)
    this.#current = { include, exclude }
    return true
  }
}
