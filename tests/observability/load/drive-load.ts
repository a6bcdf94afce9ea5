import { openPlatformaticAdmin } from '../../compat/groups/admins.ts'
import { openPlatformatic } from '../../compat/platformatic-client.ts'
import { NODE_CLIENTS, OTHER_CLIENTS, withEveryClient } from './every-client.ts'
import { withGroups } from './groups.ts'
import { withHostileConnections } from './hostile.ts'
import { LoadStage, type StageOptions } from './load-stage.ts'
import { withRefusals } from './refusals.ts'

/** Nobody waits for so long. */
const NEVER_MS = '3600000'

/**
 * For the broker that is to be loaded: what takes seconds otherwise, so that groups come together, is short, and
 * nothing is too slow, so that it does not depend on the machine what is good. Other numbers would be the same without.
 */
export const LOAD_CONFIG: Readonly<Record<string, string>> = {
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.heartbeat.interval.ms': '500',
  'slow.request.ms': NEVER_MS,
  'slo.produce.latency.ms': NEVER_MS,
  'slo.fetch.latency.ms': NEVER_MS
}

export interface LoadOptions extends StageOptions {
  /** With the clients that a machine may lack, and groups of the consumer protocol; otherwise a few seconds' worth. */
  readonly isFull: boolean
}

/**
 * The same load each time, from real clients through the proxy: every codec and acks, groups, refusals, connections
 * that break, and at the end a topic that is deleted. Resolves when every connection is closed.
 */
export async function driveLoad(options: LoadOptions): Promise<LoadStage> {
  const stage = new LoadStage(options)
  await withEveryClient(stage, options.isFull ? { ...NODE_CLIENTS, ...OTHER_CLIENTS } : NODE_CLIENTS)
  await withGroups(stage, options.isFull)
  await withRefusals(stage)
  await withHostileConnections(stage)
  await deleteTopic(stage)
  await stage.quiet()
  return stage
}

/** The totals of the broker must not fall with it; a group that has read it is left with nothing. */
async function deleteTopic(stage: LoadStage): Promise<void> {
  const topic = stage.name('gone')
  stage.say(`${topic} comes and goes`)
  const client = await openPlatformatic(stage.bootstrap)
  if (typeof client === 'string') throw new Error(client)
  const admin = await openPlatformaticAdmin(stage.bootstrap)
  try {
    await client.createTopic?.(topic, 1, {})
    const record = { key: null, value: Buffer.from(stage.line(500)), headers: [], timestampMs: null }
    await client.produce({ topic, partition: 0 }, [record, record], { acks: 'all', codec: 'zstd' })
    stage.counted.acknowledged.add(2, topic)
    const read = (await client.consume?.({ topic, partition: 0 }, { from: 'earliest', count: 2 })) ?? []
    stage.counted.received.add(read.length, topic)
    await admin.alterOffsets(stage.name('orphaned'), topic, { 0: 1 })
    stage.disk.keep(topic)
    await client.deleteTopic?.(topic)
  } finally {
    await admin.close()
    await client.close()
  }
}

/** Where what clients have counted themselves is not what went over the wire. */
export function clientProblems({ counted, proxy }: LoadStage): readonly string[] {
  const { produced, fetched } = proxy.tally
  const problems: string[] = []
  const topics = new Set([...counted.acknowledged.entries()].map(([[topic = '']]) => topic))
  for (const topic of topics) {
    const sent = counted.acknowledged.of(topic) + counted.sent.of(topic)
    const taken = produced.records.of(topic)
    if (sent !== taken) problems.push(`${topic}: clients sent ${sent} records, ${taken} were taken on the wire`)
    const [received, answered] = [counted.received.of(topic), fetched.records.of(topic)]
    if (received !== answered) problems.push(`${topic}: clients got ${received} records, ${answered} were on the wire`)
  }
  return problems
}
