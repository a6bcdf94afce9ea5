import type { Snapshot } from 'prom-client/lib/registry.js'
import { type Cells, catalogue, type MetricKey } from './catalogue.ts'
import type { Family } from './family.ts'
import { type Cell, samplesOf } from './samples.ts'

/** The only format served: a prom-client registry that has rendered OpenMetrics once drops `_total` for ever. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Renders cells. The registry is loaded at the first scrape: a broker that nobody scrapes does not pay for it. */
export class Exposition {
  readonly #cells: Cells
  #render: (() => Promise<string>) | null = null

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** Loads what is missing, and gives a function that reads every cell during its call. */
  async load(): Promise<() => Promise<string>> {
    this.#render ??= await this.#register()
    return this.#render
  }

  async #register(): Promise<() => Promise<string>> {
    const { default: Registry } = await import('prom-client/lib/registry.js')
    const registry = new Registry()
    for (const [key, definition] of Object.entries(catalogue)) {
      const { name, help, type } = definition
      const holder: Cell | Family<Cell> = this.#cells[key as MetricKey]
      const get = (): Snapshot => ({ name, help, type, values: samplesOf(definition, holder) })
      registry.registerMetric({ name, help, type, get })
    }
    return () => registry.metrics()
  }
}
