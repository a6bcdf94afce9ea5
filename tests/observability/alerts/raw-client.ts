import { errorByCode, fetchApi, produceApi } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import type { Connection } from '@streambus/wire-client'
import { connect } from '../connect.ts'

export interface RawBatch {
  readonly topic: string
  readonly partition?: number
  readonly records?: number
  /** Of every record. Default: none. */
  readonly key?: string
  /** Of each value. */
  readonly bytes?: number
  /** In ms since 1970. Default: now. */
  readonly timestamp?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
}

/** Sends what it is told, right or wrong, and never again. */
export class RawClient {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  static async open(bootstrap: string): Promise<RawClient> {
    return new RawClient(await connect(bootstrap))
  }

  /** The same; throws when it is refused. */
  async mustSend(batch: RawBatch): Promise<void> {
    const error = await this.send(batch)
    if (error !== 'NONE') throw new Error(`a batch for ${batch.topic} is answered with ${error}`)
  }

  /** Acks=all. Returns the name of the error, 'NONE' without one. */
  async send(batch: RawBatch): Promise<string> {
    const { topic, partition = 0, records: count = 1, bytes = 100, timestamp = Date.now() } = batch
    const builder = new RecordBatchBuilder()
    const value = Buffer.alloc(bytes, 'x')
    const key = batch.key === undefined ? null : Buffer.from(batch.key)
    for (let index = 0; index < count; index++) builder.append({ timestamp, key, value, headers: [] })
    const { producerId = -1, producerEpoch = -1, baseSequence = -1 } = batch
    const records = builder.build({ codec: 'none', producerId, producerEpoch, baseSequence })
    const answer = await this.#connection.send(produceApi, {
      acks: -1,
      timeoutMs: 20_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }]
    })
    return errorByCode(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1).name
  }

  /** Asks for a topic's first records. Returns the name of the error, 'NONE' without one. */
  async fetch(topic: string): Promise<string> {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1024 }]
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes: 1024 }
    const answer = await this.#connection.send(
      fetchApi,
      { ...limits, topics: [{ topic, partitions }] },
      { version: 12 }
    )
    return errorByCode(answer.responses[0]?.partitions[0]?.errorCode ?? -1).name
  }

  close(): void {
    this.#connection.destroy()
  }
}
