/**
 * `npm run preview`: every panel's query, asked of a live Prometheus and drawn. It is not Grafana that draws, but it
 * would draw the same numbers.
 */
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { type PreviewOptions, readOptions, USAGE } from './options.ts'
import { serve } from './server.ts'
import { sourcesOf, writePages } from './write.ts'

async function run(options: PreviewOptions): Promise<number> {
  const { folder, port, isStrict } = options
  if (folder !== null) {
    const without = await writePages(folder, options, line => console.log(line))
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
