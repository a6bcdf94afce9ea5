/**
 * `npm run test:stack`: the steps of docker/Dockerfile one by one in an empty folder, containers of what they make, and
 * every file of the stack before the programs that will read it. What cannot be run here is skipped and says why.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { checkContainers } from './container-checks.ts'
import { whyNoContainers } from './container-root.ts'
import { buildImage } from './dockerfile-steps.ts'
import { inRepository, REPOSITORY } from './files.ts'
import { toolChecks } from './tool-checks.ts'

const counts = { passed: 0, failed: 0, skipped: 0 }

await check('docker/Dockerfile, step by step', whyNoContainers, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'streambus-image-'))
  try {
    // The container's user has to get through.
    fs.chmodSync(folder, 0o755)
    const report = (line: string): void => console.log(`   ${line}`)
    const image = buildImage({ repository: REPOSITORY, dockerfile: inRepository('docker/Dockerfile'), folder, report })
    await checkContainers({ image, folder, report })
    return 'built, started, asked, stopped; the base image is imitated, Docker itself was not run'
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})
for (const { name, whyNot, run } of toolChecks()) await check(name, whyNot, run)

console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed === 0 ? 0 : 1

async function check(name: string, whyNot: () => string | null, run: () => string | Promise<string>): Promise<void> {
  const reason = whyNot()
  if (reason !== null) {
    counts.skipped++
    console.log(`SKIP  ${name}: ${reason}`)
    return
  }
  try {
    const found = await run()
    counts.passed++
    console.log(`ok    ${name}: ${found}`)
  } catch (error) {
    counts.failed++
    console.log(`FAIL  ${name}: ${(error as Error).message}`)
  }
}
