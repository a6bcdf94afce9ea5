import { assert } from '@streambus/base'
import { buckets } from '../buckets.ts'
import { type Cells, catalogue, type MetricKey } from '../catalogue.ts'
import { type Cell, type Exemplar, Gauge, Histogram, Summary } from '../cells.ts'
import type { Definition } from '../definition.ts'
import { type Child, Family } from '../family.ts'
import { SUMMARY_QUANTILES } from './labels.ts'

const NO_LABELS: Readonly<Record<string, string>> = {}

/** One metric at one moment. */
export interface MetricSnapshot {
  readonly definition: Definition
  /** Whose the values are: each has as many in turn as its cell has lines. */
  readonly series: readonly Child<Cell>[]
  readonly values: readonly number[]
  /** By the place of their value; null: none has one. */
  readonly exemplars: ReadonlyMap<number, Exemplar> | null
}

/** Reads cells: nothing but numbers is collected, so that one turn of the event loop is enough for very many. */
export class Snapshots {
  readonly #cells: Cells
  /** Metrics without labels, and the zeros of those that have no series yet. */
  readonly #alone = new Map<MetricKey, Child<Cell>>()

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** All metrics at this moment. Without compatibility names if they are not wanted. */
  take(withCompatibility: boolean): readonly MetricSnapshot[] {
    const taken: MetricSnapshot[] = []
    for (const [key, definition] of Object.entries(catalogue) as [MetricKey, Definition][]) {
      if (definition.stability === 'compat' && !withCompatibility) continue
      const series = this.#seriesOf(key, definition)
      taken.push({ definition, series, ...valuesOf(series) })
    }
    return taken
  }

  #seriesOf(key: MetricKey, definition: Definition): readonly Child<Cell>[] {
    const holder: Cell | Family<Cell> = this.#cells[key]
    if (holder instanceof Family && holder.size > 0) return [...holder.children()]
    if (holder instanceof Family && definition.whenEmpty === null) return []
    let alone = this.#alone.get(key)
    if (alone === undefined) {
      alone = holder instanceof Family ? zeroOf(definition) : { labels: NO_LABELS, cell: holder, prefixes: null }
      this.#alone.set(key, alone)
    }
    return [alone]
  }
}

/** So that a query finds something before there is something. */
function zeroOf({ name, labels, whenEmpty, buckets: set }: Definition): Child<Cell> {
  assert(labels.length === whenEmpty?.length, `${name}: one value per label`)
  const pairs = Object.fromEntries(labels.map((label, at) => [label, whenEmpty[at] as string]))
  const cell = set === null ? new Gauge() : new Histogram(buckets[set])
  return { labels: pairs, cell, prefixes: null }
}

function valuesOf(series: readonly Child<Cell>[]): Pick<MetricSnapshot, 'values' | 'exemplars'> {
  const values: number[] = []
  const exemplars = new Map<number, Exemplar>()
  for (const { cell } of series) {
    if (cell instanceof Histogram) addHistogram(cell, values, exemplars)
    else if (cell instanceof Summary) values.push(...cell.quantiles(SUMMARY_QUANTILES), cell.sum, cell.count)
    else values.push(cell.value)
  }
  return { values, exemplars: exemplars.size === 0 ? null : exemplars }
}

function addHistogram(cell: Histogram, values: number[], exemplars: Map<number, Exemplar>): void {
  let cumulated = 0
  for (let bucket = 0; bucket < cell.counts.length; bucket++) {
    cumulated += cell.counts[bucket] as number
    const exemplar = cell.exemplarOf(bucket)
    if (exemplar !== undefined) exemplars.set(values.length, exemplar)
    values.push(cumulated)
  }
  values.push(cell.sum, cumulated)
}
