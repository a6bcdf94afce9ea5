import { setTimeout as sleep } from 'node:timers/promises'

const ATTEMPTS = 4
const PAUSE_MS = 3_000

/**
 * Asks again while something is wrong: on a busy machine a scrape may fail, and then there is nothing for a moment.
 * Resolves to what was wrong each time.
 */
export async function lasting(ask: () => Promise<readonly string[]>, pauseMs = PAUSE_MS): Promise<readonly string[]> {
  let problems = await ask()
  for (let attempt = 1; attempt < ATTEMPTS && problems.length > 0; attempt++) {
    await sleep(pauseMs)
    const again = new Set(await ask())
    problems = problems.filter(problem => again.has(problem))
  }
  return problems
}
