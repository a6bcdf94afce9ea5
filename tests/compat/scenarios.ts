import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ACKS, type CompatClient, type CompatRecord, type OpenClient, type Place, record } from './client.ts'
import { eventually } from './eventually.ts'
import { openKafkaJs } from './kafkajs-client.ts'
import { openPlatformatic } from './platformatic-client.ts'
import { type LineFile, withoutEmptyLines } from './text.ts'

/** Everything a scenario works with. */
interface Stage {
  readonly client: CompatClient
  /** Reads where the client under test cannot. */
  readonly reader: CompatClient
  /** Creates topics where the client under test cannot. */
  readonly steward: CompatClient
  /** The text, as far as this client can send it. */
  readonly text: LineFile
  /** A name that nobody else uses. */
  topic(name: string): string
}

interface Scenario {
  readonly name: string
  /** Why this client cannot take part; null when it can. */
  readonly skip?: (client: CompatClient) => string | null
  run(stage: Stage): Promise<void>
}

type Ability = {
  [Key in keyof CompatClient]-?: CompatClient[Key] extends (...args: never[]) => unknown ? Key : never
}[keyof CompatClient]
type OptionalAbility = Exclude<
  keyof CompatClient,
  Ability | 'version' | 'codecs' | 'sendsEmptyValues' | 'sendsTombstones' | 'resetsItself' | 'sendsTimestamps'
>

function needs(...abilities: readonly OptionalAbility[]): (client: CompatClient) => string | null {
  return client => {
    const missing = abilities.filter(ability => client[ability] === undefined)
    return missing.length === 0 ? null : `this client has no ${missing.join(', ')}`
  }
}

/** Calls a method that `needs` has checked. */
function must<T>(method: T | undefined): T {
  if (method === undefined) throw new Error('the scenario lacks a `skip: needs(…)`')
  return method
}

async function newTopic(
  stage: Stage,
  name: string,
  options: { partitions?: number; configs?: Record<string, string> } = {}
): Promise<Place> {
  const topic = stage.topic(name)
  await must(stage.steward.createTopic).call(stage.steward, topic, options.partitions ?? 1, options.configs ?? {})
  return { topic, partition: 0 }
}

const textScenarios = (client: CompatClient): Scenario[] =>
  client.codecs.flatMap(codec =>
    ACKS.map(acks => ({
      name: `text, line by line: ${codec}, acks=${acks}`,
      async run(stage: Stage): Promise<void> {
        const place = await newTopic(stage, `text-${codec}-${acks}`)
        await stage.client.produceLines(place, stage.text.path, { codec, acks })
        const reader = stage.client.consumeLines === undefined ? stage.reader : stage.client
        expect(await must(reader.consumeLines).call(reader, place, stage.text.lines)).toBe(stage.text.sha256)
        // acks=0 tells nobody, so this comes after everything was read.
        expect(await must(stage.steward.offset).call(stage.steward, place, 'latest')).toBe(stage.text.lines)
      }
    }))
  )

const BASE_MS = 1_700_000_000_000

