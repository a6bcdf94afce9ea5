import { expect, test } from 'vitest'
import { findFailure } from './model-runs.ts'
import { REGRESSIONS } from './regressions.ts'
import { run } from './runner.ts'
import type { Run } from './step.ts'

/** The long form is `npm run test:model`: as many runs of any seed as one likes. */
const SEED = 1

test('whatever happens to a log in any order, it holds what a dumb list says and keeps its promises', () => {
  expect(findFailure({ runs: 400, seed: SEED, steps: 80 })?.report ?? null).toBeNull()
}, 60_000)

for (const [name, once] of Object.entries(REGRESSIONS)) test(`never again: ${name}`, () => run(once as Run))
