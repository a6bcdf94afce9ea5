import fs from 'node:fs'
import path from 'node:path'
import { isPanel, missing } from './collect.ts'
import { logFiles } from './log-files.ts'
import type { PreviewOptions } from './options.ts'
import { drawIndex, drawPage } from './page.ts'
import { prometheusAt } from './prometheus.ts'
import { ask, dashboards, intervalsOf, type Sources } from './render.ts'

type Asked = Pick<PreviewOptions, 'prometheusUrl' | 'logs' | 'minutes' | 'scrapeMs'>

export function sourcesOf({ prometheusUrl, logs }: Pick<Asked, 'prometheusUrl' | 'logs'>): Sources {
  return { prometheus: prometheusAt(prometheusUrl), loki: logs.length === 0 ? null : logFiles(logs) }
}

function fileOf(uid: string): string {
  return `${uid}.html`
}

/** A page for each dashboard as of now, and a list of them. Returns how many panels lack data that they could have. */
export async function writePages(folder: string, options: Asked, say: (line: string) => void): Promise<number> {
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
    say(`${dashboard.title}: ${panels.length} panels, ${without.length} lack data`)
    for (const line of missing(result)) say(`  ${line}`)
  }
  fs.writeFileSync(path.join(folder, 'index.html'), drawIndex(fileOf))
  return count
}
