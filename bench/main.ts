import fs from 'node:fs'
import { parseArgs } from 'node:util'
import { BrokerProcess } from './broker-process.ts'
import { type Figures, record, table } from './figures.ts'
import { runFootprint, wantsFootprint } from './footprint.ts'
import { machineLine, readMachine } from './machine.ts'
import { FULL, QUICK, runSuite, type Sizes } from './suite.ts'
import { BrokerSystem, ceilingSystem, type System } from './systems.ts'

const HELP = `npm run bench -- [options]

Measures, in one run, what bare Node reaches on this machine and what the broker reaches of it, with the same client.
Every run is checked: counts, offsets and checksums of what was moved.

  --quick                 a fifth of the bytes, one repeat
  --repeats N             default 3
  --only TEXT             only figures whose name holds TEXT, such as 'produce acks=all 1 KiB' or 'ready'
  --broker NAME=HOST:PORT another broker beside it, such as kafka=127.0.0.1:19092; may be repeated
  --no-own                do not start the broker of this repository
  --batch-bytes N         value bytes per batch, default 65536
  --in-flight N           unanswered requests per connection, default 5
  --json FILE             writes all samples

Settings of the broker are taken from the environment: STREAMBUS_LOG_FLUSH_INTERVAL_MESSAGES=… npm run bench
Data goes to the system's temporary directory, or to $STREAMBUS_BENCH_DIR.`

interface Options {
  readonly sizes: Sizes
  readonly only: string
  readonly brokers: readonly { name: string; host: string; port: number }[]
  readonly own: boolean
  readonly json: string | null
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      only: { type: 'string', default: '' },
      broker: { type: 'string', multiple: true, default: [] },
      'no-own': { type: 'boolean', default: false },
      'batch-bytes': { type: 'string' },
      'in-flight': { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return null
  const base = values.quick ? QUICK : FULL
  const sizes = {
    ...base,
    repeats: count('repeats', values.repeats, base.repeats),
    batchBytes: count('batch-bytes', values['batch-bytes'], base.batchBytes),
    inFlight: count('in-flight', values['in-flight'], base.inFlight)
  }
  return {
    sizes,
    only: values.only,
    brokers: values.broker.map(parseBroker),
    own: !values['no-own'],
    json: values.json ?? null
  }
}

function count(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${flag} ${text}: give a whole number of at least 1`)
  return value
}

function parseBroker(text: string): { name: string; host: string; port: number } {
  const match = /^([^=]+)=(.+):(\d+)$/.exec(text)
  if (match === null) throw new Error(`--broker ${text}: give NAME=HOST:PORT, such as kafka=127.0.0.1:19092`)
  return { name: match[1] ?? '', host: match[2] ?? '', port: Number(match[3]) }
}

async function measure(options: Options, progress: (line: string) => void): Promise<Figures> {
  const own = options.own
    ? await BrokerProcess.start({ environment: { STREAMBUS_LOG_SEGMENT_DELETE_DELAY_MS: '0' } })
    : null
  const systems: System[] = [
    await ceilingSystem('ceiling', { checksum: false, sync: false }, 'child'),
    await ceilingSystem('ceiling, synced', { checksum: true, sync: true }, 'child')
  ]
  if (own !== null) systems.push(new BrokerSystem('streambus', own.address))
  for (const { name, host, port } of options.brokers) systems.push(new BrokerSystem(name, { host, port }))
  try {
    const figures = await runSuite(systems, { sizes: options.sizes, only: options.only, progress })
    if (own !== null)
      record(figures, { name: 'resident memory after the load', system: 'streambus', unit: 'MiB' }, own.rssMib())
    return figures
  } finally {
    for (const system of systems) await system.close().catch(error => progress(`closing ${system.name}: ${error}`))
    await own?.stop()
  }
}

async function main(): Promise<void> {
  let options: Options | null
  try {
    options = readOptions()
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n--help lists the options`)
    process.exitCode = 2
    return
  }
  if (options === null) {
    console.log(HELP)
    return
  }
  const progress = (line: string): void => console.error(line)
  const machine = readMachine()
  console.log(machineLine(machine))
  const figures = await measure(options, progress)
  if (options.own && wantsFootprint(options.only)) {
    await runFootprint(figures, options.sizes.repeats + 2, progress)
  }
  console.log(table(figures, 'ceiling'))
  if (options.json !== null)
    fs.writeFileSync(options.json, `${JSON.stringify({ machine, figures: [...figures.values()] }, null, 1)}\n`)
}

await main()
