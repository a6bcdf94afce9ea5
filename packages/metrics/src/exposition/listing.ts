import { assert } from '@streambus/base'
import { type Cell, Gauge } from '../cells.ts'
import type { Definition } from '../definition.ts'
import type { Child } from '../family.ts'
import type { MetricSnapshot } from './snapshot.ts'

/** Stands for the kind of all cells of a listing, whose numbers are beside them. */
const GAUGE = new Gauge()

/** Numbers of a gauge that have no cells, because they are computed for one answer only. */
export class Listing implements MetricSnapshot {
  readonly definition: Definition
  readonly series: Child<Cell>[] = []
  readonly values: number[] = []
  readonly exemplars = null

  constructor(definition: Definition) {
    assert(definition.type === 'gauge', `${definition.name}: only gauges are computed for an answer`)
    this.definition = definition
  }

  /** `labelValues`: one for each label name. */
  add(labelValues: readonly string[], value: number): void {
    const { name, labels: names } = this.definition
    assert(labelValues.length === names.length, `${name}: one value per label`)
    const labels = Object.fromEntries(names.map((label, at) => [label, labelValues[at] as string]))
    this.series.push({ labels, cell: GAUGE, prefixes: null })
    this.values.push(value)
  }
}
