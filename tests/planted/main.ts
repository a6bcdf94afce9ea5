import { parseArgs } from 'node:util'
import { type Bug, titleOf } from './bug.ts'
import { BUGS } from './bugs/index.ts'
import { TreeCopy } from './copy.ts'
import { runTests } from './run-tests.ts'

/**
 * `npm run test:planted`: plants every bug of the table in a copy of the sources, one after the other, and runs the
 * test that must notice it: a test that cannot fail proves nothing. Ends with 1 when a bug survives, or when its test
 * fails without it.
 */

const USAGE = 'usage: npm run test:planted -- [--only ID[,ID…] | --only TEXT-OF-THE-NAME]'

/** Null when the words make no sense or mean no bug. */
function chosen(): readonly Bug[] | null {
  try {
    const { only } = parseArgs({ options: { only: { type: 'string' } } }).values
    if (only === undefined) return BUGS
    const ids = only.split(',')
    const byId = BUGS.filter(bug => ids.includes(bug.id))
    const found = byId.length === ids.length ? byId : BUGS.filter(bug => bug.name.includes(only))
    return found.length > 0 ? found : null
  } catch {
    return null
  }
}

interface Verdict {
  readonly isCaught: boolean
  readonly by: string
}

/** The copy is as it was when this returns. */
function tryBug(copy: TreeCopy, bug: Bug): Verdict {
  const takeOut = copy.plant(bug)
  try {
    const status = runTests(copy.path, [bug.test], [titleOf(bug)]).get(titleOf(bug))
    // Sources that do not load any more prove nothing.
    if (status === undefined) return { isCaught: false, by: `DID NOT RUN, or hung: ${bug.test}` }
    return { isCaught: status === 'failed', by: status === 'failed' ? bug.test : `SURVIVED ${bug.test}` }
  } finally {
    takeOut()
  }
}

/** Tests that fail, or do not run, without any bug. */
function unsound(copy: TreeCopy, bugs: readonly Bug[]): readonly Bug[] {
  // Bugs that can no longer be planted must not cost minutes.
  for (const bug of bugs) copy.plant(bug)()
  const clean = runTests(copy.path, [...new Set(bugs.map(bug => bug.test))], bugs.map(titleOf))
  return bugs.filter(bug => clean.get(titleOf(bug)) !== 'passed')
}

/** How many bugs were not caught. */
function run(bugs: readonly Bug[], copy: TreeCopy): number {
  const failing = unsound(copy, bugs)
  for (const bug of failing) console.log(`FAIL  ${bug.id}: "${titleOf(bug)}" does not pass without the bug`)
  if (failing.length > 0) return failing.length
  let survivors = 0
  for (const bug of bugs) {
    const startMs = performance.now()
    const { isCaught, by } = tryBug(copy, bug)
    if (!isCaught) survivors++
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    console.log(
      `${isCaught ? 'ok  ' : 'FAIL'}  ${bug.id.padEnd(4)} ${bug.name.padEnd(78)} ${seconds.padStart(5)} s  ${by}`
    )
  }
  console.log(`${bugs.length} bugs planted, ${survivors} survived`)
  return survivors
}

const bugs = chosen()
if (bugs === null) {
  console.log(`${USAGE}\nIDs: ${BUGS.map(bug => bug.id).join(' ')}`)
  process.exitCode = 2
} else {
  const copy = new TreeCopy()
  process.once('SIGINT', () => {
    copy.remove()
    process.exit(130)
  })
  try {
    process.exitCode = run(bugs, copy) === 0 ? 0 : 1
  } finally {
    copy.remove()
  }
}
