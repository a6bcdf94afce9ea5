/** Fetches that wait for data. A stop must not wait for them. */
export class ParkedFetches {
  readonly #finishers = new Set<() => void>()

  get count(): number {
    return this.#finishers.size
  }

  add(finish: () => void): void {
    this.#finishers.add(finish)
  }

  delete(finish: () => void): void {
    this.#finishers.delete(finish)
  }

  /** Answers them with what there is. */
  releaseAll(): void {
    for (const finish of this.#finishers) finish()
  }
}
