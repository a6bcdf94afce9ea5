import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  createPartitionsApi,
  createTopicsApi,
  deleteRecordsApi,
  deleteTopicsApi,
  Errors,
  incrementalAlterConfigsApi,
  listOffsetsApi,
  produceApi
} from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { ManualClock, MemoryDisk, startBroker, type TestBroker } from '@streambus/testkit'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import { expect, onTestFinished, test } from 'vitest'

const MIB = 1 << 20
const CONFIG = {
  'log.dir.free.warn.bytes': '0',
  // Producers fill the disk to the last byte.
  'log.dir.free.refuse.bytes': '0',
  'log.segment.bytes': '131072',
  'log.retention.check.interval.ms': '1000'
}
const LATEST = -1
const TOPIC_RESOURCE = 2

class Session {
  readonly clock = new ManualClock()
  readonly disk = new MemoryDisk({ capacityBytes: 6 * MIB })
  broker: TestBroker | null = null
  connection: Connection | null = null

  async start(): Promise<void> {
    this.broker = await startBroker({ disk: this.disk, clock: this.clock, config: CONFIG })
    const [address] = parseBootstrap(this.broker.bootstrap)
    if (address === undefined) throw new Error('no address')
    this.connection = await Connection.open({ address, clientId: 'test' })
  }

  async end(how: 'stop' | 'kill'): Promise<void> {
    this.connection?.destroy()
    await this.broker?.[how]()
    if (how === 'kill') this.disk.kill()
  }

  get to(): Connection {
    if (this.connection === null) throw new Error('not started')
    return this.connection
  }

  async create(name: string): Promise<number | undefined> {
    const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    return (await this.to.send(createTopicsApi, { topics })).topics[0]?.errorCode
  }

  async extend(name: string): Promise<number | undefined> {
    const topics = [{ name, count: 2, assignments: null }]
    const body = { topics, timeoutMs: 1000, validateOnly: false }
    return (await this.to.send(createPartitionsApi, body)).results[0]?.errorCode
  }

  async produce(name: string, valueBytes: number): Promise<number | undefined> {
    const builder = new RecordBatchBuilder()
    builder.append({ key: null, value: Buffer.alloc(valueBytes), headers: [], timestamp: this.clock.wallMs() })
    const topicData = [{ name, partitionData: [{ index: 0, records: builder.build() }] }]
    const answer = await this.to.send(produceApi, { acks: -1, timeoutMs: 1000, topicData }, { version: 9 })
    return answer.responses[0]?.partitionResponses[0]?.errorCode
  }

  async fill(name: string): Promise<void> {
    for (const valueBytes of [60_000, 500, 1]) while ((await this.produce(name, valueBytes)) === 0);
  }

  async endOffset(name: string): Promise<number | undefined> {
    const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: LATEST }] }]
    return (await this.to.send(listOffsetsApi, { replicaId: -1, topics })).topics[0]?.partitions[0]?.offset
  }

  /** Of `streambus_log_dir_writes_refused` for a full disk. */
  async refusesAsFull(): Promise<string | undefined> {
    let text = ''
    const asked = fetch(`${this.broker?.adminUrl}/metrics`).then(async answer => (text = await answer.text()))
    // A scrape takes turns, and these are timers.
    for (; text === ''; this.clock.advance(1)) await nextTurn()
    await asked
    return /^streambus_log_dir_writes_refused\{log_dir="[^"]*",reason="full"\} (\d)$/m.exec(text)?.[1]
  }

  get freeBytes(): number {
    return this.disk.space('/').availableBytes
  }
}

async function filled(): Promise<Session> {
  const session = new Session()
  session.disk.open('/foreign', { create: true }).write([Buffer.alloc(MIB / 2)], 0)
  await session.start()
  onTestFinished(() => session.end('kill'))
  for (const name of ['kept', 'filler']) expect(await session.create(name)).toBe(0)
  for (let i = 0; i < 10; i++) await session.produce('kept', 1000)
  await session.fill('filler')
  session.disk.open('/last', { create: true }).write([Buffer.alloc(session.freeBytes)], 0)
  expect(session.freeBytes).toBe(0)
  return session
}

