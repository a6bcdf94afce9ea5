import {
  decodeResponse,
  encodeRequestFrame,
  encodeResponseFrame,
  fetchApi,
  listOffsetsApi,
  produceApi
} from '@streambus/protocol'

/** What Java 3.x and librdkafka 2.x send; topics by name, which a bench needs on every broker. */
export const PRODUCE_VERSION = 9
export const FETCH_VERSION = 12
const LIST_OFFSETS_VERSION = 7
const CLIENT_ID = 'bench'

/** Byte positions inside a frame with its length field. */
export const CORRELATION_AT = 8
const API_KEY_AT = 4

export const LATEST = -1

export function apiKeyAt(frameStart: number): number {
  return frameStart + API_KEY_AT - 4
}

export interface ProduceFrameOptions {
  readonly topic: string
  readonly partition: number
  readonly acks: -1 | 0 | 1
  readonly batch: Buffer
}

/** One contiguous frame, so that a send is one write; the caller patches the correlation id at CORRELATION_AT. */
export function produceFrame({ topic, partition, acks, batch }: ProduceFrameOptions): Buffer {
  const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }]
  const body = { transactionalId: null, acks, timeoutMs: 30_000, topicData }
  return Buffer.concat(
    encodeRequestFrame({ api: produceApi, version: PRODUCE_VERSION, correlationId: 0, clientId: CLIENT_ID, body })
  )
}

/**
 * Where a Produce v9 answer for one partition has its error code and base offset, counted from the frame's start
 * without length: correlation id 4, tags 1, topic count 1, compact name, partition count 1, index 4.
 * Decoding a million answers would measure the load generator; `checkProduceAnswer` proves the positions once per
 * connection.
 */
export function produceAnswerPositions(topic: string): { errorCodeAt: number; baseOffsetAt: number } {
  const nameBytes = Buffer.byteLength(topic)
  if (nameBytes > 126) throw new Error(`topic name of ${nameBytes} bytes: a bench topic has at most 126`)
  const errorCodeAt = 4 + 1 + 1 + 1 + nameBytes + 1 + 4
  return { errorCodeAt, baseOffsetAt: errorCodeAt + 2 }
}

export function checkProduceAnswer(topic: string, answer: Buffer): void {
  const { body } = decodeResponse(produceApi, PRODUCE_VERSION, answer)
  const partition = body.responses[0]?.partitionResponses[0]
  const { errorCodeAt, baseOffsetAt } = produceAnswerPositions(topic)
  const atPositions = [answer.readInt16BE(errorCodeAt), Number(answer.readBigInt64BE(baseOffsetAt))]
  if (partition === undefined || partition.errorCode !== atPositions[0] || partition.baseOffset !== atPositions[1]) {
    throw new Error(`Produce answer is not laid out as expected: ${JSON.stringify(body)}`)
  }
}

export function produceAnswer(topic: string): Buffer {
  const partitionResponses = [{ index: 0, errorCode: 0, baseOffset: 0 }]
  const body = { responses: [{ name: topic, partitionResponses }], throttleTimeMs: 0 }
  return Buffer.concat(encodeResponseFrame({ api: produceApi, version: PRODUCE_VERSION, correlationId: 0, body }))
}

export interface FetchFrameOptions {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly bytesMax: number
}

export function fetchFrame({ topic, partition, offset, bytesMax }: FetchFrameOptions): Buffer {
  const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes: bytesMax }]
  const body = {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 50 * 1024 * 1024,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, partitions }]
  }
  return Buffer.concat(
    encodeRequestFrame({ api: fetchApi, version: FETCH_VERSION, correlationId: 0, clientId: CLIENT_ID, body })
  )
}

/** Found by encoding twice, so that it follows the codec. */
export function fetchOffsetPosition(topic: string): number {
  const low = fetchFrame({ topic, partition: 0, offset: 0, bytesMax: 1 })
  const high = fetchFrame({ topic, partition: 0, offset: 1, bytesMax: 1 })
  for (let i = 0; i < low.length; i++) if (low[i] !== high[i]) return i - 7
  throw new Error('the fetch offset is not in the frame')
}

/** The records of a one-partition answer: a view into it. Throws with the error code when there is one. */
export function fetchedRecords(answer: Buffer): Buffer {
  const { body } = decodeResponse(fetchApi, FETCH_VERSION, answer)
  const partition = body.responses[0]?.partitions[0]
  const errorCode = body.errorCode || partition?.errorCode || 0
  if (errorCode !== 0 || partition === undefined) throw new Error(`Fetch was answered with error code ${errorCode}`)
  return partition.records ?? Buffer.alloc(0)
}

/** A whole answer and where its records begin and end, for a server that only replaces them. */
export function fetchAnswer(topic: string, records: Buffer): { frame: Buffer; recordsAt: number } {
  const partitions = [
    {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 1,
      lastStableOffset: 1,
      logStartOffset: 0,
      abortedTransactions: null,
      records
    }
  ]
  const body = { throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses: [{ topic, partitions }] }
  const frame = Buffer.concat(encodeResponseFrame({ api: fetchApi, version: FETCH_VERSION, correlationId: 0, body }))
  return { frame, recordsAt: frame.indexOf(records) }
}

export function listOffsetsFrame(topic: string, partition: number): Buffer {
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: LATEST }] }]
  const body = { replicaId: -1, isolationLevel: 0, topics }
  const frame = { api: listOffsetsApi, version: LIST_OFFSETS_VERSION, correlationId: 0, clientId: CLIENT_ID, body }
  return Buffer.concat(encodeRequestFrame(frame))
}

export function listedOffset(answer: Buffer): number {
  const { body } = decodeResponse(listOffsetsApi, LIST_OFFSETS_VERSION, answer)
  const partition = body.topics[0]?.partitions[0]
  if (partition === undefined || partition.errorCode !== 0)
    throw new Error(`ListOffsets was answered with ${JSON.stringify(body)}`)
  return partition.offset
}
