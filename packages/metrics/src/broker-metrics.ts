import { unreachable } from '@streambus/base'
import { buckets } from './buckets.ts'
import { type Cells, catalogue } from './catalogue.ts'
import { Counter, Gauge, Histogram, Summary } from './cells.ts'
import type { Definition } from './definition.ts'
import { Family } from './family.ts'
import { CONTENT_TYPE, Exposition } from './registry.ts'
import type { Cell } from './samples.ts'

/** The metrics of one broker. Brokers in one process have one each and share nothing. */
export class BrokerMetrics {
  readonly contentType = CONTENT_TYPE
  readonly cells: Cells
  readonly #exposition: Exposition
  readonly #collectors: (() => void)[] = []
  #rendering: Promise<string> | null = null

  constructor() {
    this.cells = createCells()
    this.#exposition = new Exposition(this.cells)
  }

  /**
   * `collect` runs before each render and sets what is computed rather than counted. All collectors run in one
   * turn of the event loop, so their gauges belong to one moment. Must not throw and must not block.
   */
  beforeRender(collect: () => void): void {
    this.#collectors.push(collect)
  }

  /** The text of one scrape. Scrapes that arrive while one is rendered get the same text. */
  render(): Promise<string> {
    this.#rendering ??= this.#render().finally(() => {
      this.#rendering = null
    })
    return this.#rendering
  }

  /** Brings computed gauges up to date without rendering, for readers of `cells`. */
  collect(): void {
    for (const collect of this.#collectors) collect()
  }

  async #render(): Promise<string> {
    const render = await this.#exposition.load()
    this.collect()
    return render()
  }
}

export function createBrokerMetrics(): BrokerMetrics {
  return new BrokerMetrics()
}

function createCells(): Cells {
  const holders = Object.entries(catalogue).map(([key, definition]) => [key, createHolder(definition)])
  // The catalogue's types decide the type of each holder; `createHolder` follows the same rule at run time.
  return Object.fromEntries(holders) as Cells
}

function createHolder(definition: Definition): Cell | Family<Cell> {
  return definition.labels.length === 0
    ? createCell(definition)
    : new Family(definition.labels, () => createCell(definition))
}

function createCell({ type, buckets: set }: Definition): Cell {
  switch (type) {
    case 'counter':
      return new Counter()
    case 'gauge':
      return new Gauge()
    case 'histogram':
      return new Histogram(set === null ? [] : buckets[set])
    case 'summary':
      return new Summary()
    default:
      return unreachable(type)
  }
}
