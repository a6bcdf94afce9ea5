import fs from 'node:fs'
import { parseArgs } from 'node:util'
import { machineLine, readMachine } from '../machine.ts'
import { LOADS, shortened } from './loads.ts'
import { measureOverhead, type OverheadOptions } from './measure.ts'
import { report } from './report.ts'

const HELP = `npm run bench:overhead -- [options]

What all metrics together cost: a broker as shipped beside one with metrics.enabled=false, each in a process of its own,
in turn (on off off on, or the other way round, by chance), with a scrape each 15 s of the one that has metrics. Paired
ratios of processor time and of elapsed time per request, with their spread. Nothing is judged: it always ends with 0.

  --control    metrics on both sides: the interval has to contain 0, else the method finds what is not there
  --quick      one pair of processes, three blocks, a quarter of the requests
  --pairs N    pairs of broker processes, default 8
  --blocks N   blocks of four rounds for each load and pair, default 10
  --only TEXT  only loads whose name holds TEXT
  --seed N     of the order and of the resampling, default 1
  --json FILE  writes all blocks`

interface Options extends OverheadOptions {
  readonly json: string | null
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      control: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      pairs: { type: 'string' },
      blocks: { type: 'string' },
      only: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return null
  const loads = LOADS.filter(({ name }) => name.includes(values.only))
  const names = LOADS.map(({ name }) => name).join('; ')
  if (loads.length === 0) throw new Error(`--only ${values.only}: no load has that in its name: ${names}`)
  return {
    loads: values.quick ? loads.map(load => shortened(load, 0.25)) : loads,
    pairs: count('pairs', values.pairs ?? (values.quick ? '1' : '8')),
    blocks: count('blocks', values.blocks ?? (values.quick ? '3' : '10')),
    warmUpBlocks: values.quick ? 1 : 2,
    seed: count('seed', values.seed),
    isControl: values.control,
    progress: line => process.stderr.write(`${line}\n`),
    json: values.json ?? null
  }
}

function count(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text}: a whole number from 1`)
  return value
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options === null) return console.log(HELP)
  console.log(machineLine(readMachine()))
  const startMs = performance.now()
  const result = await measureOverhead(options)
  const title = options.isControl ? 'control, metrics on both sides' : 'metrics on beside metrics off'
  console.log(`${title}, ${Math.round((performance.now() - startMs) / 1000)} s\n\n${report(result, options.seed)}`)
  if (options.json !== null) fs.writeFileSync(options.json, JSON.stringify([...result.blocks], null, 1))
}

await main()
