import type { Clock } from '@streambus/base'
import type { Address } from '@streambus/wire-client'
import { getJson } from '../admin-http.ts'
import { momentAfter, momentOf, NEW_MS_MAX } from '../top/moments.ts'
import type { Moment } from '../top/rates.ts'
import { attempt } from './attempt.ts'
import type { AdminFacts, HealthFacts } from './gathered.ts'

export interface AdminOptions {
  readonly address: Address
  readonly clock: Clock
  /** For each request. */
  readonly limitMs: number
  /** Between the two scrapes. */
  readonly intervalMs: number
}

/** Asks the admin port for its health and twice for its metrics. Never rejects. */
export async function gatherAdmin(options: AdminOptions): Promise<AdminFacts> {
  const { address, clock, limitMs, intervalMs } = options
  const [health, metrics] = await Promise.all([
    attempt('/health', () => healthOf(options), { clock, limitMs: 2 * limitMs }),
    attempt('/metrics', () => metricsOf(options), { clock, limitMs: 2 * limitMs + intervalMs + NEW_MS_MAX })
  ])
  return { address, health, metrics }
}

async function healthOf(options: AdminOptions): Promise<HealthFacts> {
  const { address, clock, limitMs } = options
  const sentMs = clock.wallMs()
  const body = await getJson(address, '/health?verbose=1', limitMs)
  const receivedMs = clock.wallMs()
  if (typeof body !== 'object' || body === null || !('checks' in body)) throw notOurs()
  const { status, timestamp, checks } = body as Record<string, unknown>
  if (typeof checks !== 'object' || checks === null) throw notOurs()
  return {
    status: String(status),
    timestamp: typeof timestamp === 'string' ? timestamp : '',
    sentMs,
    receivedMs,
    checks: Object.entries(checks).map(([name, value]) => ({ name, ...checkOf(value) }))
  }
}

/** Of the verbose answer, or of the plain one, in which 'ok' or a message stands. */
function checkOf(value: unknown): { readonly status: string; readonly message: string } {
  if (typeof value === 'object' && value !== null) {
    const { status, message } = value as Record<string, unknown>
    return { status: String(status), message: typeof message === 'string' ? message : '' }
  }
  const [, state, rest] = /^(warning|degraded): (.*)$/s.exec(String(value)) ?? []
  if (state !== undefined) return { status: state, message: rest ?? '' }
  return value === 'ok' ? { status: 'ok', message: '' } : { status: 'error', message: String(value) }
}

function notOurs(): Error {
  return new Error("its answer to /health has no checks: is this StreamBus's admin port?")
}

async function metricsOf(options: AdminOptions): Promise<{ readonly before: Moment; readonly after: Moment }> {
  const { address, clock, limitMs: timeoutMs, intervalMs } = options
  const before = await momentOf({ address, clock, timeoutMs })
  await new Promise<void>(resolve => void clock.after(intervalMs, resolve))
  return { before, after: await momentAfter(before, { address, clock, timeoutMs }) }
}
