import fs from 'node:fs'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import type {
  Codec,
  CompatClient,
  CompatRecord,
  OpenClient,
  Place,
  SendOptions,
  StreamOptions,
  TopicPartition
} from './client.ts'

const CODEC_TYPES: Readonly<Partial<Record<Codec, number>>> = { none: 0, gzip: 1 }
const LINES_PER_SEND = 5000

/** Producer and admin only: its consumer needs groups. Of the codecs it brings gzip. */
class KafkaJsClient implements CompatClient {
  readonly version = 'KafkaJS 2.2.4'
  readonly codecs: readonly Codec[] = ['none', 'gzip']
  readonly sendsEmptyValues = true
  readonly sendsTimestamps = true
  readonly #kafka: Kafka
  readonly #admin: Admin

  constructor(bootstrap: string) {
    this.#kafka = new kafkajs.Kafka({
      brokers: [bootstrap],
      clientId: 'compat',
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 30 }
    })
    // Its admin tries again even where nothing will change, such as a topic that does not exist.
    this.#admin = this.#kafka.admin({ retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 8 } })
  }

  async connect(): Promise<this> {
    await this.#admin.connect()
    return this
  }

  async produceLines(place: Place, path: string, options: SendOptions): Promise<void> {
    const lines = fs.readFileSync(path).toString('latin1').split('\n').slice(0, -1)
    for (let at = 0; at < lines.length; at += LINES_PER_SEND) {
      const records = lines.slice(at, at + LINES_PER_SEND).map(line => ({ value: Buffer.from(line, 'latin1') }))
      await this.#send(place, records, options)
    }
  }

  async produce(place: Place, records: readonly CompatRecord[], options: SendOptions): Promise<(number | null)[]> {
    const base = await this.#send(place, records, options)
    return records.map((_, index) => (base === null ? null : base + index))
  }

  async #send(place: Place, records: readonly Partial<CompatRecord>[], options: SendOptions): Promise<number | null> {
    const producer = this.#kafka.producer({ idempotent: options.idempotent ?? false, allowAutoTopicCreation: true })
    await producer.connect()
    try {
      const [sent] = await producer.send({
        topic: place.topic,
        acks: options.acks === undefined || options.acks === 'all' ? -1 : Number(options.acks),
        compression: CODEC_TYPES[options.codec ?? 'none'] ?? 0,
        messages: records.map(({ key = null, value = null, headers = [], timestampMs = null }) => ({
          partition: place.partition,
          key,
          value,
          headers: Object.fromEntries(headers.map(([name, content]) => [name, content ?? undefined])),
          ...(timestampMs === null ? {} : { timestamp: String(timestampMs) })
        }))
      })
      return sent?.baseOffset === undefined ? null : Number(sent.baseOffset)
    } finally {
      await producer.disconnect()
    }
  }

  /** One request at a time: its idempotent producer keeps no more than that in order. */
  async produceStream(place: Place, { prefix, count, spreadMs }: StreamOptions): Promise<string[]> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const acknowledged: string[] = []
    const beganMs = performance.now()
    const perSend = 25
    try {
      for (let at = 0; at < count; at += perSend) {
        const values = Array.from({ length: Math.min(perSend, count - at) }, (_, index) => `${prefix}-${at + index}`)
        const messages = values.map(value => ({ partition: place.partition, value }))
        await producer.send({ topic: place.topic, acks: -1, messages })
        acknowledged.push(...values)
        const dueMs = beganMs + (spreadMs * at) / count - performance.now()
        if (dueMs > 0) await new Promise(resolve => setTimeout(resolve, dueMs))
      }
    } finally {
      await producer.disconnect()
    }
    return acknowledged
  }

  async offset({ topic, partition }: Place, at: number | 'earliest' | 'latest'): Promise<number | null> {
    if (typeof at === 'number') {
      const rows = await this.#admin.fetchTopicOffsetsByTimestamp(topic, at)
      // KafkaJS answers with the end of the log where no record is young enough.
      const found = Number(rows.find(row => row.partition === partition)?.offset)
      return found === (await this.offset({ topic, partition }, 'latest')) ? null : found
    }
    const rows = await this.#admin.fetchTopicOffsets(topic)
    const row = rows.find(candidate => candidate.partition === partition)
    return Number(at === 'earliest' ? row?.low : row?.high)
  }

  async listTopics(): Promise<string[]> {
    return this.#admin.listTopics()
  }

  async describeTopic(topic: string): Promise<TopicPartition[]> {
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] })
    const partitions = topics[0]?.partitions ?? []
    return partitions
      .map(({ partitionId, leader, replicas, isr }) => ({ id: partitionId, leader, replicas, isr }))
      .sort((a, b) => a.id - b.id)
  }

  async createTopic(topic: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    const created = await this.#admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }]
    })
    if (!created) throw new Error(`KafkaJS: topic ${topic} exists`)
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] })
  }

  async createPartitions(topic: string, total: number): Promise<void> {
    await this.#admin.createPartitions({ topicPartitions: [{ topic, count: total }] })
  }

  async describeConfigs(topic: string): Promise<Record<string, string | null>> {
    const answer = await this.#admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }]
    })
    const entries = answer.resources[0]?.configEntries ?? []
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))
  }

  async alterConfigs(topic: string, set: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(set).map(([name, value]) => ({ name, value }))
    await this.#admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }]
    })
  }

  async deleteRecords({ topic, partition }: Place, before: number): Promise<number> {
    // It knows leaders only of topics that it has worked with.
    await this.#admin.fetchTopicOffsets(topic)
    await this.#admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
    return before
  }

  async close(): Promise<void> {
    await this.#admin.disconnect()
  }
}

export const openKafkaJs: OpenClient = async bootstrap => new KafkaJsClient(bootstrap).connect()
