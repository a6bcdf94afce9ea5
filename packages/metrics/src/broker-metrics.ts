import { type Clock, unreachable } from '@streambus/base'
import { buckets } from './buckets.ts'
import { type Cells, catalogue, type MetricKey } from './catalogue.ts'
import { Counter, Gauge, Histogram, Summary } from './cells.ts'
import type { Definition } from './definition.ts'
import { Family } from './family.ts'
import { CONTENT_TYPE, Exposition } from './registry.ts'
import { type Cell, SUMMARY_QUANTILES } from './samples.ts'

/** The metrics of one broker. Brokers in one process have one each and share nothing. */
export class BrokerMetrics {
  readonly contentType = CONTENT_TYPE
  readonly cells: Cells
  readonly #exposition: Exposition
  readonly #preparations: (() => Promise<void>)[] = []
  readonly #collectors: (() => void)[] = []
  #rendering: Promise<string> | null = null
  #refreshing: Promise<void> | null = null

  /** `clock`: for long scrapes, which are then written in turns of the event loop. */
  constructor(clock: Clock | null = null) {
    this.cells = createCells()
    this.#exposition = new Exposition(this.cells, clock)
  }

  /**
   * `collect` runs before each render and sets what is computed rather than counted. All collectors run in one
   * turn of the event loop, so their gauges belong to one moment. Must not throw and must not block.
   */
  beforeRender(collect: () => void): void {
    this.#collectors.push(collect)
  }

  /** `prepare` runs before the collectors of each render and may take many turns; its results are for a collector. */
  beforeCollect(prepare: () => Promise<void>): void {
    this.#preparations.push(prepare)
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
    this.#countSeries()
  }

  /** `collect` with all that it takes many turns to compute, as for a scrape. Who asks meanwhile gets the same. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  /** How many lines with a value a scrape has now. */
  seriesCount(): number {
    let count = 0
    for (const { definition, holder } of this.#holders()) count += seriesOf(definition, holder)
    return count
  }

  async #render(): Promise<string> {
    const render = await this.#exposition.load()
    await this.refresh()
    return render()
  }

  async #refresh(): Promise<void> {
    await Promise.all(this.#preparations.map(prepare => prepare()))
    this.collect()
  }

  #countSeries(): void {
    const { metricsSeries, metricsSeriesDropped } = this.cells
    for (const { definition, holder } of this.#holders()) {
      if (!(holder instanceof Family) || holder.droppedCount === 0) continue
      metricsSeriesDropped.child(definition.name).value = holder.droppedCount
    }
    metricsSeries.set(this.seriesCount())
  }

  *#holders(): Generator<{ readonly definition: Definition; readonly holder: Cell | Family<Cell> }> {
    for (const [key, definition] of Object.entries(catalogue)) {
      yield { definition, holder: this.cells[key as MetricKey] }
    }
  }
}

export function createBrokerMetrics(clock: Clock | null = null): BrokerMetrics {
  return new BrokerMetrics(clock)
}

function seriesOf({ type, buckets: set, whenEmpty }: Definition, holder: Cell | Family<Cell>): number {
  const cells = holder instanceof Family ? holder.size : 1
  if (cells === 0) return whenEmpty === null ? 0 : 1
  if (type === 'histogram') return cells * ((set === null ? 0 : buckets[set].length) + 3)
  return type === 'summary' ? cells * (SUMMARY_QUANTILES.length + 2) : cells
}

function createCells(): Cells {
  const holders = Object.entries(catalogue).map(([key, definition]) => [key, createHolder(definition)])
  // The catalogue's types decide the type of each holder; `createHolder` follows the same rule at run time.
  return Object.fromEntries(holders) as Cells
}

function createHolder(definition: Definition): Cell | Family<Cell> {
  return definition.labels.length === 0
    ? createCell(definition)
    : new Family(definition.labels, () => createCell(definition), definition.childrenMax ?? limitOf(definition))
}

/** Those of topics and partitions are limited by who fills them, to settings of the broker. */
function limitOf({ cardinality }: Definition): number | undefined {
  return cardinality === 'T' || cardinality === 'P' ? Number.POSITIVE_INFINITY : undefined
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
