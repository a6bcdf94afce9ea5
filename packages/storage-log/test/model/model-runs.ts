import fc from 'fast-check'
import { say } from '../command-line.ts'
import { run } from './runner.ts'
import { runs as anyRun, type Run } from './step.ts'

export interface ModelOptions {
  readonly runs: number
  readonly seed: number
  /** How long a run can be. */
  readonly steps: number
  /** Of one run that failed. */
  readonly path?: string
}

/** Null when every run kept every promise; else the shortest failing run that was found, and how to see it again. */
export function findFailure({ runs, seed, steps, path }: ModelOptions): { report: string; run: Run } | null {
  const parameters = { numRuns: runs, seed, ...(path === undefined ? {} : { path }) }
  const details = fc.check(
    fc.property(anyRun(steps), what => run(what)),
    parameters
  )
  if (!details.failed || details.counterexample === null) return null
  const [failing] = details.counterexample as [Run]
  const cause = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance)
  const lines = [
    cause,
    JSON.stringify(failing.config),
    `open files: ${failing.openFiles}`,
    ...failing.steps.map((step, i) => `${i} ${JSON.stringify(step)}`),
    `npm run test:model -- --steps ${steps} --seed ${details.seed} --path ${details.counterexamplePath}`
  ]
  return { report: lines.join('\n'), run: failing }
}

/** Returns the exit code. */
export function modelRuns(options: ModelOptions): number {
  say(`seed ${options.seed}`)
  const startedMs = performance.now()
  const failure = findFailure(options)
  const seconds = (performance.now() - startedMs) / 1000
  if (failure !== null) say(failure.report)
  say(
    `${options.runs} runs of up to ${options.steps} steps, ${seconds.toFixed(1)} s: ${failure === null ? 'nothing is wrong' : 'FAILED'}`
  )
  return failure === null ? 0 : 1
}
