import { parseArgs } from 'node:util'
import { BrokerProcess, rssMib } from '../broker-process.ts'
import { type Figures, record, table } from '../figures.ts'
import { machineLine, readMachine } from '../machine.ts'
import type { Address } from '../wire-socket.ts'
import { FULL, type GroupFigures, measureGroups, TINY } from './measure.ts'
import { measureConsumerGroups } from './measure-consumer.ts'

const HELP = `node bench/groups/main.ts [options]

1,000 consumer groups of 5 members, each on a connection of its own.

  --protocol P  classic (the default) or consumer (KIP-848)
  --quick       3 groups of 2 members, one repeat
  --repeats N   default 3
  --broker NAME=HOST:PORT@PID  another broker beside it, and its process for the memory`

const UNITS: Readonly<Record<keyof GroupFigures, readonly [string, string]>> = {
  joinMs: ['all groups joined', 'ms'],
  memoryKibPerGroup: ['memory per group', 'KiB'],
  heartbeatP50Ms: ['heartbeat p50', 'ms'],
  heartbeatP99Ms: ['heartbeat p99', 'ms'],
  commitsPerSecond: ['offset commits', '/s'],
  rebalanceMs: ['rebalance of the large group', 'ms']
}

const MEASURES = new Map([
  ['classic', measureGroups],
  ['consumer', measureConsumerGroups]
])

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      protocol: { type: 'string', default: 'classic' },
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string', default: '3' },
      broker: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return console.log(HELP)
  const measure = MEASURES.get(values.protocol)
  if (measure === undefined) throw new Error(`--protocol ${values.protocol}: one of ${[...MEASURES.keys()].join(', ')}`)
  const sizes = values.quick ? TINY : FULL
  const figures: Figures = new Map()
  console.log(machineLine(readMachine()))
  for (let repeat = 0; repeat < (values.quick ? 1 : Number(values.repeats)); repeat++) {
    const environment = { STREAMBUS_GROUP_INITIAL_REBALANCE_DELAY_MS: '50' }
    const own = await BrokerProcess.start({ environment })
    note(figures, 'ours', await measure(own.address, sizes, () => own.rssMib()))
    await own.stop()
    const match = /^(.+)=(.+):(\d+)@(\d+)$/.exec(values.broker ?? '')
    if (match === null || repeat > 0) continue
    const [, name = '', host = '', port, pid] = match
    const other: Address = { host, port: Number(port) }
    note(figures, name, await measure(other, sizes, () => rssMib(Number(pid))))
  }
  console.log(table(figures, 'ours'))
}

function note(figures: Figures, system: string, measured: GroupFigures): void {
  for (const [key, [name, unit]] of Object.entries(UNITS)) {
    record(figures, { name, system, unit }, measured[key as keyof GroupFigures])
  }
}

await main()
