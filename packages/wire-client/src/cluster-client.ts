import type { Clock } from '@streambus/base'
import {
  type ApiSchema,
  Errors,
  errorByCode,
  type Input,
  type MetadataResponse,
  metadataApi
} from '@streambus/protocol'
import { type Address, formatAddress } from './address.ts'
import type { Connection } from './connection.ts'
import { ConnectionPool, type OpenConnection } from './connection-pool.ts'
import { advertisedError, BrokerError, isRetriable, WireError } from './errors.ts'
import { DEFAULT_RETRY, type RetryPolicy, retry } from './retry.ts'

export interface ClusterClientOptions {
  readonly bootstrap: readonly Address[]
  readonly clock: Clock
  readonly open: OpenConnection
  readonly retry?: RetryPolicy
  /** Called before each pause; for progress and logs. */
  readonly onRetry?: (error: unknown, attempt: number) => void
}

export type TopicMetadata = MetadataResponse['topics'][number]
export type PartitionMetadata = TopicMetadata['partitions'][number]

export interface Leader {
  readonly connection: Connection
  readonly nodeId: number
  readonly leaderEpoch: number
  readonly topicId: string
}

/**
 * A cluster seen from outside: finds brokers and leaders, keeps connections, tries again what may succeed later.
 * Metadata is kept until `forget`, which every retry calls.
 */
export class ClusterClient {
  readonly #options: ClusterClientOptions
  readonly #pool: ConnectionPool
  readonly #topics = new Map<string, TopicMetadata>()
  readonly #brokers = new Map<number, Address>()
  /** Addresses that took a connection once: trouble with them later is not an advertised.listeners mistake. */
  readonly #reached = new Set<string>()
  #metadataFrom: Address | null = null
  #controllerId = -1

  constructor(options: ClusterClientOptions) {
    this.#options = options
    this.#pool = new ConnectionPool(options.open)
  }

  /** A connection to any broker: a bootstrap address first, then those learned from metadata. */
  async any(lane = ''): Promise<Connection> {
    const candidates = [...this.#options.bootstrap, ...this.#brokers.values()]
    let first: unknown
    for (const address of candidates) {
      try {
        return await this.#connect(address, lane)
      } catch (error) {
        first ??= error
      }
    }
    throw first
  }

  /** The named broker. Throws `advertised-unreachable` when metadata names an address that never took a connection. */
  async node(nodeId: number, lane = ''): Promise<Connection> {
    if (!this.#brokers.has(nodeId)) await this.metadata([])
    const address = this.#brokers.get(nodeId)
    if (address === undefined) {
      throw new BrokerError(Errors.LEADER_NOT_AVAILABLE, `broker ${nodeId}`, 'is not among the brokers of the cluster')
    }
    try {
      return await this.#connect(address, lane)
    } catch (error) {
      const isNew = error instanceof WireError && error.isContact && !this.#reached.has(formatAddress(address))
      throw isNew && this.#metadataFrom !== null ? advertisedError(this.#metadataFrom, error) : error
    }
  }

  /** The active controller, which takes all changes of topics and configs; any broker when it is not known. */
  async controller(): Promise<Connection> {
    if (this.#brokers.size === 0) await this.metadata([])
    return this.#brokers.has(this.#controllerId) ? this.node(this.#controllerId) : this.any()
  }

  /** Asks any broker. `topics` null means all. Errors of single topics are left in the response. */
  async metadata(
    topics: readonly string[] | null,
    options: { readonly createMissing?: boolean } = {}
  ): Promise<MetadataResponse> {
    const connection = await this.any()
    const response = await connection.send(metadataApi, {
      topics: topics?.map(name => ({ name })) ?? null,
      allowAutoTopicCreation: options.createMissing ?? false
    })
    this.#brokers.clear()
    for (const { nodeId, host, port } of response.brokers) this.#brokers.set(nodeId, { host, port })
    this.#controllerId = response.controllerId
    this.#metadataFrom = connection.address
    for (const topic of response.topics) {
      if (topic.name !== null && topic.errorCode === 0) this.#topics.set(topic.name, topic)
    }
    return response
  }

  /** One topic, from what is known or asked. Throws BrokerError; UNKNOWN_TOPIC_OR_PARTITION when it does not exist. */
  async topic(name: string, options: { readonly createMissing?: boolean } = {}): Promise<TopicMetadata> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const response = await this.metadata([name], options)
    const topic = response.topics.find(candidate => candidate.name === name)
    const errorCode = topic?.errorCode ?? Errors.UNKNOWN_TOPIC_OR_PARTITION.code
    if (topic === undefined || errorCode !== 0) {
      const isUnknown = errorCode === Errors.UNKNOWN_TOPIC_OR_PARTITION.code
      throw new BrokerError(errorByCode(errorCode), `topic ${name}`, isUnknown ? 'does not exist' : null)
    }
    return topic
  }

  /**
   * What is known of one partition, which has a leader. Throws BrokerError when there is no such partition or leader.
   */
  async leaderOf(topic: string, partition: number): Promise<PartitionMetadata> {
    const { partitions } = await this.topic(topic)
    const found = partitions.find(candidate => candidate.partitionIndex === partition)
    const what = `partition ${partition} of topic ${topic}`
    if (found === undefined) {
      throw new BrokerError(Errors.UNKNOWN_TOPIC_OR_PARTITION, what, `does not exist; there are ${partitions.length}`)
    }
    if (found.leaderId < 0) throw new BrokerError(Errors.LEADER_NOT_AVAILABLE, what)
    return found
  }

  /** A connection to the partition's leader, on the given lane. Throws like `leaderOf` and `node`. */
  async leader(topic: string, partition: number, lane = ''): Promise<Leader> {
    const { leaderId, leaderEpoch } = await this.leaderOf(topic, partition)
    const { topicId } = await this.topic(topic)
    return { connection: await this.node(leaderId, lane), nodeId: leaderId, leaderEpoch, topicId }
  }

  /** Sends to any broker and tries again what may succeed later. */
  async sendToAny<Req, Res>(api: ApiSchema<Req, Res>, body: Input<Req>): Promise<Res> {
    return this.retry(async () => (await this.any()).send(api, body))
  }

  /**
   * Runs `run` again after errors that may pass, with pauses that double, and with fresh metadata each time. An address
   * that never took a connection is not tried again: nobody is there.
   */
  retry<T>(run: (attempt: number) => Promise<T>, policy: RetryPolicy | undefined = this.#options.retry): Promise<T> {
    return retry(run, {
      clock: this.#options.clock,
      policy: policy ?? DEFAULT_RETRY,
      isWorthRetrying: error => isRetriable(error) && !this.#isNobodyThere(error),
      onRetry: (error, attempt) => {
        this.forget()
        this.#options.onRetry?.(error, attempt)
      }
    })
  }

  /** Drops cached metadata; the next look asks a broker. */
  forget(): void {
    this.#topics.clear()
    this.#brokers.clear()
  }

  /** Waits for answers that are due. */
  close(): Promise<void> {
    return this.#pool.closeAll()
  }

  /** At once. */
  destroy(): Promise<void> {
    return this.#pool.destroyAll()
  }

  async #connect(address: Address, lane: string): Promise<Connection> {
    const connection = await this.#pool.get(address, lane)
    this.#reached.add(formatAddress(address))
    return connection
  }

  #isNobodyThere(error: unknown): boolean {
    return error instanceof WireError && error.isContact && !this.#reached.has(formatAddress(error.address))
  }
}
