// Accepts v3–11, advertises 0–11: librdkafka up to 2.11.0 sends uncompressed when the minimum is above 0 (KAFKA-18659).
// v5: log start offset. v7: zstd. v8: record errors. v9: flexible. v10: leader hints (never needed on one broker).
// v11: as v10. Not yet: transactions (refused), v12 (implicit AddPartitions), v13 (topic ids).
import {
  Errors,
  errorByCode,
  type Input,
  type ProduceRequest,
  type ProduceResponse,
  produceApi
} from '@streambus/protocol'
import { BatchRefused, isTransactional, RECORDS_START } from '@streambus/protocol/records'
import { AppendRefused } from '@streambus/storage-log'
import { INTERNAL_TOPICS } from '../controller/topic-names.ts'
import type { Appended, Partition } from '../partition/partition.ts'
import type { PartitionProbe } from '../partition/partition-probe.ts'
import type { PartitionSet } from '../partition/partition-set.ts'
import { type Answer, type Handler, type RequestContext, Unanswered } from './handler.ts'

const TIMEOUT_MS_MAX = 300_000

export interface ProduceDependencies {
  readonly partitions: PartitionSet
  readonly probe: PartitionProbe
}

type PartitionAnswer = { -readonly [K in keyof PartitionResponse]: PartitionResponse[K] }
type PartitionResponse = Input<ProduceResponse>['responses'][number]['partitionResponses'][number]

export function produceHandler(dependencies: ProduceDependencies): Handler<ProduceRequest, ProduceResponse> {
  return {
    api: produceApi,
    pipelined: true,
    handle: (request, context) => new ProduceCall(dependencies, request, context).run(request.topicData)
  }
}

/** One Produce request: appends every partition's batch at once, then waits for those that must be committed. */
class ProduceCall {
  readonly #dependencies: ProduceDependencies
  // Not the request: its record views would keep the read buffer alive while the answer waits.
  readonly #acks: number
  readonly #timeoutMs: number
  readonly #transactionalId: string | null
  readonly #context: RequestContext
  readonly #seen = new Set<string>()
  #failedCount = 0
  #waitingCount = 0
  #hasTimedOut = false
  #finish: (() => void) | null = null

  constructor(dependencies: ProduceDependencies, request: ProduceRequest, context: RequestContext) {
    this.#dependencies = dependencies
    this.#acks = request.acks
    this.#timeoutMs = Math.min(Math.max(request.timeoutMs, 0), TIMEOUT_MS_MAX)
    this.#transactionalId = request.transactionalId
    this.#context = context
  }

