import kafkajs, { type Admin } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openRestartable, type Restartable } from '../restartable.ts'
import { findKcat } from './kcat-host.ts'
import type { FindGroupClient, GroupProtocol } from './member.ts'
import { reasonNotServed } from './served.ts'
import { GroupStage, until } from './stage.ts'
import {
  findDebianPython,
  findJava,
  findKafkaJs,
  findKafkaPython,
  findLibrdkafka,
  findPlatformatic
} from './worker-clients.ts'

const CLIENTS: readonly (readonly [name: string, protocol: GroupProtocol, find: FindGroupClient])[] = [
  ['kafkajs', 'classic', findKafkaJs],
  ['platformatic', 'classic', findPlatformatic('classic')],
  ['platformatic-consumer', 'consumer', findPlatformatic('consumer')],
  ['java', 'classic', findJava('classic')],
  ['java-consumer', 'consumer', findJava('consumer')],
  ['python', 'classic', findDebianPython],
  ['librdkafka', 'classic', findLibrdkafka('classic')],
  ['librdkafka-consumer', 'consumer', findLibrdkafka('consumer')],
  ['kafka-python', 'classic', findKafkaPython],
  ['kcat', 'classic', findKcat]
]
const PARTITIONS = 2
/** KafkaJS does when its connection breaks; Java's when the broker does not yet know the topic as it comes up. */
const JOINS_ANEW = ['kafkajs', 'java']

const broker = await openRestartable()
const reason = typeof broker === 'string' ? broker : await reasonNotServed(broker.bootstrap, 'classic')
if (reason !== null) {
  console.log(`SKIPPED groups, restart: ${reason}`)
  if (typeof broker !== 'string') await broker.close()
}

/** All clients at once: a group each, one broker that is killed, then stopped in order. */
describe.skipIf(reason !== null)(`groups through a restart${reason === null ? '' : ` (${reason})`}`, () => {
  const system = broker as Restartable
  const stages = new Map<string, GroupStage>()
  const skipped = new Map<string, string>()
  let admin: Admin

  beforeAll(async () => {
    const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 60 }
    admin = new kafkajs.Kafka({ brokers: [system.bootstrap], logLevel: 0, retry }).admin()
    await admin.connect()
    for (const [name, protocol, find] of CLIENTS) {
      const client = (await reasonNotServed(system.bootstrap, protocol)) ?? (await find())
      if (typeof client === 'string') {
        skipped.set(name, client)
        continue
      }
      const topic = `groups-restart-${name}-${inject('run')}`
      const stage = await GroupStage.open(client, { bootstrap: system.bootstrap, name: topic, partitions: PARTITIONS })
      stages.set(name, stage)
      await stage.feeder.add(20)
      await stage.join(await stage.host(), 'a', { sessionTimeoutMs: 60_000 })
      await stage.readAll()
    }
  })

  afterAll(async () => {
    for (const stage of stages.values()) await stage.close()
    await admin.disconnect()
    await system.close()
  })

  /** The member's own commits are at the end of all that was produced. */
  async function committedAll(stage: GroupStage): Promise<void> {
    await until(async () => {
      const [found] = await admin.fetchOffsets({ groupId: stage.group, topics: [stage.feeder.topic] })
      const offsets = (found?.partitions ?? []).sort((a, b) => a.partition - b.partition)
      expect(offsets.map(({ offset }) => Number(offset))).toEqual(stage.feeder.ends)
    })
  }

  /** Each record once, in order; KafkaJS, which joins anew by itself, may read some twice. */
  function expectExact(stage: GroupStage): void {
    expect(stage.ledger.missing(stage.feeder.ends)).toEqual([])
    if (stage.client.name.startsWith('KafkaJS')) return
    for (const [partition, end] of stage.feeder.ends.entries())
      expect(stage.ledger.read(partition)).toEqual(Array.from({ length: end }, (_, offset) => offset))
  }

  const positions = new Map<string, number>()

  test('kill −9', async () => {
    for (const stage of stages.values()) await committedAll(stage)
    for (const [name, stage] of stages) positions.set(name, stage.ledger.events.length)
    await system.killAndStart()
    await Promise.all([...stages.values()].map(async stage => stage.feeder.add(10)))
  })

  test.each(CLIENTS.map(([name]) => name))('%s: its members go on where they were', async name => {
    const stage = stages.get(name)
    if (stage === undefined) return console.log(`SKIPPED ${name}: ${skipped.get(name)}`)
    await stage.readAll()
    expectExact(stage)
    const changes = stage.ledger.since(positions.get(name) ?? 0, 'a').filter(({ event }) => event === 'assigned')
    if (!JOINS_ANEW.includes(name)) expect(changes, 'the coordinator remembers its members').toEqual([])
    // KafkaJS does not try again what it could not commit, until the next record comes.
    if (name !== 'kafkajs') await committedAll(stage)
    await stage.leave('a')
  })

  test('an orderly stop, with nobody in the groups', async () => {
    await (system.stopAndStart ?? system.killAndStart)()
    await Promise.all([...stages.values()].map(async stage => stage.feeder.add(5)))
  })

  test.each(CLIENTS.map(([name]) => name))('%s: a new member starts at the exact offset', async name => {
    const stage = stages.get(name)
    if (stage === undefined) return console.log(`SKIPPED ${name}: ${skipped.get(name)}`)
    await stage.join(await stage.host(), 'b')
    await stage.readAll()
    expectExact(stage)
    await stage.leave('b')
    expect(stage.ledger.conflicts()).toEqual([])
  })
})
