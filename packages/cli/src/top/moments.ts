import type { Clock } from '@streambus/base'
import type { Address } from '@streambus/wire-client'
import { gauge, type Moment } from './rates.ts'
import { scrapeMetrics } from './scrape.ts'

/** How long to wait for other numbers than the last ones, and how often to look. */
export const NEW_MS_MAX = 1_500
const LOOK_MS = 100

export interface Scraped {
  readonly address: Address
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>
  readonly timeoutMs: number
}

/** The metrics now, with the moment at which the broker took them, by its own clock if it tells. */
export async function momentOf({ address, clock, timeoutMs }: Scraped): Promise<Moment> {
  const scrape = await scrapeMetrics(address, timeoutMs)
  const uptime = gauge({ atMs: 0, scrape }, 'streambus_broker_uptime_seconds')
  return { atMs: uptime === null ? clock.monotonicMs() : uptime * 1000, scrape }
}

/**
 * The metrics at a moment later than `before`: for a second or so (`metrics.cache.ms`) a broker answers with what it
 * has. Gives up after a while; there are no rates between two equal moments.
 */
export async function momentAfter(before: Moment, scraped: Scraped): Promise<Moment> {
  const { clock } = scraped
  const untilMs = clock.monotonicMs() + NEW_MS_MAX
  for (;;) {
    const after = await momentOf(scraped)
    if (after.atMs !== before.atMs || clock.monotonicMs() >= untilMs) return after
    await new Promise<void>(resolve => void clock.after(LOOK_MS, resolve))
  }
}
