/** What must not be. The first few of each kind are kept in words, the others are counted. */
export type FaultKind =
  | 'lost'
  | 'duplicated'
  | 'reordered'
  | 'unknown'
  | 'damaged'
  | 'moved'
  | 'hole'
  | 'gap'
  | 'log-start'
  | 'refused'
  | 'broker'
  | 'early-ack'

const WORDS_KEPT = 5

export class Faults {
  readonly #kinds = new Map<FaultKind, { count: number; readonly words: string[] }>()

  add(kind: FaultKind, words: string): void {
    const known = this.#kinds.get(kind) ?? { count: 0, words: [] }
    known.count++
    if (known.words.length < WORDS_KEPT) known.words.push(words)
    this.#kinds.set(kind, known)
  }

  get isEmpty(): boolean {
    return this.#kinds.size === 0
  }

  count(kind: FaultKind): number {
    return this.#kinds.get(kind)?.count ?? 0
  }

  get kinds(): FaultKind[] {
    return [...this.#kinds.keys()].sort()
  }

  /** Forgets one kind: for runs in which it is expected. */
  take(kind: FaultKind): number {
    const { count = 0 } = this.#kinds.get(kind) ?? {}
    this.#kinds.delete(kind)
    return count
  }

  lines(): string[] {
    return [...this.#kinds].flatMap(([kind, { count, words }]) => [
      `${kind}: ${count}`,
      ...words.map(text => `  ${text}`)
    ])
  }
}
