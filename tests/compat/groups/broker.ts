import { environmentOf, SpawnedBroker, type SpawnOptions } from '@streambus/testkit'

/** Groups move at once; a dead member of either protocol is found after 6 s. Kafka wants the same (SCENARIOS.md). */
export const GROUP_CONFIG: Readonly<Record<string, string>> = {
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.min.heartbeat.interval.ms': '500',
  'group.consumer.heartbeat.interval.ms': '500'
}

/** Ours with GROUP_CONFIG, as far as it has these settings. */
export async function startBroker(options: SpawnOptions = {}): Promise<SpawnedBroker> {
  const config = { ...GROUP_CONFIG, ...options.config }
  try {
    return await SpawnedBroker.start({ ...options, config })
  } catch (error) {
    const known = Object.entries(config).filter(([name]) => !isRefused(name, String(error)))
    if (known.length === Object.keys(config).length) throw error
    return SpawnedBroker.start({ ...options, config: Object.fromEntries(known) })
  }
}

function isRefused(name: string, message: string): boolean {
  const [variable = ''] = Object.keys(environmentOf({ [name]: '' }))
  return message.includes(`${variable} is not a setting`)
}
