import * as fc from 'fast-check'
import { describe, test } from 'vitest'
import { CompactionRun, commandArbitrary } from './compaction-run.ts'

describe('any log', () => {
  test('after any rounds says the same, holds no more than it must, and forgets nothing too early', () => {
    fc.assert(
      fc.property(fc.array(commandArbitrary, { minLength: 20, maxLength: 60 }), commands => {
        const run = new CompactionRun()
        for (const command of commands) run.step(command)
        run.step({ do: 'roll' })
        run.step({ do: 'clean', passMs: 5, keys: 100, restarts: false })
      }),
      { numRuns: 150 }
    )
  })
})
