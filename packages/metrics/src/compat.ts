import type { Cells } from './catalogue.ts'

/** Five seconds of the event loop's ticks. */
const WINDOW = 250

/** Repeats what is known already under the names of other software. */
export class Compatibility {
  readonly #cells: Cells
  readonly #delays: number[] = []
  #count = 0

  constructor(cells: Cells) {
    this.#cells = cells
  }

  delayed(seconds: number): void {
    this.#delays[this.#count % WINDOW] = seconds
    this.#count++
  }

  collected(seconds: number): void {
    this.#cells.goGcDuration.observe(seconds)
  }

  show(memory: NodeJS.MemoryUsage): void {
    const cells = this.#cells
    cells.memoryRss.set(memory.rss)
    cells.memoryHeapTotal.set(memory.heapTotal)
    cells.memoryHeapUsed.set(memory.heapUsed)
    cells.memoryExternal.set(memory.external)
    cells.memoryArrayBuffers.set(memory.arrayBuffers)
    const last = this.#delays[(this.#count - 1) % WINDOW] ?? 0
    cells.eventLoopLag.set(last)
    cells.eventLoopLagMs.set(last * 1000)
    const sorted = this.#delays.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
    const sum = sorted.reduce((total, delay) => total + delay, 0)
    cells.eventLoopLagMin.set(at(0))
    cells.eventLoopLagMax.set(at(1))
    cells.eventLoopLagMean.set(sorted.length === 0 ? 0 : sum / sorted.length)
    cells.eventLoopLagP50.set(at(0.5))
    cells.eventLoopLagP90.set(at(0.9))
    cells.eventLoopLagP99.set(at(0.99))
  }
}
