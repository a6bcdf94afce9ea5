import net from 'node:net'
import { produceApi } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import kafkajs, { type Kafka } from 'kafkajs'
import type { TestBroker } from '../../src/start-broker.ts'

/** What a broker that is to be measured is started with: what takes long otherwise comes soon. */
export const CONFIG: Readonly<Record<string, string>> = {
  'node.id': '1',
  'group.initial.rebalance.delay.ms': '0',
  'log.cleaner.backoff.ms': '50',
  'log.retention.check.interval.ms': '100',
  'producer.id.expiration.ms': '1000',
  'slow.request.ms': '0'
}

/** What was sent and received, as this side has counted it. */
export interface Tally {
  records: number
  consumed: number
  commits: number
  refused: number
  httpRequests: number
}

export const TOPIC = 'orders'
export const GROUP = 'billing'
export const COMPACTED = 'prices'

/** Ordinary traffic of a real client, and everything that clients do wrong. `look`: while the group is at work. */
export async function runScenario(broker: TestBroker, look: () => Promise<void>): Promise<Tally> {
  const kafka = new kafkajs.Kafka({
    brokers: [broker.bootstrap],
    clientId: 'scenario',
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 20 }
  })
  const tally: Tally = { records: 0, consumed: 0, commits: 0, refused: 0, httpRequests: 0 }
  await createTopics(kafka)
  await produce(kafka, tally)
  await consume(kafka, tally, look)
  await sendWhatIsRefused(broker, tally)
  await compact(kafka, tally)
  await deleteRecords(kafka)
  await askOverHttp(broker, tally)
  return tally
}

async function createTopics(kafka: Kafka): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const compacting = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'segment.bytes', value: '2048' },
    { name: 'min.cleanable.dirty.ratio', value: '0.01' }
  ]
  const small = [
    { name: 'segment.bytes', value: '2048' },
    { name: 'compression.type', value: 'gzip' }
  ]
  await admin.createTopics({
    topics: [
      { topic: TOPIC, numPartitions: 2, configEntries: small },
      { topic: COMPACTED, numPartitions: 1, configEntries: compacting }
    ]
  })
  await admin.disconnect()
}

async function produce(kafka: Kafka, tally: Tally): Promise<void> {
  for (const acks of [-1, 1, 0]) {
    const producer = kafka.producer({ idempotent: acks === -1, maxInFlightRequests: 1 })
    await producer.connect()
    for (let batch = 0; batch < 10; batch++) {
      const messages = Array.from({ length: 20 }, (_, i) => ({ value: `order ${acks} ${batch} ${i}`.repeat(10) }))
      await producer.send({ topic: TOPIC, acks, messages })
      tally.records += messages.length
    }
    await producer.disconnect()
  }
}

/** Reads everything as a member of a group, and commits. */
async function consume(kafka: Kafka, tally: Tally, look: () => Promise<void>): Promise<void> {
  const consumer = kafka.consumer({ groupId: GROUP, maxWaitTimeInMs: 300 })
  const ends = Promise.withResolvers<void>()
  consumer.on('consumer.commit_offsets', ({ payload }) => {
    for (const { partitions } of payload.topics) tally.commits += partitions.length
  })
  await consumer.connect()
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true })
  await consumer.run({
    eachMessage: async () => {
      tally.consumed++
      if (tally.consumed === tally.records) ends.resolve()
    }
  })
  await ends.promise
  await consumer.commitOffsets([{ topic: TOPIC, partition: 0, offset: '1' }])
  // Polls that find nothing, so that there is one that waits.
  await new Promise(resolve => setTimeout(resolve, 200))
  await look()
  await consumer.stop()
  await consumer.disconnect()
}

async function compact(kafka: Kafka, tally: Tally): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  for (let batch = 0; batch < 20; batch++) {
    const messages = Array.from({ length: 10 }, (_, i) => ({ key: `key ${i}`, value: `price ${batch}`.repeat(5) }))
    await producer.send({ topic: COMPACTED, messages })
    tally.records += messages.length
  }
  await producer.disconnect()
}

async function deleteRecords(kafka: Kafka): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  // It has to know the topic's leaders.
  await admin.fetchTopicOffsets(TOPIC)
  await admin.deleteTopicRecords({ topic: TOPIC, partitions: [{ partition: 0, offset: '-1' }] })
  await admin.disconnect()
}

/** Damaged, out of order, outdated and repeated batches; bytes that are no requests; a request of another age. */
async function sendWhatIsRefused(broker: TestBroker, tally: Tally): Promise<void> {
  const [address] = parseBootstrap(broker.bootstrap)
  if (address === undefined) throw new Error('no bootstrap address')
  const connection = await Connection.open({ address, clientId: 'hostile' })
  const send = async (records: Buffer): Promise<void> => {
    const topicData = [{ name: TOPIC, partitionData: [{ index: 1, records }] }]
    const answer = await connection.send(produceApi, { transactionalId: null, acks: -1, timeoutMs: 5_000, topicData })
    const { errorCode } = answer.responses[0]?.partitionResponses[0] ?? { errorCode: -1 }
    if (errorCode === 0) tally.records++
    else tally.refused++
  }
  const damaged = batch({})
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)
  await send(damaged)
  const producer = { producerId: 4_000, producerEpoch: 1, baseSequence: 0 }
  await send(batch(producer))
  await send(batch(producer))
  // The duplicate is answered like the first, and is not there twice.
  tally.records--
  await send(batch({ ...producer, baseSequence: 7 }))
  await send(batch({ ...producer, producerEpoch: 0, baseSequence: 1 }))
  await connection.close()
  await sendBytes(broker, Buffer.from('00000008ffffff0000000001', 'hex'))
  await sendBytes(broker, Buffer.from('0000000a0000000000000001ffff', 'hex'))
  await sendBytes(broker, Buffer.from('000000060003000c0000', 'hex'))
  await sendBytes(broker, Buffer.from('7fffffff', 'hex'))
}

function batch(options: Parameters<RecordBatchBuilder['build']>[0]): Buffer {
  const builder = new RecordBatchBuilder()
  builder.append({ key: null, value: Buffer.from('x'), headers: [], timestamp: 1_700_000_000_000 })
  return builder.build(options)
}

/** Until the broker closes the connection. */
function sendBytes(broker: TestBroker, bytes: Buffer): Promise<void> {
  const [host = '', port = ''] = broker.bootstrap.split(':')
  return new Promise(resolve => {
    const socket = net.connect({ host, port: Number(port) }, () => socket.write(bytes))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}

async function askOverHttp(broker: TestBroker, tally: Tally): Promise<void> {
  for (const path of ['/metrics', '/health', '/nowhere']) {
    await (await fetch(`${broker.adminUrl}${path}`)).text()
    tally.httpRequests++
  }
}
