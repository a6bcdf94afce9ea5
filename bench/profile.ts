import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { BrokerProcess } from './broker-process.ts'
import { analyse, type CpuProfile, type Share, type Window } from './cpu-profile.ts'
import { columns } from './figures.ts'
import { monotonicUs } from './load.ts'
import { machineLine, readMachine } from './machine.ts'
import { BrokerSystem } from './systems.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const HELP = `node bench/profile.ts [options]

Runs the broker under --cpu-prof with one load and prints where its event loop's time went. Threads of the pool
(fdatasync) and the kernel's own threads are not in it.

  --load produce|fetch|latency   default produce
  --acks 0|1|all                 default all
  --record-bytes N               default 1024
  --batch-bytes N                default 65536
  --connections N                default 1
  --mib N                        value bytes moved, default 1024
  --keep FILE                    keeps the .cpuprofile (open it in a browser's developer tools)`

interface ProfileOptions {
  readonly load: string
  readonly acks: -1 | 0 | 1
  readonly recordBytes: number
  readonly batchBytes: number
  readonly connections: number
  readonly bytesMax: number
  readonly keep: string | null
}

function readOptions(): ProfileOptions | null {
  const text = (otherwise: string): { type: 'string'; default: string } => ({ type: 'string', default: otherwise })
  const { values } = parseArgs({
    options: {
      load: text('produce'),
      acks: text('all'),
      'record-bytes': text('1024'),
      'batch-bytes': text('65536'),
      connections: text('1'),
      mib: text('1024'),
      keep: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return null
  const acks = { '0': 0, '1': 1, all: -1 }[values.acks]
  if (acks !== 0 && acks !== 1 && acks !== -1) throw new Error(`--acks ${values.acks}: give 0, 1 or all`)
  return {
    load: values.load,
    acks,
    recordBytes: Number(values['record-bytes']),
    batchBytes: Number(values['batch-bytes']),
    connections: Number(values.connections),
    bytesMax: Number(values.mib) * 2 ** 20,
    keep: values.keep ?? null
  }
}

interface Ran {
  readonly summary: string
  readonly window: Window
}

async function runLoad(system: BrokerSystem, options: ProfileOptions): Promise<Ran> {
  const { acks, recordBytes, batchBytes, connections, bytesMax } = options
  if (options.load === 'latency') {
    const load = {
      acks: acks === 0 ? 1 : acks,
      recordBytes,
      perSecond: 10_000,
      count: 80_000,
      warmUpCount: 10_000
    } as const
    const fromUs = monotonicUs()
    const latency = await system.latency(load)
    return { summary: JSON.stringify(latency), window: { fromUs, toUs: monotonicUs() } }
  }
  if (options.load !== 'produce' && options.load !== 'fetch')
    throw new Error(`--load ${options.load}: give produce, fetch or latency`)
  const sizes = { connections, recordBytes, batchBytes, bytesMax, durationMsMax: 60_000 }
  const moved =
    options.load === 'produce'
      ? await system.produce({ ...sizes, acks, inFlight: 5 })
      : await system.fetch({ ...sizes, fileBytes: Math.min(bytesMax, 2 ** 28) })
  return {
    summary: `${(moved.bytes / moved.seconds / 1e6).toFixed(0)} MB/s, ${moved.records} records in ${moved.requests} requests`,
    window: { fromUs: moved.startUs, toUs: moved.startUs + moved.seconds * 1e6 }
  }
}

function print(title: string, shares: readonly Share[]): void {
  const rows = shares.map(({ name, selfMs, percent }) => [`${percent.toFixed(1)} %`, `${selfMs.toFixed(0)} ms`, name])
  console.log(`\n${title}\n${columns([['self', 'time', 'where'], ...rows], new Set([0, 1]))}`)
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options === null) {
    console.log(HELP)
    return
  }
  console.log(machineLine(readMachine()))
  const directory = temporaryDirectory('profile')
  try {
    const nodeArguments = ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=200']
    const broker = await BrokerProcess.start({ nodeArguments })
    const system = new BrokerSystem('streambus', broker.address)
    let ran: Ran
    try {
      ran = await runLoad(system, options)
      await system.close()
    } finally {
      await broker.stop()
    }
    console.log(`${options.load} under the profiler (slower than without): ${ran.summary}`)
    const file = path.join(directory, fs.readdirSync(directory).find(name => name.endsWith('.cpuprofile')) ?? '')
    const { groups, functions } = analyse(JSON.parse(fs.readFileSync(file, 'utf8')) as CpuProfile, ran.window)
    print('By group', groups)
    print('By function', functions.slice(0, 30))
    if (options.keep !== null) fs.copyFileSync(file, options.keep)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

await main()
