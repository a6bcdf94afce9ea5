import { parseArgs } from 'node:util'
import { BrokerProcess, rssMib } from '../broker-process.ts'
import { type Figures, record, table } from '../figures.ts'
import { machineLine, readMachine } from '../machine.ts'
import type { Address } from '../wire-socket.ts'
import { FULL, type GroupFigures, measureGroups, TINY } from './measure.ts'

const HELP = `node bench/groups/main.ts [options]

Consumer groups of the classic protocol: 1,000 groups of 5 members, each on a connection of its own.

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

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string', default: '3' },
      broker: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return console.log(HELP)
  const sizes = values.quick ? TINY : FULL
  const figures: Figures = new Map()
  console.log(machineLine(readMachine()))
  for (let repeat = 0; repeat < (values.quick ? 1 : Number(values.repeats)); repeat++) {
    const environment = { STREAMBUS_GROUP_INITIAL_REBALANCE_DELAY_MS: '50' }
    const own = await BrokerProcess.start({ environment })
    note(figures, 'ours', await measureGroups(own.address, sizes, () => own.rssMib()))
    await own.stop()
    const match = /^(.+)=(.+):(\d+)@(\d+)$/.exec(values.broker ?? '')
    if (match === null || repeat > 0) continue
    const [, name = '', host = '', port, pid] = match
    const other: Address = { host, port: Number(port) }
    note(figures, name, await measureGroups(other, sizes, () => rssMib(Number(pid))))
  }
  console.log(table(figures, 'ours'))
}

function note(figures: Figures, system: string, measured: GroupFigures): void {
  for (const [key, [name, unit]] of Object.entries(UNITS)) {
    record(figures, { name, system, unit }, measured[key as keyof GroupFigures])
  }
}

await main()
