import type { Address } from '@streambus/wire-client'
import { getText } from '../admin-http.ts'
import { UnreachableError } from '../unreachable-error.ts'
import { parseExposition, type Scrape } from './exposition.ts'

/** The broker counts nothing: its operator said so. */
export class MetricsOffError extends UnreachableError {}

/** Throws UnreachableError when there are no metrics, MetricsOffError when that is on purpose. */
export async function scrapeMetrics(address: Address, timeoutMs: number): Promise<Scrape> {
  const text = await getText(address, '/metrics', timeoutMs)
  const found = parseExposition(text)
  if (found.size > 0) return found
  const off = /"error": "metrics_off",\s*"message": "([^"]*)"/.exec(text)?.[1]
  if (off !== undefined) throw new MetricsOffError(off)
  throw new UnreachableError('its answer to /metrics has no metrics')
}
