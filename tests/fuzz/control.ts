import {
  createTopicsApi,
  Errors,
  fetchApi,
  findCoordinatorApi,
  listOffsetsApi,
  metadataApi,
  produceApi
} from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { Connection } from '@streambus/wire-client'

const PARTITIONS = 2
const RECORDS = 50

/** What must be the same after the run as before. */
export interface State {
  readonly topics: readonly string[]
  readonly endOffsets: readonly number[]
  /** Of what a fetch of the first partition returns. */
  readonly records: string
}

/** A client as it should be, on a connection of its own, beside the hostile ones. */
export class ControlClient {
  readonly topic = 'control'
  readonly #address: { readonly host: string; readonly port: number }
  #connection: Connection | null = null
  topicId = ''

  constructor(address: { readonly host: string; readonly port: number }) {
    this.#address = address
  }

  async #connect(): Promise<Connection> {
    if (this.#connection?.isOpen !== true) {
      this.#connection = await Connection.open({ address: this.#address, clientId: 'control', requestTimeoutMs: 5000 })
    }
    return this.#connection
  }

  /** Creates the topic and fills it. */
  async prepare(): Promise<void> {
    const connection = await this.#connect()
    const topics = [{ name: this.topic, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] }]
    const created = await connection.send(createTopicsApi, { topics, timeoutMs: 5000 })
    mustBeNone(created.topics[0]?.errorCode)
    // The first one makes 50 partitions, which is no frame's fault.
    const { coordinators } = await connection.send(findCoordinatorApi, { keyType: 0, coordinatorKeys: ['control'] })
    mustBeNone(coordinators[0]?.errorCode)
    for (let index = 0; index < PARTITIONS; index++) await this.produce(index)
    const { topics: described } = await connection.send(metadataApi, { topics: [{ name: this.topic }] })
    this.topicId = described[0]?.topicId ?? ''
  }

  async produce(index: number): Promise<void> {
    const builder = new RecordBatchBuilder()
    for (let record = 0; record < RECORDS; record++) {
      builder.append({ timestamp: 1_700_000_000_000, key: null, value: Buffer.from(`record ${record}`), headers: [] })
    }
    const partitionData = [{ index, records: builder.build() }]
    const answer = await (await this.#connect()).send(produceApi, {
      acks: -1,
      timeoutMs: 5000,
      topicData: [{ name: this.topic, partitionData }]
    })
    mustBeNone(answer.responses[0]?.partitionResponses[0]?.errorCode)
  }

  async state(): Promise<State> {
    const connection = await this.#connect()
    const { topics } = await connection.send(metadataApi, { topics: null })
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    const offsets = await connection.send(listOffsetsApi, {
      replicaId: -1,
      topics: [{ name: this.topic, partitions }]
    })
    return {
      // A well-formed FindCoordinator makes the internal ones.
      topics: topics.flatMap(({ name, isInternal }) => (isInternal ? [] : [name ?? ''])).sort(),
      endOffsets: offsets.topics[0]?.partitions.map(({ offset }) => offset) ?? [],
      records: (await this.#records()).toString('base64')
    }
  }

  /** Milliseconds that a fetch took. */
  async ping(): Promise<number> {
    const beganMs = performance.now()
    await this.#records()
    return performance.now() - beganMs
  }

  async #records(): Promise<Buffer> {
    const answer = await (await this.#connect()).send(
      fetchApi,
      {
        maxWaitMs: 0,
        minBytes: 0,
        topics: [{ topic: this.topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
      },
      { version: 12 }
    )
    const partition = answer.responses[0]?.partitions[0]
    mustBeNone(partition?.errorCode)
    return partition?.records ?? Buffer.alloc(0)
  }

  close(): void {
    this.#connection?.destroy()
  }
}

function mustBeNone(code: number | undefined): void {
  if (code !== Errors.NONE.code) throw new Error(`control client: error ${code ?? 'missing'}`)
}
