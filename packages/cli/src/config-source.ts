import type { ConfigEntry } from './config-resource.ts'

/** ConfigSource of Kafka, in words. */
const SOURCES: ReadonlyMap<number, string> = new Map([
  [1, 'topic'],
  [2, 'broker'],
  [3, 'all brokers'],
  [4, 'file, environment or flag'],
  [5, 'default'],
  [6, 'broker logger'],
  [8, 'group']
])

const TOPIC = 1
/** A broker's own, that of all brokers, and what it was started with. */
const BROKER_SOURCES: ReadonlySet<number> = new Set([2, 3, 4])

/** Where a value comes from, in words. */
export function sourceName(source: number): string {
  return SOURCES.get(source) ?? `source ${source}`
}

/** Whether a topic's setting was changed on the topic. */
export function isChanged({ configSource }: ConfigEntry): boolean {
  return configSource === TOPIC
}

/** Whether a broker's setting differs from the built-in default. */
export function isChangedOnBroker({ configSource }: ConfigEntry): boolean {
  return BROKER_SOURCES.has(configSource)
}
