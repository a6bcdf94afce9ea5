import { createHash } from 'node:crypto'
import type { Timeline } from './timeline.ts'

/** What has happened, as lines; all of them go into the hash, the last ones are kept for whoever has to understand. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #timeline: Timeline
  readonly #linesMax: number
  #lines: string[] = []

  /** `linesMax`: how many of the last lines are kept. */
  constructor(timeline: Timeline, linesMax: number) {
    this.#timeline = timeline
    this.#linesMax = linesMax
  }

  add(text: string): void {
    const line = `${String(this.#timeline.nowMs).padStart(8)}  ${text}`
    this.#hash.update(`${line}\n`)
    this.#lines.push(line)
    if (this.#lines.length > 2 * this.#linesMax + 64) this.#lines = this.lines()
  }

  lines(): string[] {
    return this.#linesMax === 0 ? [] : this.#lines.slice(-this.#linesMax)
  }

  /** Of all lines up to now. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}
