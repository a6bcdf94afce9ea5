/**
 * `npm run test:observability [-- tally | panels [FOLDER] | alerts [WORD …]]`: brokers, Prometheus and Alertmanager of this
 * machine, real clients; what is counted, shown and alerted must be what happened. Skipped where they are missing.
 * FOLDER gets a page for each dashboard, to be looked at; only acts with one of the WORDs in their name are played.
 */
import fs from 'node:fs'
import path from 'node:path'
import { tempDir } from '@streambus/testkit'
import { leaveOutWarnings } from '../../tools/drill/warnings.ts'
import { checkAlerts, whyNotAlerts } from './alerts/check-alerts.ts'
import { checkWholeLoad, whyNotLoad } from './load/whole-load.ts'
import { checkPanels, whyNotPanels } from './panels/check-panels.ts'

interface Part {
  readonly name: string
  readonly what: string
  readonly whyNot: () => string | null
  readonly run: (options: { readonly say: (line: string) => void; readonly folder: string }) => Promise<string[]>
}

// KafkaJS sets timers in the past.
leaveOutWarnings(new Set(['TimeoutNegativeWarning']))
const [wanted, ...words] = process.argv.slice(2)
const parts: readonly Part[] = [
  { name: 'tally', what: 'counters equal an independent tally', whyNot: whyNotLoad, run: checkWholeLoad },
  {
    name: 'panels',
    what: 'panels and recording rules have data',
    whyNot: whyNotPanels,
    run: options => checkPanels({ ...options, ...(words[0] === undefined ? {} : { pages: words[0] }) })
  },
  {
    name: 'alerts',
    what: 'alerts that can be provoked fire and resolve',
    whyNot: whyNotAlerts,
    run: options => checkAlerts({ ...options, words })
  }
]
const chosen = parts.filter(({ name }) => wanted === undefined || name === wanted)
if (chosen.length === 0) {
  console.error(`there is no part ${wanted}; it is one of ${parts.map(({ name }) => name).join(', ')}`)
  process.exitCode = 2
}

const home = tempDir('observability')
let problems = 0
let checked = 0
for (const part of chosen) {
  const found = await check(part)
  problems += found ?? 0
  checked += found === null ? 0 : 1
}
home.remove()
if (checked > 0) {
  console.log(problems === 0 ? '\nall as it must be' : `\n${problems} problems`)
  process.exitCode = problems === 0 ? 0 : 1
} else if (chosen.length > 0) console.log('\nnothing was checked')

/** How many problems there are; null: it cannot run here. */
async function check({ name, what, whyNot, run }: Part): Promise<number | null> {
  const reason = whyNot()
  if (reason !== null) {
    console.log(`SKIP  ${name}: ${reason}`)
    return null
  }
  console.log(`${name}: ${what}`)
  const beganMs = performance.now()
  const seconds = (): string => `${((performance.now() - beganMs) / 1000).toFixed(0)} s`
  const folder = path.join(home.path, name)
  fs.mkdirSync(folder)
  const found = await run({ say: line => console.log(`  ${seconds().padStart(6)}  ${line}`), folder })
  for (const problem of found) console.log(`FAIL  ${problem}`)
  console.log(`${found.length === 0 ? 'ok   ' : 'FAIL '} ${name}, ${seconds()}`)
  return found.length
}
