import http from 'node:http'
import { type Figures, record } from '../figures.ts'
import { cpuSeconds } from '../overhead/cpu-time.ts'
import type { Address } from '../wire-socket.ts'
import { type FillSizes, fill } from './fill.ts'
import type { WatchedBroker } from './watched-broker.ts'

const ACCEPT = {
  text: 'text/plain;version=0.0.4',
  openmetrics: 'application/openmetrics-text;version=1.0.0'
} as const
const PAUSE_MS = 200

export interface ScrapeSeen {
  readonly series: number
  readonly bytes: number
}

/**
 * Fills a broker until a scrape has many lines and times scrapes of it: the first, which makes what stands before the
 * numbers, and further ones in both formats. Beside each the longest turn of the broker's event loop meanwhile.
 */
export async function measureScrapes(
  broker: WatchedBroker,
  { sizes, repeats }: { readonly sizes: FillSizes; readonly repeats: number },
  figures: Figures
): Promise<ScrapeSeen> {
  await fill(broker.process.address, sizes)
  await pause()
  const first = await scrapeOnce(broker, 'text', { system: 'first', figures })
  for (let i = 0; i < repeats; i++) {
    for (const format of ['text', 'openmetrics'] as const) await scrapeOnce(broker, format, { system: format, figures })
    await idle(broker, figures)
  }
  return { series: Number(/^streambus_metrics_series (\d+)/m.exec(first)?.[1] ?? 0), bytes: first.length }
}

async function scrapeOnce(
  broker: WatchedBroker,
  format: keyof typeof ACCEPT,
  { system, figures }: { readonly system: string; readonly figures: Figures }
): Promise<string> {
  const { pid, adminAddress } = broker.process
  const { result, loop } = await broker.watch(async () => {
    const startMs = performance.now()
    const text = await get(adminAddress, ACCEPT[format])
    return { text, ms: performance.now() - startMs }
  })
  const note = (name: string, value: number): void => record(figures, { name, system, unit: 'ms' }, value)
  note('to the last byte', result.ms)
  note('longest turn', loop.longest[0]?.ms ?? 0)
  note('longest turn, processor time', Math.max(0, ...loop.longest.map(({ cpuMs }) => cpuMs)))
  note('longest collection of garbage', loop.longestGcMs)
  await pause()
  const before = cpuSeconds(pid)
  await get(adminAddress, ACCEPT[format])
  note('processor time', (cpuSeconds(pid) - before) * 1000)
  await pause()
  return result.text
}

/** The same without a scrape: what the machine and the rest of the broker make of it. */
async function idle(broker: WatchedBroker, figures: Figures): Promise<void> {
  const { loop } = await broker.watch(pause)
  record(figures, { name: 'longest turn', system: 'no scrape', unit: 'ms' }, loop.longest[0]?.ms ?? 0)
}

/** Not `fetch`: it takes longer for 5 MB than the broker. */
function get({ host, port }: Address, accept: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host, port, path: '/metrics', headers: { accept }, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`/metrics answered ${response.statusCode}: ${text}`))
      })
    })
    request.on('error', reject)
  })
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, PAUSE_MS))
}
