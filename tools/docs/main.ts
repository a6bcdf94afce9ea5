/** `npm run docs:metrics`: writes the reference page of metrics from the catalogue. */
import fs from 'node:fs'
import path from 'node:path'
import { METRICS_PAGE, metricsPage } from './metrics-page.ts'

const file = path.join(import.meta.dirname, '../..', METRICS_PAGE)
fs.mkdirSync(path.dirname(file), { recursive: true })
fs.writeFileSync(file, metricsPage())
process.stdout.write(`${METRICS_PAGE}\n`)
