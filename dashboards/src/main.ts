/** `npm run dashboards`: writes the dashboards from their TypeScript and the catalogue of metrics. */
import fs from 'node:fs'
import path from 'node:path'
import { dashboardFiles, FOLDER } from './files.ts'

for (const [name, text] of dashboardFiles()) {
  fs.writeFileSync(path.join(FOLDER, name), text)
  process.stdout.write(`dashboards/${name}\n`)
}
