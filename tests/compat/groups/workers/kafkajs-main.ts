/** KafkaJS as members of groups. `node kafkajs-main.ts <bootstrap>` */
import kafkajs, { type Consumer, type Kafka } from 'kafkajs'
import type { Committed, JoinOptions } from '../member.ts'
import { type Member, type Reporter, serve } from './line-worker.ts'

class KafkaJsMember implements Member {
  readonly #kafka: Kafka
  readonly #consumer: Consumer
  readonly #options: JoinOptions

  private constructor(kafka: Kafka, consumer: Consumer, options: JoinOptions) {
    this.#kafka = kafka
    this.#consumer = consumer
    this.#options = options
  }

  static async join(bootstrap: string, options: JoinOptions, reporter: Reporter): Promise<KafkaJsMember> {
    const kafka = new kafkajs.Kafka({
      brokers: [bootstrap],
      clientId: 'compat',
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 60 }
    })
    const consumer = kafka.consumer({
      groupId: options.group,
      sessionTimeout: options.sessionTimeoutMs ?? 6000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 100
    })
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      reporter.owns(payload.memberAssignment[options.topic] ?? [], null)
    })
    consumer.on(consumer.events.REBALANCING, () => reporter.owns([], null))
    consumer.on(consumer.events.STOP, () => reporter.owns([], null))
    consumer.on(consumer.events.CRASH, ({ payload }) => reporter.failed(payload.error))
    const member = new KafkaJsMember(kafka, consumer, options)
    await consumer.connect()
    await consumer.subscribe({ topic: options.topic, fromBeginning: true })
    await consumer.run({
      autoCommit: options.autoCommit ?? true,
      autoCommitInterval: 200,
      eachBatch: async ({ batch }) => {
        const offsets = batch.messages.map(({ offset }) => Number(offset))
        reporter.records(batch.partition, offsets)
      }
    })
    return member
  }

  async leave(): Promise<void> {
    await this.#consumer.disconnect()
  }

  async commit(offsets: readonly Committed[]): Promise<void> {
    const { topic } = this.#options
    await this.#consumer.commitOffsets(
      offsets.map(({ partition, offset, metadata }) => ({ topic, partition, offset: String(offset), metadata }))
    )
  }

  /** The consumer itself cannot be asked. */
  async committed(partitions: readonly number[]): Promise<Committed[]> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      const { group, topic } = this.#options
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return (found?.partitions ?? [])
        .filter(({ partition }) => partitions.includes(partition))
        .map(({ partition, offset, metadata }) => ({ partition, offset: Number(offset), metadata }))
    } finally {
      await admin.disconnect()
    }
  }

  async seek(partition: number, offset: number): Promise<void> {
    this.#consumer.seek({ topic: this.#options.topic, partition, offset: String(offset) })
  }
}

const [, , bootstrap = ''] = process.argv
await serve('KafkaJS 2.2.4', async (options, reporter) => KafkaJsMember.join(bootstrap, options, reporter))
