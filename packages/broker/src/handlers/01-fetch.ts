// Serves v4–17. v7: sessions are never granted (id 0), which clients take as "send full requests" (KIP-227).
// v9: current leader epoch. v12: last fetched epoch, diverging epoch. v13: topic ids. v15–17: fields for followers
// only.
import type { Clock, Timer } from '@streambus/base'
import { Errors, type FetchRequest, type FetchResponse, fetchApi, type Input } from '@streambus/protocol'
import { countRecords, readMaxTimestamp } from '@streambus/protocol/records'
import { isUnreadable, OffsetOutOfRange, type ReadResult } from '@streambus/storage-log'
import type { ParkedFetches } from '../partition/parked-fetches.ts'
import type { FetchWatcher, Partition } from '../partition/partition.ts'
import type { PartitionProbe } from '../partition/partition-probe.ts'
import type { PartitionSet } from '../partition/partition-set.ts'
import type { Handler, RequestContext } from './handler.ts'
import { checkLeaderEpoch } from './leader-epoch.ts'
import type { StorageErrorListener } from './storage-error.ts'

const WAIT_MS_MAX = 300_000
const EMPTY = Buffer.alloc(0)
const READ_COMMITTED = 1
const NOTHING_ABORTED: readonly never[] = []

export interface FetchDependencies {
  readonly partitions: PartitionSet
  readonly probe: PartitionProbe
  readonly clock: Clock
  readonly parked: ParkedFetches
  /** `fetch.max.bytes` of the broker. */
  readonly bytesMax: () => number
  /** Bytes that all answers under way may still hold; small when many slow consumers hold theirs. */
  readonly bytesFree: () => number
  /** A log could not be read: its partition is answered with KAFKA_STORAGE_ERROR, others go on. */
  readonly onStorageError: StorageErrorListener
}

type PartitionAnswer = Input<FetchResponse>['responses'][number]['partitions'][number]
type PartitionRequest = FetchRequest['topics'][number]['partitions'][number]

interface Want {
  readonly topicIndex: number
  readonly request: PartitionRequest
  /** Null when `errorCode` says why. */
  readonly partition: Partition | null
  readonly errorCode: number
}

export function fetchHandler(dependencies: FetchDependencies): Handler<FetchRequest, FetchResponse> {
  return {
    api: fetchApi,
    handle: (request, context) => {
      const refusal = refuseSession(request)
      if (refusal !== null) return refusal
      return new FetchCall(dependencies, request, context).run()
    }
  }
}

function refuseSession(request: FetchRequest): Input<FetchResponse> | null {
  const { sessionId, sessionEpoch } = request
  const replicaId = request.replicaState.replicaId >= 0 ? request.replicaState.replicaId : request.replicaId
  let errorCode: number = Errors.NONE.code
  // A follower needs ClusterAction on the inter-broker listener; no client listener grants it (CVE-2018-1288).
  if (replicaId >= 0) errorCode = Errors.CLUSTER_AUTHORIZATION_FAILED.code
  else if (request.minBytes < 0 || request.maxBytes < 0) errorCode = Errors.INVALID_REQUEST.code
  else if (sessionId !== 0 && sessionEpoch !== -1) errorCode = Errors.FETCH_SESSION_ID_NOT_FOUND.code
  else if (sessionId === 0 && sessionEpoch > 0) errorCode = Errors.INVALID_FETCH_SESSION_EPOCH.code
  return errorCode === Errors.NONE.code ? null : { errorCode, sessionId: 0, responses: [] }
}

/**
 * One Fetch request: answered at once when there is enough or something is wrong, else parked until there is or time
 * is up.
 */
class FetchCall implements FetchWatcher {
  readonly #dependencies: FetchDependencies
  readonly #request: FetchRequest
  readonly #context: RequestContext
  readonly #wants: Want[] = []
  #timer: Timer | null = null
  #resolve: ((answer: Input<FetchResponse>) => void) | null = null

  readonly #expire = (): void => this.#finish('expired')
  readonly #release = (): void => this.#finish('satisfied')

