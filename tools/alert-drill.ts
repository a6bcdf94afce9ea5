/**
 * `node tools/alert-drill.ts [list | <drill>]`: makes alerts fire on purpose, on a broker that may suffer, and undoes
 * it at the end. With --prometheus it says what becomes of them; exit code 1 when one does not fire in time.
 */
import { parseArgs } from 'node:util'
import { DrillError, pause, type Scenario } from './drill/scenario.ts'
import { scenarios } from './drill/scenarios.ts'
import { watchAlerts } from './drill/watch.ts'

const USAGE = `node tools/alert-drill.ts [list | <drill>] [options]

  --bootstrap <host:port>   a broker (127.0.0.1:9092)
  --admin <url>             its admin port (http://127.0.0.1:8080)
  --prometheus <url>        says what becomes of the alerts, and ends when all fire
  --minutes <n>             how long at most (until the last alert of the drill fires)
  --pid <n>                 the broker's process on this machine
  --fill <directory>        a directory on the filesystem of a log directory
`

const { values, positionals } = parseArgs({
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
const [name = 'list'] = positionals
const scenario = scenarios.find(({ name: known }) => known === name)
if (name === 'list') list()
else if (scenario === undefined)
  fail(`there is no drill ${name}; it is one of ${scenarios.map(s => s.name).join(', ')}`)
else process.exitCode = await drill(scenario)

function list(): void {
  console.log(USAGE)
  for (const { name: known, does, alerts, minutes, needs } of scenarios) {
    const options = needs.map(option => ` --${option} …`).join('')
    console.log(`${known}${options}\n  ${does}\n  ${alerts.join(', ')} within ${minutes} minutes\n`)
  }
}

async function drill({ alerts, minutes, run, does }: Scenario): Promise<number> {
  const end = new AbortController()
  process.once('SIGINT', () => end.abort())
  const { signal } = end
  const say = (text: string): void => console.log(`${new Date().toISOString()} ${text}`)
  say(`${does}; ${alerts.join(', ')} should fire`)
  const playing = run({
    bootstrap: values.bootstrap,
    adminUrl: values.admin,
    pid: values.pid === undefined ? null : Number(values.pid),
    fill: values.fill ?? null,
    signal,
    say
  })
  const limit = pause(Number(values.minutes ?? minutes) * 60_000, signal)
  const watching =
    values.prometheus === undefined
      ? limit.then(() => true)
      : Promise.race([watchAlerts({ prometheusUrl: values.prometheus, alerts, signal, say }), limit.then(() => false)])
  try {
    // A scenario that ends by itself has failed, with a reason.
    const areFiring = await Promise.race([watching, playing.then(() => false)])
    if (!areFiring) say('not all of them fire')
    return areFiring ? 0 : 1
  } catch (error) {
    if (!(error instanceof DrillError)) throw error
    fail(error.message)
    return 1
  } finally {
    end.abort()
    await playing.catch(() => {})
  }
}

function fail(message: string): void {
  console.error(`alert-drill: ${message}`)
  process.exitCode = 1
}
