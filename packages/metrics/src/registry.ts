import type { Clock } from '@streambus/base'
import type { Snapshot } from 'prom-client/lib/registry.js'
import { type Cells, catalogue, type MetricKey } from './catalogue.ts'
import type { Family } from './family.ts'
import { type Cell, samplesOf } from './samples.ts'

/** The only format served: a prom-client registry that has rendered OpenMetrics once drops `_total` for ever. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Lines written in one turn of the event loop; each takes some 3 µs. */
const LINES_PER_TURN = 1_000

/** Renders cells. The registry is loaded at the first scrape: a broker that nobody scrapes does not pay for it. */
export class Exposition {
  readonly #cells: Cells
  readonly #clock: Clock | null
  #render: (() => Promise<string>) | null = null

  /** Without a clock everything is written in one turn. */
  constructor(cells: Cells, clock: Clock | null) {
    this.#cells = cells
    this.#clock = clock
  }

  /** Loads what is missing, and gives a function that reads every cell during its call, and writes in turns. */
  async load(): Promise<() => Promise<string>> {
    this.#render ??= await this.#register()
    return this.#render
  }

  async #register(): Promise<() => Promise<string>> {
    const { default: Registry } = await import('prom-client/lib/registry.js')
    const registry = new Registry()
    const asked = new Map<string, Snapshot>()
    for (const { name, help, type } of Object.values(catalogue)) {
      const get = (): Snapshot => asked.get(name) ?? { name, help, type, values: [] }
      registry.registerMetric({ name, help, type, get })
    }
    const textOf = (part: Snapshot): Promise<string> => {
      asked.set(part.name, part)
      const text = registry.getSingleMetricAsString(part.name)
      asked.delete(part.name)
      return text
    }
    return () => this.#write(this.#snapshots(), textOf)
  }

  #snapshots(): Snapshot[] {
    return Object.entries(catalogue).map(([key, definition]) => {
      const { name, help, type } = definition
      const holder: Cell | Family<Cell> = this.#cells[key as MetricKey]
      return { name, help, type, values: samplesOf(definition, holder) }
    })
  }

  /** With a blank line between two metrics, as the registry writes them all. */
  async #write(snapshots: readonly Snapshot[], textOf: (part: Snapshot) => Promise<string>): Promise<string> {
    let text = ''
    let lines = 0
    for (const snapshot of snapshots) {
      const { values } = snapshot
      for (let at = 0; at === 0 || at < values.length; at += LINES_PER_TURN) {
        const part = await textOf({ ...snapshot, values: values.slice(at, at + LINES_PER_TURN) })
        if (at === 0) text += text === '' ? part : `\n\n${part}`
        else text += `\n${withoutHead(part)}`
        lines += Math.min(LINES_PER_TURN, values.length - at) + 2
        if (lines < LINES_PER_TURN) continue
        lines = 0
        await this.#nextTurn()
      }
    }
    return `${text}\n`
  }

  #nextTurn(): Promise<void> | null {
    const clock = this.#clock
    return clock && new Promise(resolve => void clock.after(0, resolve))
  }
}

/** HELP and TYPE stand before the first part of a metric only. */
function withoutHead(part: string): string {
  return part.slice(part.indexOf('\n', part.indexOf('\n') + 1) + 1)
}
