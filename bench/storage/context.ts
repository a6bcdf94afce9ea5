import fs from 'node:fs'
import { type Figures, record } from '../figures.ts'
import { type Latency } from '../latency.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import type { StorageSizes } from './sizes.ts'

/** What every bench of this folder is given. */
export interface Context {
  readonly sizes: StorageSizes
  readonly figures: Figures
  readonly progress: (line: string) => void
}

export type StorageBench = (context: Context) => Promise<void>

/** A figure's place in the table: the reference under the same name is the system 'bare'. */
export interface Place {
  readonly name: string
  readonly system: string
}

/** Runs `run` in a directory of its own and removes it, whatever happens. */
export async function inDirectory<T>(name: string, run: (directory: string) => T | Promise<T>): Promise<T> {
  const directory = temporaryDirectory(name)
  try {
    return await run(directory)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

export function note(figures: Figures, { name, system }: Place, sample: { unit: string; value: number }): void {
  record(figures, { name, system, unit: sample.unit }, sample.value)
}

/** p50 and p99, in microseconds. */
export function noteLatency(figures: Figures, { name, system }: Place, latency: Latency): void {
  note(figures, { name: `${name}, p50`, system }, { unit: 'µs', value: latency.p50Ms * 1e3 })
  note(figures, { name: `${name}, p99`, system }, { unit: 'µs', value: latency.p99Ms * 1e3 })
}

export function check(isTrue: boolean, what: string): asserts isTrue {
  if (!isTrue) throw new Error(`what was moved is not what is there: ${what}`)
}