const REMEDIES: Readonly<Record<string, (session: Session) => Promise<number | undefined>>> = {
  async DeleteRecords({ to }) {
    const topics = [{ name: 'filler', partitions: [{ partitionIndex: 0, offset: -1 }] }]
    return (await to.send(deleteRecordsApi, { topics, timeoutMs: 1000 })).topics[0]?.partitions[0]?.errorCode
  },
  async DeleteTopics({ to }) {
    const answer = await to.send(deleteTopicsApi, { topicNames: ['filler'], timeoutMs: 1000 }, { version: 5 })
    return answer.responses[0]?.errorCode
  },
  async 'shorter retention'({ to }) {
    const configs = [{ name: 'retention.bytes', configOperation: 0, value: '200000' }]
    const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: 'filler', configs }]
    return (await to.send(incrementalAlterConfigsApi, { resources, validateOnly: false })).responses[0]?.errorCode
  }
}

test.each(Object.entries(REMEDIES))('a disk that is full to the last byte is left by %s', async (_name, remedy) => {
  const session = await filled()
  expect(await remedy(session)).toBe(Errors.NONE.code)
  session.clock.advance(5_000)
  expect(session.freeBytes).toBeGreaterThan(2 * MIB)
  expect(await session.produce('kept', 1000)).toBe(Errors.NONE.code)
  expect(session.disk.exists('/data/.ballast')).toBe(true)
  expect(await session.create('new')).toBe(Errors.NONE.code)
})

test('that writes find no room is in the metrics while it is so, although no limit refuses any', async () => {
  const session = await filled()
  session.clock.advance(1_000)
  expect(await session.refusesAsFull()).toBe('1')
  session.clock.advance(30_000)
  expect(await session.refusesAsFull()).toBe('1')
  expect(await REMEDIES['DeleteTopics']?.(session)).toBe(Errors.NONE.code)
  session.clock.advance(12_000)
  expect(await session.refusesAsFull()).toBe('0')
})

test.each(Object.entries(REMEDIES))('so it is after any number of stops and kills, by %s', async (_name, remedy) => {
  const session = await filled()
  const endOffset = await session.endOffset('filler')
  for (const how of ['kill', 'stop', 'stop', 'kill', 'kill', 'stop'] as const) {
    await session.end(how)
    await session.start()
    expect([how, await session.endOffset('filler'), await session.endOffset('kept')]).toEqual([how, endOffset, 10])
    // What is left of the room is not for producers.
    expect(await session.produce('filler', 1000)).toBe(Errors.KAFKA_STORAGE_ERROR.code)
    expect(await session.create('new')).toBe(Errors.KAFKA_STORAGE_ERROR.code)
    expect(session.freeBytes).toBeGreaterThan(MIB / 2)
  }
  expect(await remedy(session)).toBe(Errors.NONE.code)
  session.clock.advance(5_000)
  expect(await session.produce('kept', 1000)).toBe(Errors.NONE.code)
  await session.end('stop')
  await session.start()
  expect(await session.endOffset('kept')).toBe(11)
})

test('a minute’s checkpoint is written on a full disk, and producers are kept from the room it was given', async () => {
  const session = await filled()
  session.clock.advance(61_000)
  expect(session.disk.exists('/data/recovery-point-offset-checkpoint')).toBe(true)
  expect(session.disk.exists('/data/.ballast')).toBe(false)
  for (let i = 0; i < 50; i++) expect(await session.produce('kept', 60_000)).toBe(Errors.KAFKA_STORAGE_ERROR.code)
  expect(session.freeBytes).toBeGreaterThan(MIB / 2)
  // More than new partitions need, and not enough to keep as much back.
  session.disk.unlink('/foreign')
  session.clock.advance(5_000)
  expect(session.freeBytes).toBeGreaterThan(MIB)
  expect(await session.create('new')).toBe(Errors.KAFKA_STORAGE_ERROR.code)
  expect(await session.extend('kept')).toBe(Errors.KAFKA_STORAGE_ERROR.code)
  session.clock.advance(600_000)
  expect(session.broker?.fatal).toBe(null)
})
