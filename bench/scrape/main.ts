import { parseArgs } from 'node:util'
import { type Figures, table } from '../figures.ts'
import { machineLine, readMachine } from '../machine.ts'
import { FULL, TINY } from './fill.ts'
import { measureScrapes } from './measure.ts'
import { WatchedBroker } from './watched-broker.ts'

const HELP = `npm run bench:scrape -- [options]

/metrics of a broker with more than 50,000 series: how long a scrape takes, and the longest time in which the broker's
event loop did not turn meanwhile. A turn's processor time leaves out when other processes had the core.

  --quick      three topics instead of 480, three repeats
  --brokers N  fresh brokers one after the other, default 3: each gives one first scrape
  --repeats N  of later scrapes for each broker and format, default 20`

function count(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text}: a whole number from 1`)
  return value
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      brokers: { type: 'string' },
      repeats: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return console.log(HELP)
  const { quick } = values
  const brokers = count('brokers', values.brokers ?? (quick ? '1' : '3'))
  const repeats = count('repeats', values.repeats ?? (quick ? '3' : '20'))
  const figures: Figures = new Map()
  console.log(machineLine(readMachine()))
  for (let i = 0; i < brokers; i++) {
    const broker = await WatchedBroker.start({
      STREAMBUS_METRICS_SERIES_MAX: '1000000',
      STREAMBUS_METRICS_CACHE_MS: '0'
    })
    try {
      const { series, bytes } = await measureScrapes(broker, { sizes: quick ? TINY : FULL, repeats }, figures)
      process.stderr.write(`broker ${i + 1} of ${brokers}: ${series} series, ${bytes} bytes\n`)
    } finally {
      await broker.discard()
    }
  }
  console.log(table(figures, 'text'))
}

await main()
