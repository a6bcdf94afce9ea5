import { type Figures, record } from './figures.ts'
import type { Latency } from './latency.ts'
import type { System } from './systems.ts'

export interface Sizes {
  readonly recordBytes: readonly number[]
  readonly connections: readonly number[]
  readonly batchBytes: number
  readonly inFlight: number
  /** Value bytes per throughput run, and its longest time. */
  readonly bytesMax: number
  readonly durationMsMax: number
  readonly fetchFileBytes: number
  readonly ratesPerSecond: readonly number[]
  readonly latencySeconds: number
  /** Round trips one after the other. */
  readonly roundTrips: number
  readonly repeats: number
}

const KIB = 1024

const MATRIX = {
  recordBytes: [100, KIB, 10 * KIB, 100 * KIB],
  connections: [1, 10, 100],
  ratesPerSecond: [1_000, 10_000],
  inFlight: 5
}

export const FULL: Sizes = {
  ...MATRIX,
  batchBytes: 64 * KIB,
  bytesMax: 512 * KIB * KIB,
  durationMsMax: 3_000,
  fetchFileBytes: 256 * KIB * KIB,
  latencySeconds: 8,
  roundTrips: 20_000,
  repeats: 3
}

export const QUICK: Sizes = {
  ...FULL,
  bytesMax: 96 * KIB * KIB,
  durationMsMax: 1_000,
  fetchFileBytes: 48 * KIB * KIB,
  latencySeconds: 2,
  roundTrips: 5_000,
  repeats: 1
}

/** Enough to see that everything moves and is checked: what the tests run. */
export const TINY: Sizes = {
  recordBytes: [100, 10 * KIB],
  connections: [1, 3],
  batchBytes: 4 * KIB,
  inFlight: 2,
  bytesMax: 64 * KIB,
  durationMsMax: 2_000,
  fetchFileBytes: 64 * KIB,
  ratesPerSecond: [1_000],
  latencySeconds: 0.05,
  roundTrips: 20,
  repeats: 1
}

export interface SuiteOptions {
  readonly sizes: Sizes
  /** Only figures whose name holds this. */
  readonly only: string
  readonly progress: (line: string) => void
}

interface Step {
  readonly name: string
  readonly run: (system: System, figures: Figures) => Promise<void>
}

const ACKS = [
  [0, '0'],
  [1, '1'],
  [-1, 'all']
] as const

function bytesText(bytes: number): string {
  return bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`
}

function produceSteps(sizes: Sizes): Step[] {
  const { batchBytes, inFlight, bytesMax, durationMsMax } = sizes
  const steps: Step[] = []
  for (const recordBytes of sizes.recordBytes) {
    for (const connections of sizes.connections) {
      for (const [acks, label] of ACKS) {
        const name = `produce acks=${label} ${bytesText(recordBytes)} ×${connections}`
        const load = { connections, acks, recordBytes, batchBytes, inFlight, bytesMax, durationMsMax }
        steps.push({
          name,
          run: async (system, figures) => {
            if (!system.answers(acks)) return
            const moved = await system.produce(load)
            record(figures, { name, system: system.name, unit: 'MB/s' }, moved.bytes / moved.seconds / 1e6)
          }
        })
      }
    }
  }
  return steps
}

function fetchSteps(sizes: Sizes): Step[] {
  const { batchBytes, bytesMax, durationMsMax, fetchFileBytes: fileBytes } = sizes
  return sizes.recordBytes.flatMap(recordBytes =>
    sizes.connections.map(connections => {
      const name = `fetch ${bytesText(recordBytes)} ×${connections}`
      const load = { connections, recordBytes, batchBytes, bytesMax, durationMsMax, fileBytes }
      const run: Step['run'] = async (system, figures) => {
        if (!system.answers(1)) return
        const moved = await system.fetch(load)
        record(figures, { name, system: system.name, unit: 'MB/s' }, moved.bytes / moved.seconds / 1e6)
      }
      return { name, run }
    })
  )
}

function note(figures: Figures, at: { name: string; system: string }, latency: Latency): void {
  record(figures, { name: `${at.name} p50`, system: at.system, unit: 'ms' }, latency.p50Ms)
  record(figures, { name: `${at.name} p99`, system: at.system, unit: 'ms' }, latency.p99Ms)
  record(figures, { name: `${at.name} p99.9`, system: at.system, unit: 'ms' }, latency.p999Ms)
}

function latencySteps(sizes: Sizes): Step[] {
  const { latencySeconds, roundTrips: count } = sizes
  const ping: Step = {
    name: 'bare round trip of 64 B',
    run: async (system, figures) => {
      const latency = system.answers(1) ? await system.ping(count) : null
      if (latency !== null) note(figures, { name: 'bare round trip of 64 B', system: system.name }, latency)
    }
  }
  const steps = [ping]
  for (const perSecond of [0, ...sizes.ratesPerSecond]) {
    for (const [acks, label] of ACKS) {
      if (acks === 0 || (acks === 1 && perSecond !== 0)) continue
      const pace = perSecond === 0 ? 'one at a time' : `at ${perSecond.toLocaleString('en-US')}/s`
      const name = `latency acks=${label} 1 KiB ${pace}`
      const total = perSecond === 0 ? count : Math.ceil(perSecond * latencySeconds)
      const load = { acks, recordBytes: KIB, perSecond, count: total, warmUpCount: Math.ceil(total / 10) }
      steps.push({
        name,
        run: async (system, figures) => {
          if (system.answers(acks)) note(figures, { name, system: system.name }, await system.latency(load))
        }
      })
    }
  }
  return steps
}

/**
 * Measures every system, interleaved step by step, so that a noisy machine treats them alike; the first pass over a
 * few steps is thrown away, because V8 compiles during it.
 */
export async function runSuite(systems: readonly System[], options: SuiteOptions): Promise<Figures> {
  const { sizes, only, progress } = options
  const steps = [...produceSteps(sizes), ...fetchSteps(sizes), ...latencySteps(sizes)].filter(step =>
    step.name.includes(only)
  )
  const figures: Figures = new Map()
  const warmUps = steps.filter((_, index) => index % 7 === 0)
  for (const step of warmUps) for (const system of systems) await step.run(system, new Map())
  for (let repeat = 1; repeat <= sizes.repeats; repeat++) {
    for (const [index, step] of steps.entries()) {
      progress(`repeat ${repeat}/${sizes.repeats}, ${index + 1}/${steps.length}: ${step.name}`)
      for (const system of systems) await step.run(system, figures)
    }
  }
  return figures
}
