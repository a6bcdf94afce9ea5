import { assert } from '@streambus/base'

/** The label value that takes over when a family is full, so that its sums stay right. */
export const OVERFLOW_LABEL = '__other__'

const CHILDREN_MAX = 500

/** A tuple of label values as long as the tuple of label names. */
export type LabelValues<Labels extends readonly string[]> = { readonly [Index in keyof Labels]: string }

export interface Child<Cell> {
  readonly labels: Readonly<Record<string, string>>
  readonly cell: Cell
  /** What stands before the values on its lines in a scrape; null until it was in one. */
  prefixes: readonly string[] | null
}

/**
 * The cells of one metric with labels. Whoever observes asks for its child once and keeps it; `child` itself
 * is not for hot paths. Label values may come from clients: their number is limited.
 */
export class Family<Cell, Labels extends readonly string[] = readonly string[]> {
  readonly #labelNames: Labels
  readonly #create: () => Cell
  readonly #childrenMax: number
  #children = new Map<string, Child<Cell>>()
  #droppedCount = 0

  constructor(labelNames: Labels, create: () => Cell, childrenMax = CHILDREN_MAX) {
    assert(labelNames.length > 0, 'a metric without labels is a bare cell')
    this.#labelNames = labelNames
    this.#create = create
    this.#childrenMax = childrenMax
  }

  /** The cell for these label values, created at first use; the overflow child when the family is full. */
  child(...values: LabelValues<Labels>): Cell {
    const key = JSON.stringify(values)
    const known = this.#children.get(key)
    if (known !== undefined) return known.cell
    if (this.#children.size < this.#childrenMax) return this.#add(key, values)
    this.#droppedCount++
    return this.#overflow()
  }

  /**
   * What the first label stands for is gone, and its cells with it. `add` is to bring what each of them holds into the
   * overflow child, so that the sum over all stays right.
   */
  evict(first: string, add: (into: Cell, from: Cell) => void): void {
    const [name = ''] = this.#labelNames
    for (const [key, { labels, cell }] of this.#children) {
      if (labels[name] !== first || first === OVERFLOW_LABEL) continue
      this.#children.delete(key)
      add(this.#overflow(), cell)
    }
  }

  /** Forgets all children. For gauges that are written anew at each scrape; a counter would seem to restart. */
  clear(): void {
    this.#children.clear()
  }

  /** Forgets the child of these label values, if there is one. */
  remove(...values: LabelValues<Labels>): void {
    this.#children.delete(JSON.stringify(values))
  }

  /** Forgets some children: what they stand for is gone. */
  removeWhere(isGone: (labels: Readonly<Record<string, string>>) => boolean): void {
    for (const [key, { labels }] of this.#children) if (isGone(labels)) this.#children.delete(key)
  }

  /** An empty family for the same metric, to be filled over several turns while this one is served. */
  blank(childrenMax = this.#childrenMax): Family<Cell, Labels> {
    return new Family(this.#labelNames, this.#create, childrenMax)
  }

  /** Serves the children of `blank` in place of its own from now on; `blank` is not to be used any more. */
  become(blank: Family<Cell, Labels>): void {
    this.#children = blank.#children
    this.#droppedCount += blank.#droppedCount
  }

  /** How often label values got no cell of their own. Never falls. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** For those who decide themselves what goes to the overflow child. */
  noteDropped(count: number): void {
    this.#droppedCount += count
  }

  children(): IterableIterator<Child<Cell>> {
    return this.#children.values()
  }

  get size(): number {
    return this.#children.size
  }

  #overflow(): Cell {
    const overflow = this.#labelNames.map(() => OVERFLOW_LABEL)
    const key = JSON.stringify(overflow)
    return this.#children.get(key)?.cell ?? this.#add(key, overflow)
  }

  #add(key: string, values: readonly string[]): Cell {
    assert(values.length === this.#labelNames.length, 'one value per label name')
    const labels = Object.fromEntries(this.#labelNames.map((name, index) => [name, values[index] as string]))
    const child: Child<Cell> = { labels, cell: this.#create(), prefixes: null }
    this.#children.set(key, child)
    return child.cell
  }
}
