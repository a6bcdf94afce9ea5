import {
  createTopicsApi,
  deleteTopicsApi,
  fetchApi,
  findCoordinatorApi,
  heartbeatApi,
  incrementalAlterConfigsApi,
  initProducerIdApi,
  listOffsetsApi,
  offsetCommitApi,
  produceApi
} from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import kafkajs from 'kafkajs'
import { type LoadStage, until } from './load-stage.ts'

/** `max.message.bytes` of the topic that refuses what is larger. */
const SMALL_BYTES = 2000
const TIMESTAMP_MS = 1_700_000_000_000
const NO_TOPIC = 'never-created'
const TOPIC_RESOURCE = 2
/** Operations of IncrementalAlterConfigs. */
const [SET, DELETE] = [0, 1]

/** What clients ask for and do not get: each answer has an error, and each of them is counted. */
export async function withRefusals(stage: LoadStage): Promise<void> {
  stage.say('requests that are refused')
  const topic = stage.name('small')
  await withKafkaJs(stage, topic)
  const connection = await open(stage)
  try {
    await refuseBatches(stage, connection, topic)
    await refuseForReplicas(connection, topic)
    await refuseSequences(stage, connection, topic)
    await refuseOthers(connection, topic)
  } finally {
    await connection.close()
  }
  await refuseWithoutAnswer(stage, topic)
}

/** A client as people use it: creates the topic, and sends a record that is too large. */
async function withKafkaJs(stage: LoadStage, topic: string): Promise<void> {
  const retry = { initialRetryTime: 50, retries: 0 }
  const kafka = new kafkajs.Kafka({ brokers: [stage.bootstrap], logLevel: kafkajs.logLevel.NOTHING, retry })
  const [admin, producer] = [kafka.admin({ retry: { initialRetryTime: 50, retries: 8 } }), kafka.producer()]
  await admin.connect()
  await producer.connect()
  try {
    const configEntries = [{ name: 'max.message.bytes', value: String(SMALL_BYTES) }]
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] })
    const refused = await producer.send({ topic, messages: [{ value: 'x'.repeat(SMALL_BYTES) }] }).then(
      () => false,
      () => true
    )
    if (!refused) throw new Error(`${topic} took more than its max.message.bytes`)
  } finally {
    await producer.disconnect()
    await admin.disconnect()
  }
}

async function open({ bootstrap }: LoadStage): Promise<Connection> {
  const [address] = parseBootstrap(bootstrap)
  if (address === undefined) throw new Error(`no address in ${bootstrap}`)
  return Connection.open({ address, clientId: 'refused' })
}

function batch(options: Parameters<RecordBatchBuilder['build']>[0] = {}, value = 'x'): Buffer {
  const builder = new RecordBatchBuilder()
  builder.append({ key: null, value: Buffer.from(value), headers: [], timestamp: TIMESTAMP_MS })
  return builder.build(options)
}

/** One partition, one batch. */
function produceOf(topic: string, records: Buffer, acks = -1) {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  return { transactionalId: null, acks, timeoutMs: 5_000, topicData }
}

async function refuseBatches(stage: LoadStage, connection: Connection, topic: string): Promise<void> {
  const damaged = batch()
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)
  await connection.send(produceApi, produceOf(topic, damaged))
  await connection.send(produceApi, produceOf(topic, batch({}, 'x'.repeat(SMALL_BYTES)), 1))
  await connection.send(produceApi, produceOf(stage.name(NO_TOPIC), batch(), 1))
  await connection.send(produceApi, produceOf(topic, batch(), 7))
}

/** The one refusal here that is the broker's fault. */
async function refuseForReplicas(connection: Connection, topic: string): Promise<void> {
  const set = async (configOperation: number, value: string | null): Promise<void> => {
    const configs = [{ name: 'min.insync.replicas', configOperation, value }]
    const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configs }]
    await connection.send(incrementalAlterConfigsApi, { resources, validateOnly: false })
  }
  await set(SET, '2')
  await connection.send(produceApi, produceOf(topic, batch()))
  await set(DELETE, null)
}

/** An idempotent producer: taken, taken before, one is missing, replaced by a newer one. */
async function refuseSequences(stage: LoadStage, connection: Connection, topic: string): Promise<void> {
  const identity = { transactionalId: null, transactionTimeoutMs: 1_000 }
  const { producerId } = await connection.send(initProducerIdApi, identity)
  const send = async (producerEpoch: number, baseSequence: number): Promise<void> => {
    await connection.send(produceApi, produceOf(topic, batch({ producerId, producerEpoch, baseSequence })))
  }
  await send(1, 0)
  stage.counted.acknowledged.add(1, topic)
  await send(1, 0)
  await send(1, 9)
  await send(0, 1)
  await connection.send(initProducerIdApi, { transactionalId: 'transactions', transactionTimeoutMs: 1_000 })
}

async function refuseOthers(connection: Connection, topic: string): Promise<void> {
  const partition = { partition: 0, fetchOffset: 1_000_000, partitionMaxBytes: 1_000 }
  const fetch = { maxWaitMs: 0, minBytes: 1, topics: [{ topic, partitions: [partition] }] }
  await connection.send(fetchApi, fetch, { version: 11 })
  const nowhere = [{ topic: NO_TOPIC, partitions: [{ ...partition, fetchOffset: 0 }] }]
  await connection.send(fetchApi, { ...fetch, topics: nowhere }, { version: 11 })
  await connection.send(listOffsetsApi, {
    replicaId: -1,
    topics: [{ name: NO_TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  })
  await connection.send(findCoordinatorApi, { key: 'transactions', keyType: 1 }, { version: 3 })
  const member = { groupId: NO_TOPIC, generationId: 3, memberId: 'nobody' }
  await connection.send(heartbeatApi, member)
  const offsets = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }]
  const commit = { groupId: NO_TOPIC, generationIdOrMemberEpoch: 3, memberId: 'nobody' }
  await connection.send(offsetCommitApi, { ...commit, topics: [{ name: topic, partitions: offsets }] }, { version: 8 })
  const again = { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  await connection.send(createTopicsApi, { topics: [again, { ...again, name: 'not/legal' }] })
  await connection.send(deleteTopicsApi, { topicNames: [NO_TOPIC], timeoutMs: 1_000 }, { version: 5 })
}

/** Who wants no answer learns by the end of the connection. */
async function refuseWithoutAnswer(stage: LoadStage, topic: string): Promise<void> {
  const connection = await open(stage)
  await connection.sendOneWay(produceApi, produceOf(topic, batch({}, 'x'.repeat(SMALL_BYTES)), 0))
  const { produced } = stage.proxy.tally
  await until(() => produced.unexplainedCount > 0, 'the connection of a refused producer with acks=0 is closed')
  produced.explain('MESSAGE_TOO_LARGE')
}
