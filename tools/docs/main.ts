/** `npm run docs:metrics`, `npm run docs:cli`: write the reference pages that are made of the code. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { CLI_PAGE, cliPage } from './cli-page.ts'
import { METRICS_PAGE, metricsPage } from './metrics-page.ts'

const ROOT = path.join(import.meta.dirname, '../..')

/** In a process of its own, whose output is no terminal: on one, lines are as long as it is wide. */
async function help(command: readonly string[]): Promise<string> {
  const script = path.join(ROOT, 'packages/cli/bin/streambus.js')
  const { PATH } = process.env
  return execFileSync(process.execPath, [script, ...command, '--help'], { encoding: 'utf8', env: { PATH } })
}

const PAGES: Readonly<Record<string, readonly [file: string, text: () => Promise<string>]>> = {
  metrics: [METRICS_PAGE, async () => metricsPage()],
  cli: [CLI_PAGE, () => cliPage(help)]
}

const [name = 'metrics'] = process.argv.slice(2)
const page = PAGES[name]
if (page === undefined) throw new Error(`there is no page ${name}; there are ${Object.keys(PAGES).join(', ')}`)
const [file, text] = page
fs.mkdirSync(path.join(ROOT, path.dirname(file)), { recursive: true })
fs.writeFileSync(path.join(ROOT, file), await text())
process.stdout.write(`${file}\n`)
