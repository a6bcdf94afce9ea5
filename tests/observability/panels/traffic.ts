import { spawn, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer as PlatformaticConsumer } from '@platformatic/kafka'
import { metadataApi } from '@streambus/protocol'
import { CompressionTypes, type Producer } from 'kafkajs'
import { withConnection } from './scenes/raw-client.ts'
import { ask, type Stage } from './stage.ts'

const PAUSE_MS = 40
const KCAT_PAUSE_MS = 1000
const ADMIN_PAUSE_MS = 700
const STOP_MS_MAX = 10_000

export const TOPICS = {
  orders: [
    { name: 'segment.bytes', value: '65536' },
    { name: 'retention.bytes', value: '262144' }
  ],
  prices: [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'segment.bytes', value: '8192' },
    { name: 'min.cleanable.dirty.ratio', value: '0.01' },
    { name: 'delete.retention.ms', value: '0' }
  ],
  clicks: [
    { name: 'compression.type', value: 'zstd' },
    { name: 'retention.ms', value: '20000' },
    { name: 'segment.ms', value: '2000' }
  ],
  archive: [{ name: 'segment.bytes', value: '32768' }],
  rates: [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'segment.bytes', value: '8192' },
    { name: 'min.cleanable.dirty.ratio', value: '0.01' },
    { name: 'min.compaction.lag.ms', value: '3600000' }
  ]
} as const

/** Ordinary clients at work until `stop`, through every restart of the broker. What fails is tried again. */
export class Traffic {
  readonly #stage: Stage
  readonly #work: Promise<void>[] = []
  readonly #closings: (() => Promise<unknown>)[] = []
  #isOver = false

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async begin(): Promise<void> {
    await this.#createTopics()
    const orders = { topic: 'orders', acks: -1 }
    await this.#produce({ idempotent: true, maxInFlightRequests: 1 }, { ...orders, compression: CompressionTypes.GZIP })
    await this.#produce({}, { topic: 'prices', acks: 1 })
    await this.#produce({}, { topic: 'clicks', acks: 0 })
    for (const topic of ['archive', 'rates']) await this.#produce({}, { topic, acks: 1 })
    await this.#consume('billing', 'orders')
    await this.#consume('billing', 'orders')
    await this.#consume('pricing', 'prices')
    this.#consumeByConsumerProtocol('clicking', 'clicks')
    this.#repeat(100, () => this.#stayConnected())
    this.#repeat(ADMIN_PAUSE_MS, () => this.#askAdmin())
    if (hasKcat()) for (const codec of ['snappy', 'lz4']) this.#repeat(KCAT_PAUSE_MS, () => this.#kcat(codec))
  }

  /** Waits until the clients have left, but not for ever. */
  async stop(): Promise<void> {
    this.#isOver = true
    const left = Promise.allSettled(this.#closings.map(close => close())).then(() => Promise.all(this.#work))
    await Promise.race([left, sleep(STOP_MS_MAX, undefined, { ref: false })])
  }

  async #createTopics(): Promise<void> {
    const admin = this.#stage.kafka.admin()
    await admin.connect()
    const topics = Object.entries(TOPICS).map(([topic, entries]) => {
      return { topic, numPartitions: topic === 'archive' || topic === 'rates' ? 1 : 3, configEntries: [...entries] }
    })
    await admin.createTopics({ topics })
    await admin.disconnect()
  }

  async #produce(
    options: Parameters<Stage['kafka']['producer']>[0],
    sending: { readonly topic: string; readonly acks: number; readonly compression?: CompressionTypes }
  ): Promise<void> {
    const producer: Producer = this.#stage.kafka.producer(options)
    await producer.connect()
    this.#closings.push(() => producer.disconnect())
    let number = 0
    this.#repeat(PAUSE_MS, async () => {
      const messages = Array.from({ length: 10 }, () => {
        number++
        // A tombstone now and then.
        const value = number % 17 === 0 ? null : `${sending.topic} ${number} `.repeat(8)
        return { key: `key ${number % 50}`, value }
      })
      await producer.send({ ...sending, messages })
    })
  }

  async #consume(groupId: string, topic: string): Promise<void> {
    const consumer = this.#stage.kafka.consumer({
      groupId,
      maxWaitTimeInMs: 250,
      sessionTimeout: 6000,
      heartbeatInterval: 500
    })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitInterval: 500, eachMessage: () => Promise.resolve() })
    this.#closings.push(() => consumer.disconnect())
  }

  #consumeByConsumerProtocol(groupId: string, topic: string): void {
    let last: PlatformaticConsumer | null = null
    this.#closings.push(async () => last?.close(true))
    this.#repeat(100, async () => {
      const consumer = new PlatformaticConsumer({
        clientId: 'platformatic',
        bootstrapBrokers: [this.#stage.broker.bootstrap],
        groupId,
        groupProtocol: 'consumer',
        maxWaitTime: 250,
        retries: 3,
        retryDelay: 200,
        rebalanceTimeout: 60_000
      })
      last = consumer
      try {
        const options = { mode: 'committed', fallbackMode: 'earliest', autocommit: 500 } as const
        const stream: AsyncIterable<unknown> = await consumer.consume({ topics: [topic], ...options })
        for await (const _ of stream) if (this.#isOver) break
      } finally {
        await consumer.close(true)
      }
    })
  }

  /** The one client here that tells every connection what software it is. */
  #stayConnected(): Promise<void> {
    return withConnection(this.#stage, async connection => {
      while (!this.#isOver) {
        await connection.send(metadataApi, { topics: [] })
        await sleep(500)
      }
    })
  }

  async #askAdmin(): Promise<void> {
    const paths = ['/health', '/health?verbose=1', '/ready', '/api/v1/monitoring/metrics', '/api/v1/topics', '/nowhere']
    for (const path of paths) await ask(this.#stage, path)
    await ask(this.#stage, '/api/v1/monitoring/metrics', { token: 'nobody-knows-this-token' })
  }

  async #kcat(codec: string): Promise<void> {
    const child = spawn('kcat', ['-b', this.#stage.broker.bootstrap, '-P', '-t', 'archive', '-z', codec, '-K', ':'], {
      stdio: ['pipe', 'ignore', 'ignore']
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(`${codec}:${'archived '.repeat(100)}\n`.repeat(20))
    const killer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await new Promise(resolve => child.once('exit', resolve))
    clearTimeout(killer)
  }

  #repeat(pauseMs: number, work: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      while (!this.#isOver) {
        // The broker is away, or refuses: both belong to the scenes.
        await work().catch(() => sleep(100))
        await sleep(pauseMs)
      }
    }
    this.#work.push(run())
  }
}

function hasKcat(): boolean {
  return spawnSync('kcat', ['-V']).status === 0
}
