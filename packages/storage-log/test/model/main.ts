import { readArguments, refuse, say } from '../command-line.ts'
import { modelRuns } from './model-runs.ts'

const USAGE = 'usage: [--runs N] [--seed N] [--steps N] [--path P]'

const { values } = readArguments(USAGE, {
  options: {
    help: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string' },
    /** Of a failure that was printed: looks at this run only. */
    path: { type: 'string' },
    steps: { type: 'string', default: '80' }
  }
})
if (values.help) {
  say(USAGE)
  process.exit(0)
}
const runs = Number(values.runs)
const steps = Number(values.steps)
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
if (!(Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed) && steps >= 5)) {
  refuse(USAGE)
}
process.exitCode = modelRuns({ runs, seed, steps, ...(values.path === undefined ? {} : { path: values.path }) })
