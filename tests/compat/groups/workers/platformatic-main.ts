/** @platformatic/kafka as members of groups. `node platformatic-main.ts <bootstrap> <classic|consumer>` */
import { Consumer, type ConsumerOptions, type GroupAssignment, type MessagesStream } from '@platformatic/kafka'
import type { Committed, GroupProtocol, JoinOptions } from '../member.ts'
import { type Member, type Reporter, serve } from './line-worker.ts'

type Bytes = Buffer

function consumerOptions(
  bootstrap: string,
  protocol: GroupProtocol,
  options: JoinOptions
): ConsumerOptions<Bytes, Bytes, Bytes, Bytes> {
  const base = {
    clientId: 'compat',
    bootstrapBrokers: [bootstrap],
    groupId: options.group,
    maxWaitTime: 100,
    retries: 100,
    retryDelay: 200,
    // It wants no less than the session timeout, whose default also counts where there is none.
    rebalanceTimeout: 60_000,
    ...(options.instanceId === undefined ? {} : { groupInstanceId: options.instanceId })
  }
  if (protocol === 'consumer') return { ...base, groupProtocol: 'consumer' }
  return {
    ...base,
    sessionTimeout: options.sessionTimeoutMs ?? 6000,
    heartbeatInterval: 500,
    ...(options.cooperative === true ? { protocols: [{ name: 'cooperative-sticky', version: 1 }] } : {})
  }
}

class PlatformaticMember implements Member {
  readonly #consumer: Consumer
  readonly #topic: string
  #stream: MessagesStream<Bytes, Bytes, Bytes, Bytes> | null = null

  private constructor(consumer: Consumer, topic: string) {
    this.#consumer = consumer
    this.#topic = topic
  }

  static async join(
    where: { readonly bootstrap: string; readonly protocol: GroupProtocol },
    options: JoinOptions,
    reporter: Reporter
  ): Promise<PlatformaticMember> {
    const protocol = options.protocol ?? where.protocol
    const consumer = new Consumer(consumerOptions(where.bootstrap, protocol, options))
    watchAssignments(consumer, options.topic, (partitions, generation) =>
      reporter.owns(partitions, protocol === 'consumer' ? null : generation)
    )
    // An eager member gives up everything before it joins again; its `assignments` still tell of the last round.
    const isEager = protocol === 'classic' && options.cooperative !== true
    if (isEager) consumer.on('consumer:group:rebalance', () => reporter.owns([], consumer.generationId))
    const member = new PlatformaticMember(consumer, options.topic)
    void member.#read(options, reporter).catch((error: unknown) => reporter.failed(error))
    return member
  }

  async #read(options: JoinOptions, reporter: Reporter): Promise<void> {
    const stream = await this.#consumer.consume({
      topics: [options.topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: options.autoCommit === false ? false : 200
    })
    this.#stream = stream
    stream.on('error', error => reporter.failed(error))
    stream.on('data', ({ partition, offset }) => reporter.records(partition, [Number(offset)]))
  }

  async leave(): Promise<void> {
    await this.#stream?.close()
    await this.#consumer.close(true)
  }

  async commit(offsets: readonly Committed[]): Promise<void> {
    const topic = this.#topic
    await this.#consumer.commit({
      offsets: offsets.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset), leaderEpoch: 0 }))
    })
  }

  async committed(partitions: readonly number[]): Promise<Committed[]> {
    const topics = [{ topic: this.#topic, partitions: [...partitions] }]
    const found = (await this.#consumer.listCommittedOffsets({ topics })).get(this.#topic) ?? []
    return partitions.map(partition => ({ partition, offset: Number(found[partition] ?? -1n), metadata: null }))
  }

  async seek(): Promise<void> {
    throw new Error('@platformatic/kafka cannot move a stream')
  }
}

/** It tells of assignments in one protocol only, so the property itself is watched. */
function watchAssignments(
  consumer: Consumer,
  topic: string,
  changed: (partitions: readonly number[], generation: number) => void
): void {
  let current = consumer.assignments
  Object.defineProperty(consumer, 'assignments', {
    get: () => current,
    set(assignments: GroupAssignment[] | null) {
      current = assignments
      changed(assignments?.find(each => each.topic === topic)?.partitions ?? [], consumer.generationId)
    }
  })
}

const [, , bootstrap = '', protocol = 'classic'] = process.argv
const where = { bootstrap, protocol: protocol as GroupProtocol }
await serve('@platformatic/kafka 2.12.1', async (options, reporter) =>
  PlatformaticMember.join(where, options, reporter)
)
