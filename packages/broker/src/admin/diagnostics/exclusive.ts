/** At most one of several things at a time. */
export class Exclusive {
  #current: string | null = null

  /** What is under way; null: nothing. */
  get current(): string | null {
    return this.#current
  }

  /** Null while something else is under way, else what ends it; ending twice is fine. */
  enter(name: string): (() => void) | null {
    if (this.#current !== null) return null
    this.#current = name
    let isOver = false
    return () => {
      if (!isOver) this.#current = null
      isOver = true
    }
  }
}
