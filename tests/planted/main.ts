// Plants storage bugs one by one into a copy of the sources and runs the test that must notice each: a test that cannot
// fail proves nothing. `npm run test:planted [-- --only TEXT]`.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { PLANTED_BUGS, type PlantedBug } from './bugs.ts'
import { TreeCopy } from './copy.ts'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const VITEST = 'node_modules/vitest/vitest.mjs'

/** Whether the test passes. A run that finds no test of that title is no pass. */
function passes(copy: TreeCopy, { test, title }: PlantedBug): boolean {
  const filter = title === undefined ? [] : ['-t', title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')]
  const env = { ...process.env, NO_COLOR: '1' }
  const done = spawnSync(process.execPath, [VITEST, 'run', test, ...filter], { cwd: copy.path, encoding: 'utf8', env })
  const hasRun = /Tests\s+.*\d+ (passed|failed)/.test(done.stdout)
  if (!hasRun) throw new Error(`${test} has not run: ${done.stdout.slice(-2000)}${done.stderr.slice(-2000)}`)
  return done.status === 0
}

const bugs = PLANTED_BUGS.filter(({ name }) => name.includes(values.only))
const copy = new TreeCopy()
let survived = 0
try {
  const clean = new Map<string, boolean>()
  for (const bug of bugs) {
    const key = `${bug.test} ${bug.title ?? ''}`
    if (!clean.has(key)) clean.set(key, passes(copy, bug))
    const takeBack = copy.plant(bug.file, bug.find, bug.replace)
    const isCaught = clean.get(key) === true && !passes(copy, bug)
    takeBack()
    if (!isCaught) survived++
    const by = `${bug.test.slice(bug.test.lastIndexOf('/') + 1)}${bug.title === undefined ? '' : `: ${bug.title}`}`
    const verdict = isCaught ? 'caught  ' : clean.get(key) === true ? 'SURVIVED' : 'NOT CLEAN'
    process.stdout.write(`${verdict}  ${bug.name}  —  ${by}\n`)
  }
} finally {
  copy.remove()
}
process.stdout.write(`${bugs.length} bugs planted, ${survived} survived\n`)
process.exitCode = survived === 0 && bugs.length > 0 ? 0 : 1
