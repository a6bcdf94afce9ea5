import type { Address } from '../wire-socket.ts'

export const SCRAPE_MS = 15_000
/** Prometheus' own. */
const ACCEPT =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'

/** Asks for the metrics as Prometheus does. Throws unless they come. */
export async function scrape({ host, port }: Address, accept = ACCEPT): Promise<string> {
  const response = await fetch(`http://${host}:${port}/metrics`, { headers: { accept } })
  const text = await response.text()
  if (response.status !== 200 || !text.includes('streambus_')) throw new Error(`/metrics answered ${response.status}`)
  return text
}

/** Scrapes every 15 s until it is stopped. */
export class Scraper {
  readonly #timer: NodeJS.Timeout
  #pending: Promise<void> = Promise.resolve()
  count = 0

  constructor(address: Address) {
    this.#timer = setInterval(() => {
      this.#pending = this.#pending.then(async () => {
        await scrape(address)
        this.count++
      })
    }, SCRAPE_MS)
  }

  /** Rejects when a scrape has failed. */
  stop(): Promise<void> {
    clearInterval(this.#timer)
    return this.#pending
  }
}
