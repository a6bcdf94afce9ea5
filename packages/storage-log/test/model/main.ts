import { parseArgs } from 'node:util'
import { modelRuns, say } from './model-runs.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string' },
    /** Of a failure that was printed: looks at this run only. */
    path: { type: 'string' },
    steps: { type: 'string', default: '80' }
  }
})
const runs = Number(values.runs)
const steps = Number(values.steps)
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
if (!(Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed) && steps >= 5)) {
  say(`usage: [--runs N] [--seed N] [--steps N] [--path P]; got ${process.argv.slice(2).join(' ')}`)
  process.exit(2)
}
process.exitCode = modelRuns({ runs, seed, steps, ...(values.path === undefined ? {} : { path: values.path }) })