  constructor(dependencies: FetchDependencies, request: FetchRequest, context: RequestContext) {
    this.#dependencies = dependencies
    this.#request = request
    this.#context = context
    request.topics.forEach((topic, topicIndex) => {
      for (const part of topic.partitions) this.#wants.push(this.#want(topicIndex, part))
    })
  }

  run(): Input<FetchResponse> | Promise<Input<FetchResponse>> {
    const waitMs = Math.min(this.#request.maxWaitMs, WAIT_MS_MAX)
    if (waitMs <= 0 || this.#wants.length === 0 || this.#isDue()) return this.#answer()
    const { clock, parked } = this.#dependencies
    parked.add(this.#release)
    for (const { partition } of this.#wants) partition?.watch(this)
    this.#timer = clock.after(waitMs, this.#expire)
    return new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  #finish(result: 'satisfied' | 'expired'): void {
    const resolve = this.#resolve
    if (resolve === null) return
    this.#resolve = null
    this.#timer?.cancel()
    this.#dependencies.parked.delete(this.#release)
    for (const { partition } of this.#wants) partition?.unwatch(this)
    this.#context.waitResult = result
    this.#context.unpark()
    resolve(this.#answer())
  }

  /** A partition can offer more, or is gone. */
  wake(): void {
    if (this.#isDue()) this.#finish('satisfied')
  }

  #want(topicIndex: number, request: PartitionRequest): Want {
    const found = this.#find(topicIndex, request.partition)
    if (typeof found === 'number') return { topicIndex, request, partition: null, errorCode: found }
    const errorCode = checkLeaderEpoch(request.currentLeaderEpoch, found.leaderEpoch)
    return { topicIndex, request, partition: errorCode === Errors.NONE.code ? found : null, errorCode }
  }

  #find(topicIndex: number, index: number): Partition | number {
    const { topic = '', topicId = '' } = this.#request.topics[topicIndex] ?? {}
    const { partitions } = this.#dependencies
    if (this.#context.apiVersion < 13) {
      const found = partitions.find(topic, index)
      if (found !== undefined) return found
      return partitions.isOffline(topic, index)
        ? Errors.KAFKA_STORAGE_ERROR.code
        : Errors.UNKNOWN_TOPIC_OR_PARTITION.code
    }
    const found = partitions.findById(topicId, index)
    if (found !== undefined) return found
    if (partitions.isOfflineById(topicId, index)) return Errors.KAFKA_STORAGE_ERROR.code
    return partitions.hasTopicId(topicId) ? Errors.UNKNOWN_TOPIC_OR_PARTITION.code : Errors.UNKNOWN_TOPIC_ID.code
  }

  /** Enough bytes below the high watermark, or anything that the client should hear of at once. */
  #isDue(): boolean {
    let bytes = 0
    for (const { partition, request } of this.#wants) {
      if (partition === null || partition.isGone) return true
      const { log, highWatermark } = partition
      const offset = request.fetchOffset
      if (offset < log.logStartOffset || offset > log.logEndOffset) return true
      if (diverges(partition, request) !== null) return true
      if (offset >= highWatermark) continue
      // One byte asked for is there; and one read serves one segment: what an older one has will not grow by waiting.
      if (this.#request.minBytes <= 1 || offset < log.activeSegment.baseOffset) return true
      bytes += Math.min(this.#bytesReady(partition, offset), request.partitionMaxBytes)
      if (bytes >= this.#request.minBytes) return true
    }
    return bytes >= this.#request.minBytes
  }

  /** Unreadable counts as plenty: the read will say what is wrong. */
  #bytesReady(partition: Partition, offset: number): number {
    try {
      return partition.log.bytesBetween(offset, partition.highWatermark)
    } catch (error) {
      this.#errorOf(error, partition)
      return Number.POSITIVE_INFINITY
    }
  }

  #answer(): Input<FetchResponse> {
    const { probe, bytesMax, bytesFree } = this.#dependencies
    const reads: ReadResult[] = []
    let budgetBytes = Math.min(this.#request.maxBytes, bytesMax(), Math.max(bytesFree(), 0))
    let hasData = false
    const responses = this.#request.topics.map(({ topic, topicId }) => ({
      topic,
      topicId,
      partitions: [] as PartitionAnswer[]
    }))
    for (const want of this.#wants) {
      const { answer, read } = this.#read(want, budgetBytes, !hasData)
      responses[want.topicIndex]?.partitions.push(answer)
      want.partition?.probe.fetchAnswered(answer.errorCode)
      if (read === null) continue
      reads.push(read)
      hasData = true
      budgetBytes -= read.bytes
    }
    if (reads.length > 0) this.#context.afterWrite(() => reads.forEach(read => read.release()))
    probe.fetchHandled(!hasData)
    return { errorCode: Errors.NONE.code, sessionId: 0, responses }
  }

  /** `isFirst`: nothing was read yet for this answer, so one batch may pass every limit (KIP-74). */
  #read(want: Want, budgetBytes: number, isFirst: boolean): { answer: PartitionAnswer; read: ReadResult | null } {
    const { partition, request } = want
    if (partition === null || partition.isGone) {
      const errorCode = partition === null ? want.errorCode : Errors.UNKNOWN_TOPIC_OR_PARTITION.code
      return { answer: refusal(request, errorCode), read: null }
    }
    const divergingEpoch = diverges(partition, request)
    if (divergingEpoch === 'unknown')
      return { answer: refusal(request, Errors.OFFSET_OUT_OF_RANGE.code, partition), read: null }
    const answer = {
      ...refusal(request, Errors.NONE.code, partition),
      // Null says "you did not ask"; a reader of committed data gets a list, which is empty without transactions.
      abortedTransactions: this.#request.isolationLevel === READ_COMMITTED ? NOTHING_ABORTED : null,
      ...(divergingEpoch === null ? {} : { divergingEpoch })
    }
    if (divergingEpoch !== null) return { answer, read: null }
    const partitionBytes = Math.min(Math.max(request.partitionMaxBytes, 0), Math.max(budgetBytes, 0))
    if (partitionBytes === 0 && !isFirst) return { answer, read: null }
    try {
      const read = partition.read(request.fetchOffset, partitionBytes, isFirst)
      if (read.buffer === null) return { answer, read: null }
      partition.probe.consumed(countRecords(read.buffer), read.bytes, this.#ageOf(read.buffer))
      return { answer: { ...answer, records: read.buffer }, read }
    } catch (error) {
      return { answer: refusal(request, this.#errorOf(error, partition), partition), read: null }
    }
  }

  /** Of the first batch, in ms; −1 when it has no timestamps. */
  #ageOf(records: Buffer): number {
    const timestampMs = readMaxTimestamp(records, 0)
    return timestampMs < 0 ? -1 : this.#dependencies.clock.wallMs() - timestampMs
  }

  #errorOf(error: unknown, partition: Partition): number {
    if (error instanceof OffsetOutOfRange) return Errors.OFFSET_OUT_OF_RANGE.code
    if (!isUnreadable(error)) throw error
    this.#dependencies.onStorageError(partition, error)
    return Errors.KAFKA_STORAGE_ERROR.code
  }
}

/**
 * The client's last fetched epoch against our epoch cache (KIP-320): null when the logs agree up to the fetch offset,
 * 'unknown' when we never heard of that epoch, else where the client must truncate to.
 */
function diverges(
  partition: Partition,
  request: PartitionRequest
): { epoch: number; endOffset: number } | 'unknown' | null {
  if (request.lastFetchedEpoch < 0) return null
  const { epoch, endOffset } = partition.log.endOffsetForEpoch(request.lastFetchedEpoch)
  if (epoch < 0 || endOffset < 0) return 'unknown'
  return epoch < request.lastFetchedEpoch || endOffset < request.fetchOffset ? { epoch, endOffset } : null
}

/**
 * An answer without records; with the partition's offsets when it is known. Never null records: clients expect length
 * 0.
 */
function refusal(request: PartitionRequest, errorCode: number, partition: Partition | null = null): PartitionAnswer {
  return {
    partitionIndex: request.partition,
    errorCode,
    highWatermark: partition?.highWatermark ?? -1,
    lastStableOffset: partition?.lastStableOffset ?? -1,
    logStartOffset: partition?.log.logStartOffset ?? -1,
    abortedTransactions: null,
    records: EMPTY
  }
}
