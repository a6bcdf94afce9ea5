import net from 'node:net'
import {
  type AnyApi,
  apis,
  decodeRequestHeader,
  Errors,
  encodeResponseFrame,
  type FetchRequest,
  type FetchResponse,
  Framer,
  type Input,
  type ListOffsetsRequest,
  type MetadataRequest,
  type MetadataResponse,
  type ProduceRequest,
  WireReader
} from '@streambus/protocol'
import {
  readBaseSequence,
  readLastOffset,
  readNextSequence,
  readProducerId,
  readRecordCount,
  stampOffsetAndEpoch
} from '@streambus/protocol/records'

/**
 * What happens to one produce request. `lose` appends and then drops the connection before the answer, `full` is the
 * answer of a full disk, `silence` none.
 */
export type Fate = 'take' | 'drop' | 'lose' | 'refuse' | 'full' | 'silence'

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAg'
const SPOKEN = [apis.produce, apis.fetch, apis.metadata, apis.listOffsets, apis.initProducerId, apis.apiVersions]

const REFUSALS: Partial<Record<Fate, number>> = {
  refuse: Errors.NOT_LEADER_OR_FOLLOWER.code,
  full: Errors.KAFKA_STORAGE_ERROR.code
}

/** The one partition, with Kafka's sequence check. */
class FakePartition {
  readonly batches: Buffer[] = []
  nextOffset = 0
  #nextSequence = 0

  /** The error code. */
  append(batch: Buffer): number {
    if (readProducerId(batch, 0) >= 0) {
      const sequence = readBaseSequence(batch, 0)
      if (this.batches.some(known => readBaseSequence(known, 0) === sequence))
        return Errors.DUPLICATE_SEQUENCE_NUMBER.code
      if (sequence !== this.#nextSequence) return Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code
      this.#nextSequence = readNextSequence(batch, 0)
    }
    const kept = Buffer.from(batch)
    stampOffsetAndEpoch(kept, 0, this.nextOffset, 0)
    this.nextOffset += readRecordCount(kept, 0)
    this.batches.push(kept)
    return 0
  }

  from(offset: number): Buffer {
    return Buffer.concat(this.batches.filter(batch => readLastOffset(batch, 0) >= offset).slice(0, 2))
  }
}

/**
 * One topic ('t') with one partition behind a real socket: enough of a broker for produce and consume, and a script of
 * what goes wrong.
 */
export class FakeKafka {
  readonly #fates: readonly Fate[]
  readonly #partition = new FakePartition()
  readonly #sockets = new Set<net.Socket>()
  readonly #server: net.Server
  #produced = 0
  #port = 0

  private constructor(fates: readonly Fate[]) {
    this.#fates = fates
    this.#server = net.createServer(socket => this.#serve(socket))
  }

  static async start(fates: readonly Fate[] = []): Promise<FakeKafka> {
    const fake = new FakeKafka(fates)
    await new Promise<void>(resolve => {
      fake.#server.listen(0, '127.0.0.1', resolve)
    })
    fake.#port = (fake.#server.address() as net.AddressInfo).port
    return fake
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** The batches of partition 0, in order. */
  get log(): readonly Buffer[] {
    return this.#partition.batches
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise(resolve => {
      this.#server.close(() => resolve())
    })
  }

  #serve(socket: net.Socket): void {
    const framer = new Framer(64 << 20)
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', chunk => {
      try {
        for (const frame of framer.push(chunk)) if (!socket.destroyed) this.#answer(socket, frame)
      } catch {
        // Not a frame: like Kafka, hang up.
        socket.destroy()
      }
    })
  }

  #answer(socket: net.Socket, frame: Buffer): void {
    const reader = new WireReader(frame)
    const { apiKey, apiVersion: version, correlationId } = decodeRequestHeader(reader)
    const api = SPOKEN.find(({ key }) => key === apiKey) as AnyApi
    const body = this.#bodyFor(api, api.request.decode(reader, version), socket)
    if (body === null) return
    socket.write(Buffer.concat(encodeResponseFrame({ api, version, correlationId, body })))
  }

  /** Null: no answer. */
  #bodyFor(api: AnyApi, request: unknown, socket: net.Socket): object | null {
    switch (api.key) {
      case apis.produce.key:
        return this.#produce(request as ProduceRequest, socket)
      case apis.fetch.key:
        return this.#fetch(request as FetchRequest)
      case apis.metadata.key:
        return this.#metadata(request as MetadataRequest)
      case apis.listOffsets.key:
        return this.#listOffsets(request as ListOffsetsRequest)
      case apis.initProducerId.key:
        return { errorCode: 0, producerId: 7, producerEpoch: 0 }
      default:
        return {
          errorCode: 0,
          apiKeys: SPOKEN.map(({ key, accepted: { min, max } }) => ({ apiKey: key, minVersion: min, maxVersion: max }))
        }
    }
  }

  #produce({ acks, topicData }: ProduceRequest, socket: net.Socket): object | null {
    const fate = this.#fates[this.#produced++] ?? 'take'
    if (fate === 'drop') {
      socket.destroy()
      return null
    }
    if (fate === 'silence') return null
    const baseOffset = this.#partition.nextOffset
    const records = topicData[0]?.partitionData[0]?.records as Buffer
    const errorCode = REFUSALS[fate] ?? this.#partition.append(records)
    if (fate === 'lose') socket.destroy()
    if (fate === 'lose' || acks === 0) return null
    const answer = { index: 0, errorCode, baseOffset: errorCode === 0 ? baseOffset : -1, recordErrors: [] }
    return { responses: [{ name: 't', partitionResponses: [answer] }] }
  }

  #fetch({ topics }: FetchRequest): Input<FetchResponse> {
    const records = this.#partition.from(topics[0]?.partitions[0]?.fetchOffset ?? 0)
    const highWatermark = this.#partition.nextOffset
    const partition = { partitionIndex: 0, errorCode: 0, highWatermark, abortedTransactions: null, records }
    return { responses: [{ topic: 't', topicId: TOPIC_ID, partitions: [partition] }] }
  }

  #metadata({ topics }: MetadataRequest): Input<MetadataResponse> {
    const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }
    const unknown = (topics ?? []).map(({ name }) => name).filter(name => name !== 't')
    return {
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: this.#port }],
      controllerId: 1,
      topics: [
        { errorCode: 0, name: 't', topicId: TOPIC_ID, partitions: [partition] },
        ...unknown.map(name => ({ errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION.code, name, partitions: [] }))
      ]
    }
  }

  #listOffsets({ topics }: ListOffsetsRequest): object {
    const isLatest = topics[0]?.partitions[0]?.timestamp === -1
    const offset = isLatest ? this.#partition.nextOffset : 0
    return { topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, timestamp: -1, offset }] }] }
  }
}
