import { historyFaults, NO_FAULTS } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openCli } from './cli-client.ts'
import { CODECS, type CompatClient, type OpenClient } from './client.ts'
import { eventually } from './eventually.ts'
import { openKafkaJs } from './kafkajs-client.ts'
import { openKcat } from './kcat-client.ts'
import { openPlatformatic } from './platformatic-client.ts'
import { openRestartable, type Restartable } from './restartable.ts'
import { openJava, openPython } from './runtimes.ts'
import { withoutEmptyLines } from './text.ts'

const OPENERS: Readonly<Record<string, OpenClient>> = {
  java: openJava,
  python: openPython,
  kcat: openKcat,
  kafkajs: openKafkaJs,
  platformatic: openPlatformatic,
  cli: openCli
}
const RECORDS = 4000
const SPREAD_MS = 8000

const broker = await openRestartable()
if (typeof broker === 'string') console.log(`SKIPPED restart: ${broker}`)

describe.skipIf(typeof broker === 'string')('through a restart', () => {
  const system = broker as Restartable
  const clients = new Map<string, CompatClient>()
  const skipped = new Map<string, string>()
  let steward: CompatClient
  const place = (name: string): { topic: string; partition: number } => ({
    topic: `compat-restart-${name}-${inject('run')}`,
    partition: 0
  })

  beforeAll(async () => {
    steward = (await openPlatformatic(system.bootstrap)) as CompatClient
    for (const [name, open] of Object.entries(OPENERS)) {
      const client = await open(system.bootstrap)
      if (typeof client === 'string') skipped.set(name, client)
      else clients.set(name, client)
    }
  })

  afterAll(async () => {
    for (const client of [...clients.values(), steward]) await client.close()
    await system.close()
  })

  const acknowledged = new Map<string, readonly string[] | Error>()
  const sent = Array.from({ length: RECORDS }, (_, index) => `v-${index}`)

  test('idempotent producers go on through kill −9 and an orderly stop', async () => {
    const streams = [...clients].map(async ([name, client]) => {
      if (client.produceStream === undefined) return
      await steward.createTopic?.(place(name).topic, 1, {})
      const stream = client.produceStream(place(name), { prefix: 'v', count: RECORDS, spreadMs: SPREAD_MS })
      acknowledged.set(name, await stream.catch((error: unknown) => error as Error))
    })
    await pause(SPREAD_MS / 4)
    await system.killAndStart()
    await pause(SPREAD_MS / 4)
    await (system.stopAndStart ?? system.killAndStart)()
    await Promise.all(streams)
    expect(acknowledged.size).toBe(clients.size)
  })

  test.each(Object.keys(OPENERS))('%s: nothing lost, doubled or reordered', async name => {
    const reason = skipped.get(name)
    if (reason !== undefined) return console.log(`SKIPPED ${name}: ${reason}`)
    const answered = acknowledged.get(name)
    if (!Array.isArray(answered)) throw answered ?? new Error('the stream did not run')
    let end = 0
    await eventually(async () => void (end = (await steward.offset?.(place(name), 'latest')) ?? 0))
    const records = (await steward.consume?.(place(name), { from: 'earliest', count: end })) ?? []
    const read = records.map(({ value }) => value?.toString() ?? '')
    expect(historyFaults({ sent, acknowledged: answered as string[], read })).toEqual(NO_FAULTS)
    expect(answered).toHaveLength(RECORDS)
  })

  test('the text comes back after kill −9, in each codec', async () => {
    const client = clients.get('kcat') ?? clients.get('platformatic')
    if (client?.consumeLines === undefined) throw new Error('@platformatic/kafka comes with this repository')
    const text = client.sendsEmptyValues ? inject('text') : withoutEmptyLines(inject('text'))
    for (const codec of CODECS) {
      await steward.createTopic?.(place(codec).topic, 1, {})
      await client.produceLines(place(codec), text.path, { codec, acks: 'all' })
    }
    await system.killAndStart()
    for (const codec of CODECS) expect(await client.consumeLines(place(codec), text.lines), codec).toBe(text.sha256)
  })
})

async function pause(forMs: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, forMs))
}
