import type { Clock, Timer } from '@streambus/base'
import type { Sink } from '../sink.ts'
import { formatBytes, formatCount, formatSeconds } from './format.ts'

const EVERY_MS = 500

export interface Amount {
  readonly records: number
  readonly bytes: number
}

/** A line on stderr that says how far long work is and how fast it goes. Silent unless `isShown`. */
export class Progress {
  readonly #clock: Clock
  readonly #sink: Sink
  readonly #isShown: boolean
  readonly #amount: () => Amount
  readonly #startedMs: number
  #timer: Timer | null = null
  #last: Amount & { readonly atMs: number }

  constructor(options: { clock: Clock; sink: Sink; isShown: boolean; amount: () => Amount }) {
    this.#clock = options.clock
    this.#sink = options.sink
    this.#isShown = options.isShown
    this.#amount = options.amount
    this.#startedMs = options.clock.monotonicMs()
    this.#last = { records: 0, bytes: 0, atMs: this.#startedMs }
    if (this.#isShown) this.#schedule()
  }

  get elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#startedMs
  }

  /** Ends the line. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#isShown && this.#sink.canRedraw) this.#sink.write('\r\u001b[K')
  }

  /** Everything so far: '12,345 records, 1.23 MB in 0.52 s (23,740 records/s, 2.37 MB/s)'. */
  summary(): string {
    const { records, bytes } = this.#amount()
    return `${describe({ records, bytes })} in ${formatSeconds(this.elapsedMs)} (${rate({ records, bytes }, this.elapsedMs)})`
  }

  #schedule(): void {
    this.#timer = this.#clock.after(EVERY_MS, () => {
      this.#print()
      this.#schedule()
    })
  }

  #print(): void {
    const { records, bytes } = this.#amount()
    const atMs = this.#clock.monotonicMs()
    const since = { records: records - this.#last.records, bytes: bytes - this.#last.bytes }
    const text = `${describe({ records, bytes })}, ${rate(since, atMs - this.#last.atMs)}`
    this.#last = { records, bytes, atMs }
    this.#sink.write(this.#sink.canRedraw ? `\r${text}\u001b[K` : `${text}\n`)
  }
}

function describe({ records, bytes }: Amount): string {
  return `${formatCount(records)} records, ${formatBytes(bytes)}`
}

function rate({ records, bytes }: Amount, elapsedMs: number): string {
  const seconds = Math.max(elapsedMs, 1) / 1000
  return `${formatCount(Math.round(records / seconds))} records/s, ${formatBytes(Math.round(bytes / seconds))}/s`
}