  run(
    topicData: ProduceRequest['topicData']
  ): Answer<Input<ProduceResponse>> | Promise<Answer<Input<ProduceResponse>>> {
    const responses = topicData.map(topic => ({
      name: topic.name,
      partitionResponses: topic.partitionData.map(part => this.#append(topic.name, part.index, part.records))
    }))
    if (this.#waitingCount === 0) return this.#answer(responses)
    return new Promise(resolve => {
      this.#finish = () => {
        this.#context.waitResult = this.#hasTimedOut ? 'expired' : 'satisfied'
        resolve(this.#answer(responses))
      }
    })
  }

  #answer(responses: Input<ProduceResponse>['responses']): Answer<Input<ProduceResponse>> {
    this.#dependencies.probe.produceHandled(this.#acks)
    return this.#acks === 0 ? new Unanswered({ responses }, this.#failedCount > 0) : { responses }
  }

  #append(topic: string, index: number, records: Buffer | null): PartitionAnswer {
    const acks = this.#acks
    if (acks !== 0 && acks !== 1 && acks !== -1) {
      return this.#refused(index, Errors.INVALID_REQUIRED_ACKS.code, `acks is ${acks}; allowed are -1 (all), 0 and 1`)
    }
    const key = `${topic}/${index}`
    if (this.#seen.has(key)) return this.#refused(index, Errors.INVALID_REQUEST.code, `${key} is in the request twice`)
    this.#seen.add(key)
    if (INTERNAL_TOPICS.has(topic)) {
      return this.#refused(index, Errors.INVALID_TOPIC_EXCEPTION.code, `${topic} is written by the broker only`)
    }
    const partition = this.#dependencies.partitions.find(topic, index)
    if (partition === undefined) {
      if (this.#dependencies.partitions.isOffline(topic, index)) {
        return this.#refused(
          index,
          Errors.KAFKA_STORAGE_ERROR.code,
          `partition ${index} of ${topic} is offline: see the broker's log`
        )
      }
      return this.#refused(
        index,
        Errors.UNKNOWN_TOPIC_OR_PARTITION.code,
        `partition ${index} of ${topic} does not exist`
      )
    }
    const answer = this.#tryAppend(partition, records)
    // What waits for its commit is reported when that is decided.
    const isWaiting = this.#acks === -1 && answer.errorCode === Errors.NONE.code
    if (!isWaiting) partition.probe.produceAnswered(answer.errorCode)
    return answer
  }

  #tryAppend(partition: Partition, records: Buffer | null): PartitionAnswer {
    try {
      return this.#appendTo(partition, records)
    } catch (error) {
      const answer = this.#refusedBy(error, partition.index)
      partition.probe.rejected(errorByCode(answer.errorCode).name, records?.length ?? 0)
      return answer
    }
  }

  #appendTo(partition: Partition, records: Buffer | null): PartitionAnswer {
    const acks = this.#acks
    if (records === null || records.length < RECORDS_START) {
      return this.#refused(
        partition.index,
        Errors.INVALID_RECORD.code,
        'records are missing or shorter than a batch header'
      )
    }
    if (isTransactional(records, 0)) return this.#refusedTransaction(partition.index)
    const { minInsyncReplicas } = partition.settings
    if (acks === -1 && partition.inSyncCount < minInsyncReplicas) {
      const have = `${partition.inSyncCount} in-sync replica(s), min.insync.replicas is ${minInsyncReplicas}`
      return this.#refused(partition.index, Errors.NOT_ENOUGH_REPLICAS.code, have)
    }
    const { refusal } = partition
    if (refusal !== null) return this.#refused(partition.index, Errors.KAFKA_STORAGE_ERROR.code, refusal)
    const appended = partition.appendFromClient(records, this.#context.apiVersion)
    const answer: PartitionAnswer = {
      index: partition.index,
      errorCode: Errors.NONE.code,
      baseOffset: appended.baseOffset,
      logAppendTimeMs: appended.logAppendTimeMs,
      logStartOffset: partition.log.logStartOffset
    }
    if (acks === -1) this.#wait(partition, appended, answer)
    else partition.commitLater(appended)
    return answer
  }

  #wait(partition: Partition, appended: Appended, answer: PartitionAnswer): void {
    this.#waitingCount++
    const done = (): void => {
      partition.probe.produceAnswered(answer.errorCode)
      this.#waitingCount--
      if (this.#waitingCount === 0) this.#finish?.()
    }
    partition.whenCommitted(appended, this.#timeoutMs, {
      committed: done,
      timedOut: () => {
        answer.errorCode = partition.isGone ? Errors.UNKNOWN_TOPIC_OR_PARTITION.code : Errors.REQUEST_TIMED_OUT.code
        answer.baseOffset = -1
        this.#hasTimedOut = true
        done()
      }
    })
  }

  #refusedTransaction(index: number): PartitionAnswer {
    if (this.#transactionalId === null) {
      const message = 'a transactional batch needs a transactional id in the request'
      return this.#refused(index, Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code, message)
    }
    return this.#refused(
      index,
      Errors.INVALID_TXN_STATE.code,
      'no transaction is open: this broker has no transactions yet'
    )
  }

  #refusedBy(error: unknown, index: number): PartitionAnswer {
    if (error instanceof AppendRefused) return this.#refused(index, Errors[error.errorName].code, error.message)
    if (!(error instanceof BatchRefused)) throw error
    const answer = this.#refused(index, error.error.code, error.message)
    answer.recordErrors = error.recordErrors.map(({ index: batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message
    }))
    return answer
  }

  #refused(index: number, errorCode: number, errorMessage: string): PartitionAnswer {
    this.#failedCount++
    return { index, errorCode, baseOffset: -1, logStartOffset: -1, errorMessage, recordErrors: [] }
  }
}
