import { type Address, formatAddress } from '@streambus/wire-client'
import { getText } from '../admin-http.ts'
import { UnreachableError } from '../unreachable-error.ts'
import { parseExposition, type Scrape } from './exposition.ts'

/** Every broker has it. */
const OF_A_BROKER = 'streambus_broker_status'

/** The broker counts nothing: its operator said so. */
export class MetricsOffError extends UnreachableError {}

/** Throws UnreachableError when there are no metrics of a broker, MetricsOffError when that is on purpose. */
export async function scrapeMetrics(address: Address, timeoutMs: number): Promise<Scrape> {
  const text = await getText(address, '/metrics', timeoutMs)
  const found = parseExposition(text)
  if (found.has(OF_A_BROKER)) return found
  if (found.size > 0) {
    throw new UnreachableError(
      `http://${formatAddress(address)}/metrics has metrics, but not those of a broker (there is no ${OF_A_BROKER}); name its admin port with --admin, which is usually 8080`
    )
  }
  const off = /"error": "metrics_off",\s*"message": "([^"]*)"/.exec(text)?.[1]
  if (off !== undefined) throw new MetricsOffError(off)
  throw new UnreachableError('its answer to /metrics has no metrics')
}
