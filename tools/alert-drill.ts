/**
 * `npm run drill -- [list | <drill>]`: makes alerts fire on purpose, on a broker that may suffer, and undoes it at the
 * end. With --prometheus it says what becomes of them; exit code 1 when one does not fire in time.
 */
import { parseArgs } from 'node:util'
import { nodeClock } from '@streambus/base/node'
import { onInterrupt } from '@streambus/cli'
import { missingOption } from './drill/needs.ts'
import { playDrill } from './drill/play.ts'
import { DrillError } from './drill/scenario.ts'
import { scenarios } from './drill/scenarios.ts'
import { leaveOutWarnings } from './drill/warnings.ts'

const USAGE = `npm run drill -- [list | <drill>] [options]

  --bootstrap <host:port>   a broker (127.0.0.1:9092)
  --admin <url>             its admin port (http://127.0.0.1:8080)
  --prometheus <url>        says what becomes of the alerts, and ends when all fire
  --minutes <n>             how long at most (until the last alert of the drill fires)
  --pid <n>                 the broker's process on this machine: ss -ltnp 'sport = :8080'
  --fill <directory>        a directory on the filesystem of a log directory
`

function list(): void {
  console.log(USAGE)
  for (const { name, does, alerts, minutes, needs } of scenarios) {
    const options = needs.map(option => ` --${option} …`).join('')
    console.log(`${name}${options}\n  ${does}\n  ${alerts.join(', ')} within ${minutes} minutes\n`)
  }
}

function optionsOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        bootstrap: { type: 'string', default: '127.0.0.1:9092' },
        admin: { type: 'string', default: 'http://127.0.0.1:8080' },
        prometheus: { type: 'string' },
        minutes: { type: 'string' },
        pid: { type: 'string' },
        fill: { type: 'string' }
      }
    })
  } catch (error) {
    throw new DrillError(`${(error as Error).message}; npm run drill -- list shows what there is`)
  }
}

/** Exit code. Throws DrillError. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = optionsOf(args)
  const [name = 'list'] = positionals
  if (name === 'list') {
    list()
    return 0
  }
  const scenario = scenarios.find(({ name: known }) => known === name)
  if (scenario === undefined) {
    throw new DrillError(`there is no drill ${name}; it is one of ${scenarios.map(known => known.name).join(', ')}`)
  }
  const minutes = Number(values.minutes ?? scenario.minutes)
  if (!(minutes > 0)) throw new DrillError(`--minutes is ${values.minutes}; a number above 0 is expected`)
  const missing = missingOption(scenario, values)
  if (missing !== null) throw new DrillError(missing)
  const end = new AbortController()
  onInterrupt(() => end.abort(), { source: process, clock: nodeClock })
  return playDrill({
    scenario,
    stage: {
      bootstrap: values.bootstrap,
      adminUrl: values.admin,
      pid: values.pid === undefined ? null : Number(values.pid),
      fill: values.fill ?? null,
      signal: end.signal,
      say: text => console.log(`${new Date().toISOString()} ${text}`)
    },
    limitMs: minutes * 60_000,
    prometheusUrl: values.prometheus ?? null
  })
}

// KafkaJS waits for times that are over already, and Node warns of each.
leaveOutWarnings(new Set(['TimeoutNegativeWarning']))
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof DrillError)) throw error
  console.error(`drill: ${error.message}`)
  process.exitCode = 1
}
