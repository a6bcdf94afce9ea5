/**
 * `node tests/observability/panels/main.ts [FOLDER]`: the check of panels and recording rules by itself. FOLDER gets a
 * page for each dashboard, to be looked at.
 */
import { tempDir } from '@streambus/testkit'
import { checkPanels, whyNotPanels } from './check-panels.ts'

const pages = process.argv[2]
const reason = whyNotPanels()
if (reason === null) {
  const folder = tempDir('panels')
  const beganMs = performance.now()
  const say = (line: string): void => console.log(`   ${line}`)
  const problems = await checkPanels({ say, folder: folder.path, ...(pages === undefined ? {} : { pages }) })
  folder.remove()
  for (const problem of problems) console.log(`FAIL  ${problem}`)
  console.log(`${problems.length} problems, ${((performance.now() - beganMs) / 1000).toFixed(0)} s`)
  process.exitCode = problems.length === 0 ? 0 : 1
} else console.log(`SKIP  panels: ${reason}`)
