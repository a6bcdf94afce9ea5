import type { Cleanup } from './cleanup.ts'

export interface RigOptions {
  readonly seed: number
  /** Each rig has its own default. */
  readonly cycles: number | null
  readonly cleanup: Cleanup
  readonly say: (line: string) => void
}

/**
 * `invalid`: it ran, but did not do to the broker what it is there for, so it proves nothing. `skipped`: this machine
 * has no such tool or permission.
 */
export type Verdict = 'passed' | 'failed' | 'invalid' | 'skipped'

export interface RigReport {
  readonly verdict: Verdict
  readonly lines: readonly string[]
}

export type Rig = (options: RigOptions) => Promise<RigReport>

export function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`
}

/** 'median 310 ms, max 420 ms'. */
export function spread(valuesMs: readonly number[]): string {
  const ascending = [...valuesMs].sort((a, b) => a - b)
  const median = ascending[Math.floor(ascending.length / 2)] ?? Number.NaN
  return `median ${median.toFixed(0)} ms, max ${(ascending.at(-1) ?? Number.NaN).toFixed(0)} ms`
}
