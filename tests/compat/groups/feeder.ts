import kafkajs, { type Producer } from 'kafkajs'

/** Keeps a topic's partitions supplied, and knows where each ends. */
export class Feeder {
  readonly topic: string
  readonly ends: number[]
  readonly #producer: Producer
  #trickle: Promise<void> | null = null
  #isTrickling = false
  #everyMs = 0

  private constructor(producer: Producer, topic: string, partitions: number) {
    this.#producer = producer
    this.topic = topic
    this.ends = Array.from({ length: partitions }, () => 0)
  }

  /** Creates the topic. */
  static async open(bootstrap: string, topic: string, partitions: number): Promise<Feeder> {
    const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 30 }
    const kafka = new kafkajs.Kafka({ brokers: [bootstrap], clientId: 'feeder', logLevel: 0, retry })
    const admin = kafka.admin()
    await admin.connect()
    const created = { topic, numPartitions: partitions, replicationFactor: 1 }
    await admin.createTopics({ waitForLeaders: true, topics: [created] })
    await admin.disconnect()
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    return new Feeder(producer, topic, partitions)
  }

  /** Adds `count` records to each partition, in one request. */
  async add(count: number): Promise<void> {
    const messages = this.ends.flatMap((end, partition) =>
      Array.from({ length: count }, (_, index) => ({ partition, value: `${partition}@${end + index}` }))
    )
    await this.#producer.send({ topic: this.topic, acks: -1, messages })
    for (const partition of this.ends.keys()) this.ends[partition] = (this.ends[partition] ?? 0) + count
  }

  /** Adds a record to each partition every so often, until `still`. */
  trickle(everyMs: number): void {
    this.#isTrickling = true
    this.#everyMs = everyMs
    const run = async (): Promise<void> => {
      while (this.#isTrickling) {
        await this.add(1)
        await new Promise(resolve => setTimeout(resolve, everyMs))
      }
    }
    this.#trickle = run()
  }

  async still(): Promise<void> {
    this.#everyMs = 0
    await this.pause()
  }

  async pause(): Promise<void> {
    this.#isTrickling = false
    await this.#trickle
  }

  /** Goes on with what `pause` interrupted, if anything. */
  resume(): void {
    if (this.#everyMs > 0) this.trickle(this.#everyMs)
  }

  async close(): Promise<void> {
    await this.still()
    await this.#producer.disconnect()
  }
}
