import fs from 'node:fs'
import { parseArgs } from 'node:util'
import { type Figures, table } from '../figures.ts'
import { machineLine, readMachine } from '../machine.ts'
import { BENCHES } from './benches.ts'
import { FULL, QUICK, type StorageSizes } from './sizes.ts'

const HELP = `node bench/storage/main.ts [options]

Measures the storage engine on its own, on a real disk, beside the bare calls that it is made of.
Everything that is moved is checked: counts, offsets, checksums.

  --only A,B    of ${[...BENCHES.keys()].join(', ')}
  --quick       small sizes, one repeat
  --repeats N   default 3
  --json FILE   writes all samples

Data goes to the system's temporary directory, or to $STREAMBUS_BENCH_DIR: up to some 3 GB at once.`

interface Options {
  readonly sizes: StorageSizes
  readonly names: readonly string[]
  readonly json: string | null
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: [...BENCHES.keys()].join(',') },
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return null
  const base = values.quick ? QUICK : FULL
  const repeats = values.repeats === undefined ? base.repeats : Number(values.repeats)
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw new Error(`--repeats ${values.repeats}: give a whole number of at least 1`)
  }
  const names = values.only.split(',')
  for (const name of names) {
    if (!BENCHES.has(name)) throw new Error(`--only ${name}: give some of ${[...BENCHES.keys()].join(', ')}`)
  }
  return { sizes: { ...base, repeats }, names, json: values.json ?? null }
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
  const machine = readMachine()
  console.log(machineLine(machine))
  const figures: Figures = new Map()
  const progress = (line: string): void => console.error(line)
  for (const name of options.names) await BENCHES.get(name)?.({ sizes: options.sizes, figures, progress })
  console.log(table(figures, 'bare'))
  if (options.json !== null)
    fs.writeFileSync(options.json, `${JSON.stringify({ machine, figures: [...figures.values()] }, null, 1)}\n`)
}

await main()
