/**
 * `npm run preview`: every panel's query, asked of a live Prometheus and drawn. It is not Grafana that draws, but it
 * would draw the same numbers.
 */
import fs from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { isPanel, missing } from './collect.ts'
import { logFiles } from './log-files.ts'
import { type PreviewOptions, readOptions, USAGE } from './options.ts'
import { drawIndex, drawPage } from './page.ts'
import { prometheusAt } from './prometheus.ts'
import { ask, dashboards, intervalsOf, type Sources } from './render.ts'
import { serve } from './server.ts'

function sourcesOf({ prometheusUrl, logs }: PreviewOptions): Sources {
  return { prometheus: prometheusAt(prometheusUrl), loki: logs.length === 0 ? null : logFiles(logs) }
}

function fileOf(uid: string): string {
  return `${uid}.html`
}

/** How many panels lack data that they could have. */
async function write(folder: string, options: PreviewOptions): Promise<number> {
  fs.mkdirSync(folder, { recursive: true })
  const span = { ...options, toMs: Date.now() }
  let count = 0
  for (const dashboard of dashboards) {
    const result = await ask(dashboard, sourcesOf(options), span)
    const page = drawPage(result, { range: intervalsOf(span).range, linkOf: fileOf })
    fs.writeFileSync(path.join(folder, fileOf(dashboard.uid)), page)
    const panels = result.parts.filter(isPanel)
    const without = panels.filter(({ state }) => state !== 'data')
    // What waits for a part of the broker that does not exist yet cannot have any.
    count += without.filter(({ state }) => state !== 'awaited').length
    console.log(`${dashboard.title}: ${panels.length} panels, ${without.length} lack data`)
    for (const line of missing(result)) console.log(`  ${line}`)
  }
  fs.writeFileSync(path.join(folder, 'index.html'), drawIndex(fileOf))
  return count
}

async function run(options: PreviewOptions): Promise<number> {
  const { folder, port, isStrict } = options
  if (folder !== null) {
    const without = await write(folder, options)
    console.log(`written to ${path.join(folder, 'index.html')}`)
    return isStrict && without > 0 ? 1 : 0
  }
  const server = await serve(port, { ...options, sources: sourcesOf(options) })
  console.log(`dashboards at http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return 0
}

try {
  process.exitCode = await run(readOptions(process.argv.slice(2)))
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
