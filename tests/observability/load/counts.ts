const SEPARATOR = '\u0000'

/** Numbers by one or more labels; what was never added to is 0. */
export class Counts {
  readonly #values = new Map<string, number>()

  add(count: number, ...labels: readonly string[]): void {
    const key = labels.join(SEPARATOR)
    this.#values.set(key, (this.#values.get(key) ?? 0) + count)
  }

  of(...labels: readonly string[]): number {
    return this.#values.get(labels.join(SEPARATOR)) ?? 0
  }

  get total(): number {
    let total = 0
    for (const value of this.#values.values()) total += value
    return total
  }

  /** In the order in which they were first added to. */
  *entries(): IterableIterator<readonly [labels: readonly string[], value: number]> {
    for (const [key, value] of this.#values) yield [key.split(SEPARATOR), value]
  }

  /** Added up by the first label. */
  byFirst(): Counts {
    const sums = new Counts()
    for (const [[first = ''], value] of this.entries()) sums.add(value, first)
    return sums
  }
}
