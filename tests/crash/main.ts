import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// The long form of a test of storage-log, which lives with that package: only it may use the package's own helpers.

const main = fileURLToPath(new URL('../../packages/storage-log/test/crash/main.ts', import.meta.url))
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status ?? 1
