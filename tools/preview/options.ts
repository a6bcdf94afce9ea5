import { parseArgs } from 'node:util'

export interface PreviewOptions {
  readonly prometheusUrl: string
  /** Log files of brokers, one JSON object a line, in Loki's place. */
  readonly logs: readonly string[]
  readonly minutes: number
  readonly scrapeMs: number
  /** Null: pages are served instead. */
  readonly folder: string | null
  readonly port: number
  readonly isStrict: boolean
}

export const USAGE = `npm run preview -- [options]      the dashboards, drawn from a live Prometheus

  --prometheus URL        default http://localhost:9090
  --log FILE              log of a broker, for the dashboard of logs; may be repeated
  --minutes N             how far back, default 15
  --scrape-seconds N      between two scrapes, default 15
  --port N                where the pages are served, default 8085
  --out FOLDER            writes the pages there instead
  --strict                with --out: exit code 1 when a panel lacks data that it could have
`

/** Throws a sentence for people. */
export function readOptions(args: readonly string[]): PreviewOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prometheus: { type: 'string', default: 'http://localhost:9090' },
      log: { type: 'string', multiple: true, default: [] },
      minutes: { type: 'string', default: '15' },
      'scrape-seconds': { type: 'string', default: '15' },
      port: { type: 'string', default: '8085' },
      out: { type: 'string' },
      strict: { type: 'boolean', default: false }
    }
  })
  return {
    prometheusUrl: values.prometheus.replace(/\/+$/, ''),
    logs: values.log,
    minutes: numberIn('minutes', values.minutes, 1, 50_000),
    scrapeMs: numberIn('scrape-seconds', values['scrape-seconds'], 1, 300) * 1000,
    folder: values.out ?? null,
    port: numberIn('port', values.port, 0, 65_535),
    isStrict: values.strict
  }
}

function numberIn(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new Error(`--${name} is '${text}'; it takes a whole number from ${min} to ${max}`)
}
