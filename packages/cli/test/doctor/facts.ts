import type { BrokerFacts, Gathered, HealthFacts, KafkaPort } from '../../src/doctor/gathered.ts'
import { parseExposition } from '../../src/top/exposition.ts'
import type { Interval } from '../../src/top/rates.ts'

/** What gathering would have brought of one healthy broker; tests replace what they are about. */
export function gathered(parts: Partial<Gathered> = {}): Gathered {
  return {
    bootstrap: [port()],
    metadata: there({
      clusterId: 'c',
      brokers: [{ id: 0, address: { host: 'one', port: 9092 } }],
      partitions: [{ name: 't-0', leaderId: 0, replicas: 1, inSync: 1 }],
      topics: there([])
    }),
    brokers: [broker()],
    admin: null,
    file: null,
    ...parts
  }
}

export function there<T>(value: T): { readonly value: T; readonly error: null } {
  return { value, error: null }
}

export function broken(error: Error | string): { readonly value: null; readonly error: Error } {
  return { value: null, error: typeof error === 'string' ? new Error(error) : error }
}

export function port(parts: Partial<KafkaPort> = {}): KafkaPort {
  return { address: { host: 'one', port: 9092 }, answered: there(3), isTls: false, ...parts }
}

export function broker(parts: Partial<BrokerFacts> = {}): BrokerFacts {
  return {
    ...port(),
    id: 0,
    identity: there({ clusterId: 'c', ids: [0] }),
    settings: there(new Map()),
    logDirectories: there([]),
    ...parts
  }
}

export function settings(values: Readonly<Record<string, string>>): BrokerFacts['settings'] {
  return there(new Map(Object.entries(values)))
}

export const HEALTHY: HealthFacts = {
  status: 'healthy',
  timestamp: '2026-01-01T00:00:00Z',
  sentMs: Date.parse('2026-01-01T00:00:00.200Z'),
  receivedMs: Date.parse('2026-01-01T00:00:00.210Z'),
  checks: [{ name: 'storage', status: 'ok', message: '' }]
}

/** An admin port whose two scrapes, a second apart, say this. */
export function admin(after: string, before = '', health: HealthFacts = HEALTHY): Gathered['admin'] {
  const interval: Interval = {
    before: { atMs: 1_000, scrape: parseExposition(before) },
    after: { atMs: 2_000, scrape: parseExposition(after) }
  }
  return { address: { host: 'one', port: 8080 }, health: there(health), metrics: there(interval) }
}

/** An admin port that does not answer. */
export const DEAD_ADMIN: Gathered['admin'] = {
  address: { host: 'one', port: 8080 },
  health: broken('no admin port listens on one:8080; name another'),
  metrics: broken('no admin port listens on one:8080; name another')
}
