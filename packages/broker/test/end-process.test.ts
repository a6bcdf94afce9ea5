import { execFileSync, spawnSync } from 'node:child_process'
import { tempDir } from '@streambus/testkit'
import { expect, onTestFinished, test } from 'vitest'

test('a process whose thread pool is stuck ends all the same, with its exit code', () => {
  const directory = tempDir('end-process')
  onTestFinished(() => directory.remove())
  const pipe = `${directory.path}/never-written`
  execFileSync('mkfifo', [pipe])
  const module = new URL('../src/end-process.ts', import.meta.url).href
  const script = `
    import fs from 'node:fs'
    import { endProcess } from ${JSON.stringify(module)}
    fs.open(${JSON.stringify(pipe)}, 'r', () => {})
    setTimeout(() => endProcess(74), 50)
  `
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
  expect([status, signal]).toEqual([74, null])
})