/** The later one first: its batch then holds a negative delta. */
function timestamped(client: CompatClient): CompatRecord[] {
  if (client.sendsTimestamps === false) return []
  const records = [record('old', { timestampMs: BASE_MS }), record('older', { timestampMs: 1 })]
  return client.sendsTimestamps === 'ascending' ? [] : records
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'keys, headers, timestamps, tombstones and an empty value',
    async run(stage) {
      const place = await newTopic(stage, 'records')
      const records = [
        record('plain'),
        record('with key', { key: Buffer.from('Schlüssel') }),
        record('with headers', {
          headers: [
            ['a', Buffer.from('1')],
            ['ä', Buffer.from('zwei')]
          ]
        }),
        ...(stage.client.sendsTombstones === false ? [] : [record(null, { key: Buffer.from('deleted') })]),
        ...(stage.client.sendsEmptyValues ? [record('')] : []),
        ...timestamped(stage.client)
      ]
      const beganMs = Date.now()
      await stage.client.produce(place, records, {})
      const reader = stage.client.consume === undefined ? stage.reader : stage.client
      const read = await must(reader.consume).call(reader, place, { from: 'earliest', count: records.length })
      expect(read.map(({ offset }) => offset)).toEqual(records.map((_, index) => index))
      for (const [index, sent] of records.entries()) {
        expect(read[index]).toMatchObject({ key: sent.key, value: sent.value, headers: sent.headers })
        const timestampMs = read[index]?.timestampMs ?? 0
        if (sent.timestampMs !== null) expect(timestampMs).toBe(sent.timestampMs)
        else expect(Math.abs(timestampMs - beganMs)).toBeLessThan(60_000)
      }
    }
  },
  {
    name: 'a record of nearly 1 MiB',
    async run(stage) {
      const place = await newTopic(stage, 'large')
      const value = randomBytes(1_000_000)
      await stage.client.produce(place, [record(value), record('behind it')], {})
      const reader = stage.client.consume === undefined ? stage.reader : stage.client
      const read = await must(reader.consume).call(reader, place, { from: 'earliest', count: 2 })
      const digest = (bytes: Buffer | null | undefined): string =>
        createHash('sha256')
          .update(bytes ?? '')
          .digest('hex')
      expect(digest(read[0]?.value)).toBe(digest(value))
      expect(read[1]?.value?.toString()).toBe('behind it')
    }
  },
  {
    name: 'offsets of a producer’s records',
    async run(stage) {
      const place = await newTopic(stage, 'offsets')
      for (const base of [0, 3]) {
        const offsets = await stage.client.produce(
          place,
          ['a', 'b', 'c'].map(value => record(value)),
          { acks: 'all' }
        )
        for (const [index, offset] of offsets.entries()) if (offset !== null) expect(offset).toBe(base + index)
      }
    }
  },
  {
    name: 'offsets by timestamp, at the start and at the end',
    skip: needs('offset'),
    async run(stage) {
      const place = await newTopic(stage, 'timestamps')
      const times = [10, 20, 20, 30].map(offset => BASE_MS + offset)
      const sender = stage.client.sendsTimestamps ? stage.client : stage.reader
      await sender.produce(
        place,
        times.map(timestampMs => record('x', { timestampMs })),
        {}
      )
      const offset = must(stage.client.offset).bind(stage.client, place)
      expect(await offset('earliest')).toBe(0)
      expect(await offset('latest')).toBe(4)
      expect(await offset(BASE_MS)).toBe(0)
      expect(await offset(BASE_MS + 10)).toBe(0)
      expect(await offset(BASE_MS + 11)).toBe(1)
      expect(await offset(BASE_MS + 20)).toBe(1)
      expect(await offset(BASE_MS + 21)).toBe(3)
      expect(await offset(BASE_MS + 31)).toBeNull()
    }
  },
  {
    name: 'reading from an offset in the middle of a batch, and at the end',
    skip: needs('consume'),
    async run(stage) {
      const place = await newTopic(stage, 'seek')
      const values = Array.from({ length: 100 }, (_, index) => `value ${index}`)
      const file = `${stage.text.path}.${stage.topic('seek')}`
      fs.writeFileSync(file, `${values.join('\n')}\n`)
      await stage.client.produceLines(place, file, { codec: 'gzip' })
      const consume = must(stage.client.consume).bind(stage.client, place)
      const middle = await consume({ from: 37, count: 63 })
      expect(middle.map(({ offset }) => offset)).toEqual(Array.from({ length: 63 }, (_, index) => 37 + index))
      expect(middle.map(({ value }) => value?.toString())).toEqual(values.slice(37))
      const reading = consume({ from: 100, count: 1 })
      await stage.steward.produce(place, [record('the next one')], {})
      expect((await reading)[0]).toMatchObject({ offset: 100, value: Buffer.from('the next one') })
    }
  },
  {
    name: 'an offset out of range resets to the start',
    skip: client => needs('consume')(client) ?? (client.resetsItself === false ? 'this client never resets' : null),
    async run(stage) {
      const place = await newTopic(stage, 'range')
      await stage.client.produce(
        place,
        ['a', 'b'].map(value => record(value)),
        {}
      )
      const consume = must(stage.client.consume).bind(stage.client, place)
      const read = await consume({ from: 9999, count: 2, reset: 'earliest' })
      expect(read.map(({ offset }) => offset)).toEqual([0, 1])
    }
  },
  {
    name: 'a topic is created, listed, described and deleted',
    skip: needs('createTopic', 'listTopics', 'describeTopic', 'deleteTopic'),
    async run(stage) {
      const { client } = stage
      const topic = stage.topic('life')
      await must(client.createTopic).call(client, topic, 3, { 'retention.ms': '3600000' })
      await expect(must(client.createTopic).call(client, topic, 1, {})).rejects.toThrow()
      await eventually(async () => expect(await must(client.listTopics).call(client)).toContain(topic))
      const partitions = await must(client.describeTopic).call(client, topic)
      expect(partitions.map(({ id }) => id)).toEqual([0, 1, 2])
      for (const { leader, replicas, isr } of partitions) {
        expect(replicas).toEqual([leader])
        expect(isr).toEqual([leader])
      }
      await must(client.deleteTopic).call(client, topic)
      await eventually(async () => expect(await must(client.listTopics).call(client)).not.toContain(topic))
      await expect(must(client.deleteTopic).call(client, topic)).rejects.toThrow()
    }
  },
  {
    name: 'listing and describing what others created',
    skip: needs('listTopics', 'describeTopic'),
    async run(stage) {
      const { client } = stage
      const { topic } = await newTopic(stage, 'listed', { partitions: 2 })
      await eventually(async () => expect(await must(client.listTopics).call(client)).toContain(topic))
      expect(await must(client.describeTopic).call(client, topic)).toHaveLength(2)
    }
  },
  {
    name: 'producing to a topic that does not exist creates it',
    async run(stage) {
      const place = { topic: stage.topic('auto'), partition: 0 }
      await stage.client.produce(place, [record('first')], {})
      const read = await must(stage.reader.consume).call(stage.reader, place, { from: 'earliest', count: 1 })
      expect(read[0]?.value?.toString()).toBe('first')
    }
  },
  {
    name: 'partitions are added and can be written at once',
    skip: needs('createPartitions', 'describeTopic'),
    async run(stage) {
      const { client } = stage
      const place = await newTopic(stage, 'more')
      await must(client.createPartitions).call(client, place.topic, 4)
      await eventually(async () => expect(await must(client.describeTopic).call(client, place.topic)).toHaveLength(4))
      await client.produce({ ...place, partition: 3 }, [record('in the new one')], {})
      await expect(must(client.createPartitions).call(client, place.topic, 2)).rejects.toThrow()
    }
  },
  {
    name: 'topic settings are described and altered',
    skip: needs('describeConfigs', 'alterConfigs'),
    async run(stage) {
      const { client } = stage
      const { topic } = await newTopic(stage, 'configs', { configs: { 'retention.ms': '3600000' } })
      const settings = must(client.describeConfigs).bind(client, topic)
      expect(await settings()).toMatchObject({ 'retention.ms': '3600000', 'cleanup.policy': 'delete' })
      await must(client.alterConfigs).call(client, topic, { 'retention.ms': '7200000', 'max.message.bytes': '2000000' })
      await eventually(async () =>
        expect(await settings()).toMatchObject({ 'retention.ms': '7200000', 'max.message.bytes': '2000000' })
      )
      await expect(must(client.alterConfigs).call(client, topic, { 'retention.ms': 'soon' })).rejects.toThrow()
    }
  },
  {
    name: 'records are deleted up to an offset',
    skip: needs('deleteRecords'),
    async run(stage) {
      const { client } = stage
      const place = await newTopic(stage, 'purge')
      const values = Array.from({ length: 10 }, (_, index) => record(`value ${index}`))
      await client.produce(place, values, {})
      expect(await must(client.deleteRecords).call(client, place, 4)).toBe(4)
      await eventually(async () =>
        expect(await must(stage.steward.offset).call(stage.steward, place, 'earliest')).toBe(4)
      )
      const read = await must(stage.reader.consume).call(stage.reader, place, { from: 'earliest', count: 6 })
      expect(read.map(({ offset }) => offset)).toEqual([4, 5, 6, 7, 8, 9])
    }
  },
  {
    name: 'an idempotent producer',
    async run(stage) {
      const place = await newTopic(stage, 'idempotent')
      const values = ['a', 'b', 'c'].map(value => record(value))
      for (let round = 0; round < 2; round++) await stage.client.produce(place, values, { idempotent: true })
      expect(await must(stage.steward.offset).call(stage.steward, place, 'latest')).toBe(6)
    }
  }
]

/** Runs the shared list with one client. Called at the top of a test file, once per client. */
export async function runScenarios(name: string, open: OpenClient): Promise<void> {
  const client = await open(inject('bootstrap'))
  if (typeof client === 'string') {
    console.log(`SKIPPED ${name}: ${client}`)
    describe.skip(`${name}: ${client}`, () => test('the shared scenarios', () => undefined))
    return
  }
  const reader = (await openPlatformatic(inject('bootstrap'))) as CompatClient
  const steward = (await openKafkaJs(inject('bootstrap'))) as CompatClient
  describe(client.version, () => {
    let text = inject('text')
    beforeAll(() => {
      if (!client.sendsEmptyValues) text = withoutEmptyLines(text)
    })
    afterAll(async () => {
      for (const each of [client, reader, steward]) await each.close()
    })
    const topic = (scenario: string): string => `compat-${name}-${scenario}-${inject('run')}`
    for (const scenario of [...textScenarios(client), ...SCENARIOS]) {
      const reason = scenario.skip?.(client) ?? null
      if (reason !== null) test.skip(`${scenario.name} (${reason})`, () => undefined)
      else test(scenario.name, async () => scenario.run({ client, reader, steward, text, topic }))
    }
  })
}
