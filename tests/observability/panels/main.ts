/** `node tests/observability/panels/main.ts`: the check of panels and recording rules by itself. */
import { tempDir } from '@streambus/testkit'
import { checkPanels, whyNotPanels } from './check-panels.ts'

const reason = whyNotPanels()
if (reason === null) {
  const folder = tempDir('panels')
  const beganMs = performance.now()
  const problems = await checkPanels({ say: line => console.log(`   ${line}`), folder: folder.path })
  folder.remove()
  for (const problem of problems) console.log(`FAIL  ${problem}`)
  console.log(`${problems.length} problems, ${((performance.now() - beganMs) / 1000).toFixed(0)} s`)
  process.exitCode = problems.length === 0 ? 0 : 1
} else console.log(`SKIP  panels: ${reason}`)
