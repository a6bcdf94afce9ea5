import type { Clock, Timer } from '@streambus/base'
import { elapsed } from './elapsed.ts'

const TICK_MS = 10

export interface EventLoopReport {
  readonly ticks: number
  /** How late the ticks were. */
  readonly delayMs: {
    readonly min: number
    readonly mean: number
    readonly p50: number
    readonly p90: number
    readonly p99: number
    readonly max: number
  }
}

/** Watches for `ms`, at most a minute: 100 numbers a second are kept. Leaves no timer behind. */
export async function watchEventLoop(clock: Clock, ms: number, signal: AbortSignal): Promise<EventLoopReport> {
  const delays: number[] = []
  const plan = (): Timer => {
    const expectedMs = clock.monotonicMs() + TICK_MS
    return clock.after(TICK_MS, () => {
      delays.push(Math.max(0, clock.monotonicMs() - expectedMs))
      timer = plan()
    })
  }
  let timer = plan()
  await elapsed(clock, ms, signal)
  timer.cancel()
  return { ticks: delays.length, delayMs: summarise(delays) }
}

/** Nearest-rank quantiles; zeros for no values. */
function summarise(delays: readonly number[]): EventLoopReport['delayMs'] {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (quantile: number): number => rounded(sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0)
  const sum = sorted.reduce((total, delay) => total + delay, 0)
  const mean = rounded(sum / Math.max(1, sorted.length))
  return { min: at(0), mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
