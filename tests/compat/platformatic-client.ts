import { createHash } from 'node:crypto'
import fs from 'node:fs'
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  IncrementalAlterConfigOperationTypes,
  Producer
} from '@platformatic/kafka'
import {
  CODECS,
  type Codec,
  type CompatClient,
  type CompatRecord,
  type OpenClient,
  type Place,
  type ReadOptions,
  type ReadRecord,
  type SendOptions,
  type StreamOptions,
  type TopicPartition
} from './client.ts'

const LINES_PER_SEND = 5000
const AT = { earliest: -2n, latest: -1n } as const

/** Fetches by hand from a partition's leader, as manual assignment does: its stream joins a group. */
class PlatformaticClient implements CompatClient {
  readonly version = '@platformatic/kafka 2.12.1'
  readonly codecs = CODECS
  readonly sendsEmptyValues = true
  readonly resetsItself = false
  readonly sendsTimestamps = 'ascending'
  readonly #bootstrap: string
  readonly #admin: Admin
  readonly #consumer: Consumer

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap
    const options = { clientId: 'compat', bootstrapBrokers: [bootstrap], retries: 5, retryDelay: 200 }
    this.#admin = new Admin(options)
    this.#consumer = new Consumer({ ...options, groupId: 'unused', maxWaitTime: 100 })
  }

  #producer(idempotent = false): Producer {
    const options = { clientId: 'compat', bootstrapBrokers: [this.#bootstrap], retries: 150, retryDelay: 200 }
    return new Producer({ ...options, idempotent })
  }

  async produceLines(place: Place, path: string, options: SendOptions): Promise<void> {
    const lines = fs.readFileSync(path).toString('latin1').split('\n').slice(0, -1)
    const producer = this.#producer(options.idempotent)
    try {
      for (let at = 0; at < lines.length; at += LINES_PER_SEND) {
        const messages = lines
          .slice(at, at + LINES_PER_SEND)
          .map(line => ({ ...place, value: Buffer.from(line, 'latin1') }))
        await producer.send({ messages, ...sendOptions(options) })
      }
    } finally {
      await producer.close()
    }
  }

  async produce(place: Place, records: readonly CompatRecord[], options: SendOptions): Promise<(number | null)[]> {
    const producer = this.#producer(options.idempotent)
    try {
      const { offsets } = await producer.send({
        ...sendOptions(options),
        messages: records.map(({ key, value, headers, timestampMs }) => ({
          ...place,
          ...(key === null ? {} : { key }),
          ...(value === null ? {} : { value }),
          headers: new Map(headers.map(([name, content]) => [Buffer.from(name), content as Buffer])),
          ...(timestampMs === null ? {} : { timestamp: BigInt(timestampMs) })
        }))
      })
      const base = offsets?.[0]?.offset
      return records.map((_, index) => (base === undefined ? null : Number(base) + index))
    } finally {
      await producer.close()
    }
  }

  /** One request at a time, as its documentation asks of idempotent producers. */
  async produceStream(place: Place, { prefix, count, spreadMs }: StreamOptions): Promise<string[]> {
    const producer = this.#producer(true)
    const acknowledged: string[] = []
    const beganMs = performance.now()
    const perSend = 25
    try {
      for (let at = 0; at < count; at += perSend) {
        const values = Array.from({ length: Math.min(perSend, count - at) }, (_, index) => `${prefix}-${at + index}`)
        await producer.send({ messages: values.map(value => ({ ...place, value: Buffer.from(value) })) })
        acknowledged.push(...values)
        const dueMs = beganMs + (spreadMs * at) / count - performance.now()
        if (dueMs > 0) await new Promise(resolve => setTimeout(resolve, dueMs))
      }
    } finally {
      await producer.close(true)
    }
    return acknowledged
  }

  async consumeLines(place: Place, count: number): Promise<string> {
    const hash = createHash('sha256')
    for (const { value } of await this.consume(place, { from: 'earliest', count })) {
      hash.update(value ?? '')
      hash.update('\n')
    }
    return hash.digest('hex')
  }

  async consume(place: Place, { from, count }: ReadOptions): Promise<ReadRecord[]> {
    let next = typeof from === 'number' ? from : ((await this.offset(place, from)) ?? 0)
    const records: ReadRecord[] = []
    const deadlineMs = performance.now() + 30_000
    while (records.length < count && performance.now() < deadlineMs) {
      const more = await this.#fetch(place, next)
      next = (more.at(-1)?.offset ?? next - 1) + 1
      records.push(...more)
    }
    return records.slice(0, count)
  }

  async #fetch({ topic, partition }: Place, from: number): Promise<ReadRecord[]> {
    const metadata = await this.#admin.metadata({ topics: [topic] })
    const known = metadata.topics.get(topic)
    const leader = known?.partitions[partition]
    if (known === undefined || leader === undefined) throw new Error(`platformatic: no leader of ${topic}-${partition}`)
    this.#consumer.topics.track(topic)
    const where = { currentLeaderEpoch: leader.leaderEpoch, lastFetchedEpoch: -1, partitionMaxBytes: 8 << 20 }
    const answer = await this.#consumer.fetch({
      node: leader.leader,
      maxBytes: 32 << 20,
      topics: [{ topicId: known.id, partitions: [{ partition, fetchOffset: BigInt(from), ...where }] }]
    })
    const batches = answer.responses[0]?.partitions[0]?.records ?? []
    return batches
      .flatMap(batch =>
        batch.records.map(({ key, value, headers, offsetDelta, timestampDelta }) => ({
          offset: Number(batch.firstOffset) + offsetDelta,
          timestampMs: Number(batch.firstTimestamp + timestampDelta),
          key,
          value,
          headers: headers.map(([name, content]) => [String(name), content] as const)
        }))
      )
      .filter(({ offset }) => offset >= from)
  }

  async offset({ topic, partition }: Place, at: number | 'earliest' | 'latest'): Promise<number | null> {
    const timestamp = typeof at === 'number' ? BigInt(at) : AT[at]
    const found = await this.#consumer.listOffsets({ topics: [topic], partitions: { [topic]: [partition] }, timestamp })
    const offset = Number(found.get(topic)?.[partition] ?? found.get(topic)?.[0])
    return offset < 0 ? null : offset
  }

  async listTopics(): Promise<string[]> {
    return this.#admin.listTopics()
  }

  async describeTopic(topic: string): Promise<TopicPartition[]> {
    const metadata = await this.#admin.metadata({ topics: [topic], forceUpdate: true })
    const partitions = metadata.topics.get(topic)?.partitions ?? []
    return partitions.map(({ leader, replicas }, id) => ({ id, leader, replicas, isr: replicas }))
  }

  async createTopic(topic: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await this.#admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries })
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] })
  }

  async createPartitions(topic: string, total: number): Promise<void> {
    await this.#admin.createPartitions({ topics: [{ name: topic, count: total, assignments: null }] })
  }

  async describeConfigs(topic: string): Promise<Record<string, string | null>> {
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }
    const [found] = await this.#admin.describeConfigs({ resources: [resource] })
    return Object.fromEntries((found?.configs ?? []).map(({ name, value }) => [name, value ?? null]))
  }

  async alterConfigs(topic: string, set: Readonly<Record<string, string>>): Promise<void> {
    const configs = Object.entries(set).map(([name, value]) => ({
      name,
      value,
      configOperation: IncrementalAlterConfigOperationTypes.SET
    }))
    await this.#admin.incrementalAlterConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs }]
    })
  }

  async deleteRecords({ topic, partition }: Place, before: number): Promise<number> {
    const [found] = await this.#admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }]
    })
    return Number(found?.partitions[0]?.lowWatermark)
  }

  async close(): Promise<void> {
    await this.#consumer.close(true)
    await this.#admin.close()
  }
}

/** Given with each send: what the producer is made with does not reach it. */
function sendOptions({ acks = 'all', codec = 'none' }: SendOptions): {
  readonly acks: number
  readonly compression: Codec
  readonly autocreateTopics: boolean
} {
  return { acks: acks === 'all' ? -1 : Number(acks), compression: codec, autocreateTopics: true }
}

export const openPlatformatic: OpenClient = async bootstrap => new PlatformaticClient(bootstrap)
