import { type Clock, unreachable } from '@streambus/base'
import { buckets } from './buckets.ts'
import { type Cells, catalogue, type MetricKey } from './catalogue.ts'
import { type Cell, Counter, Gauge, Histogram, Summary } from './cells.ts'
import type { Definition } from './definition.ts'
import { CONTENT_TYPES, type Format, negotiate } from './exposition/format.ts'
import { SUMMARY_QUANTILES } from './exposition/labels.ts'
import { type MetricSnapshot, Snapshots } from './exposition/snapshot.ts'
import { writeSnapshot } from './exposition/write.ts'
import { Family } from './family.ts'
import { stilled } from './still-cells.ts'

/** Lines written in one turn of the event loop: 0.6 ms, and 5 ms when they are written for the first time. */
const LINES_PER_TURN = 2_500

/** One scrape, prepared: the same numbers in whatever format it is asked for. */
interface Prepared {
  readonly takenMs: number
  readonly metrics: readonly MetricSnapshot[]
  readonly texts: Map<Format, Promise<readonly string[]>>
}

/** The metrics of one broker. Brokers in one process have one each and share nothing. */
export class BrokerMetrics {
  /** Of what `render` gives unless it is asked for another format. */
  readonly contentType = CONTENT_TYPES.text
  readonly cells: Cells
  /** False: all cells stay at zero, and nobody is to be asked for numbers. */
  readonly isEnabled: boolean
  readonly #clock: Clock | null
  readonly #snapshots: Snapshots
  readonly #preparations: (() => Promise<void>)[] = []
  readonly #collectors: (() => void)[] = []
  #isCompatible: () => boolean = () => true
  #preparing: Promise<Prepared> | null = null
  #refreshing: Promise<void> | null = null
  #cacheMs: () => number = () => 0
  /** The last scrape, for who asks again soon. */
  #cached: Prepared | null = null

  /** `clock`: for long scrapes, which are then written in turns of the event loop. */
  constructor(clock: Clock | null = null, isEnabled = true) {
    this.isEnabled = isEnabled
    this.cells = createCells(isEnabled)
    this.#clock = clock
    this.#snapshots = new Snapshots(this.cells)
  }

  /** Whether names of other software are served; asked at each scrape. */
  serveCompatibility(isServed: () => boolean): void {
    this.#isCompatible = isServed
  }

  /** `cacheMs`: for so long `expose` answers with what it has; asked at each scrape. Needs a clock. */
  cacheFor(cacheMs: () => number): void {
    this.#cacheMs = cacheMs
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

  /**
   * What an `Accept` header asks for, in pieces: 4 MB in one piece stop the event loop for 10 ms on their way out. Who
   * asks again within the time of `cacheFor` gets the same array, whoever asked first and in whatever format.
   */
  async expose(
    accept: string | undefined
  ): Promise<{ readonly contentType: string; readonly pieces: readonly string[] }> {
    const format = negotiate(accept)
    const pieces = (await this.#cachedPieces(format)) ?? (await this.#pieces(format))
    return { contentType: CONTENT_TYPES[format], pieces }
  }

  /** The text of one scrape. Scrapes that arrive while one is prepared or written get the same numbers. */
  async render(format: Format = 'text'): Promise<string> {
    return (await this.#pieces(format)).join('')
  }

  async #cachedPieces(format: Format): Promise<readonly string[] | null> {
    const prepared = this.#cached
    if (prepared === null || this.#clock === null) return null
    if (this.#clock.monotonicMs() - prepared.takenMs < this.#cacheMs()) return this.#textOf(prepared, format)
    this.#cached = null
    return null
  }

  #textOf({ metrics, texts }: Prepared, format: Format): Promise<readonly string[]> {
    let writing = texts.get(format)
    if (writing === undefined) texts.set(format, (writing = this.#write(metrics, format)))
    return writing
  }

  async #pieces(format: Format): Promise<readonly string[]> {
    const startedMs = this.#clock?.monotonicMs() ?? 0
    this.#preparing ??= this.#prepare()
    const prepared = this.#preparing
    let pieces: readonly string[]
    try {
      const taken = await prepared
      this.#cached = this.#cacheMs() > 0 ? taken : null
      pieces = await this.#textOf(taken, format)
    } finally {
      if (this.#preparing === prepared) this.#preparing = null
    }
    if (this.#clock !== null) {
      this.cells.metricsRender.child(format).observe((this.#clock.monotonicMs() - startedMs) / 1000)
    }
    return pieces
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
    const isCompatible = this.#isCompatible()
    for (const { definition, holder } of this.#holders()) {
      if (isCompatible || definition.stability !== 'compat') count += seriesOf(definition, holder)
    }
    return count
  }

  async #refresh(): Promise<void> {
    if (this.#preparations.length > 0) await this.#prepareAll()
    this.collect()
  }

  async #prepareAll(): Promise<void> {
    const startedMs = this.#clock?.monotonicMs() ?? 0
    await Promise.all(this.#preparations.map(prepare => prepare()))
    // The turn in which the last of them was ready has done its share.
    if (this.#clock !== null && this.#clock.monotonicMs() > startedMs) await turnOf(this.#clock)
  }

  async #prepare(): Promise<Prepared> {
    await this.refresh()
    const takenMs = this.#clock?.monotonicMs() ?? 0
    return { takenMs, metrics: this.#snapshots.take(this.#isCompatible()), texts: new Map() }
  }

  async #write(metrics: readonly MetricSnapshot[], format: Format): Promise<readonly string[]> {
    const clock = this.#clock
    const pieces: string[] = []
    for (const piece of writeSnapshot(metrics, format, LINES_PER_TURN)) {
      if (clock !== null && pieces.length > 0) await turnOf(clock)
      pieces.push(piece)
    }
    return pieces
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

function turnOf(clock: Clock): Promise<void> {
  return new Promise(resolve => void clock.after(0, resolve))
}

export function createBrokerMetrics(clock: Clock | null = null, isEnabled = true): BrokerMetrics {
  return new BrokerMetrics(clock, isEnabled)
}

function seriesOf({ type, buckets: set, whenEmpty }: Definition, holder: Cell | Family<Cell>): number {
  const own = holder instanceof Family ? holder.size : 1
  const cells = own === 0 && whenEmpty !== null ? 1 : own
  if (type === 'histogram') return cells * ((set === null ? 0 : buckets[set].length) + 3)
  return type === 'summary' ? cells * (SUMMARY_QUANTILES.length + 2) : cells
}

function createCells(isEnabled: boolean): Cells {
  const create = isEnabled ? createCell : (definition: Definition): Cell => stilled(createCell(definition))
  const holders = Object.entries(catalogue).map(([key, definition]) => [key, createHolder(definition, create)])
  // The catalogue's types decide the type of each holder; `createHolder` follows the same rule at run time.
  return Object.fromEntries(holders) as Cells
}

function createHolder(definition: Definition, create: (definition: Definition) => Cell): Cell | Family<Cell> {
  return definition.labels.length === 0
    ? create(definition)
    : new Family(definition.labels, () => create(definition), definition.childrenMax ?? limitOf(definition))
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
