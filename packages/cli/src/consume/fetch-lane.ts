import { Errors, errorByCode, type FetchResponse, fetchApi } from '@streambus/protocol'
import { readLastOffset, walkBatches } from '@streambus/protocol/records'
import { BrokerError, type Connection } from '@streambus/wire-client'
import type { Range } from './positions.ts'

export interface LaneOptions {
  readonly connection: Connection
  readonly topic: string
  readonly topicId: string
  /** Of the partitions that this broker leads. */
  readonly ranges: ReadonlyMap<number, Range>
  /** Whether `end` of the ranges counts, or reading goes on. */
  readonly stopsAtEnd: boolean
}

/** Whole batches of one partition; a view of the answer they came in. */
export interface Fetched {
  readonly partition: number
  readonly batches: Buffer
  /** The offset after the last batch. */
  readonly next: number
}

const TOPIC_ID_SINCE = 13
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
const PARTITION_BYTES_MAX = 8 * 1024 * 1024
const WAIT_MS = 500

/**
 * Reads from one broker, always one answer ahead of the one being worked on. Positions are the lane's own until the
 * caller has printed what was fetched.
 */
export class FetchLane {
  readonly #options: LaneOptions
  readonly #positions = new Map<number, number>()
  #ahead: Promise<FetchResponse> | null = null

  constructor(options: LaneOptions) {
    this.#options = options
    for (const [partition, { next }] of options.ranges) this.#positions.set(partition, next)
  }

  /** What came next, possibly nothing; null at the end. Throws BrokerError and WireError. */
  async next(): Promise<readonly Fetched[] | null> {
    const asked = this.#ahead ?? this.#ask()
    if (asked === null) return null
    const answer = await asked
    const fetched = this.#take(answer)
    this.#ahead = this.#ask()
    // Looked at when it is awaited; a failure meanwhile must not end the process.
    this.#ahead?.catch(() => {})
    return fetched
  }

  #ask(): Promise<FetchResponse> | null {
    const { connection, topic, topicId, ranges, stopsAtEnd } = this.#options
    const partitions = []
    for (const [partition, fetchOffset] of this.#positions) {
      const end = ranges.get(partition)?.end ?? 0
      if (stopsAtEnd && fetchOffset >= end) continue
      partitions.push({ partition, fetchOffset, partitionMaxBytes: PARTITION_BYTES_MAX })
    }
    if (partitions.length === 0) return null
    const isById = connection.requireVersion(fetchApi) >= TOPIC_ID_SINCE
    return connection.send(fetchApi, {
      maxWaitMs: WAIT_MS,
      minBytes: 1,
      maxBytes: ANSWER_BYTES_MAX,
      topics: [isById ? { topicId, partitions } : { topic, partitions }],
      forgottenTopicsData: []
    })
  }

  #take(answer: FetchResponse): Fetched[] {
    if (answer.errorCode !== 0) throw new BrokerError(errorByCode(answer.errorCode), `topic ${this.#options.topic}`)
    const fetched: Fetched[] = []
    for (const partition of answer.responses.flatMap(topic => topic.partitions)) {
      this.#check(partition)
      const found = this.#advance(partition)
      if (found !== null) fetched.push(found)
    }
    return fetched
  }

  #check({ partitionIndex, errorCode }: FetchResponse['responses'][number]['partitions'][number]): void {
    if (errorCode === 0) return
    const what = `partition ${partitionIndex} of ${this.#options.topic}`
    const detail =
      errorCode === Errors.OFFSET_OUT_OF_RANGE.code
        ? `offset ${this.#positions.get(partitionIndex)} is not in the log any more; retention may have removed it`
        : null
    throw new BrokerError(errorByCode(errorCode), what, detail)
  }

  #advance({
    partitionIndex,
    records,
    highWatermark
  }: FetchResponse['responses'][number]['partitions'][number]): Fetched | null {
    const position = this.#positions.get(partitionIndex)
    if (position === undefined) return null
    let next = position
    const batches = records ?? Buffer.alloc(0)
    const wholeBytes = walkBatches(batches, at => {
      next = Math.max(next, readLastOffset(batches, at) + 1)
    })
    // Nothing below the end that was promised: the log was cut since (or holds less than one batch header).
    const isCut = wholeBytes === 0 && this.#options.stopsAtEnd && highWatermark <= position
    this.#positions.set(partitionIndex, isCut ? Number.POSITIVE_INFINITY : next)
    if (wholeBytes === 0) return null
    return { partition: partitionIndex, batches: batches.subarray(0, wholeBytes), next }
  }
}
