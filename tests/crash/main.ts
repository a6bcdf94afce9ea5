import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// The long forms of two tests of storage-log, which live with that package: only it may use the package's own helpers.
// `--model N` makes N runs of the model-based test, everything else is about power cuts.

const words = process.argv.slice(2)
const isModel = words[0] === '--model'
const path = `../../packages/storage-log/test/${isModel ? 'model' : 'crash'}/main.ts`
const rest = isModel ? ['--runs', ...words.slice(1)] : words
const main = fileURLToPath(new URL(path, import.meta.url))
const { status } = spawnSync(process.execPath, [main, ...rest], { stdio: 'inherit' })
process.exitCode = status ?? 1
