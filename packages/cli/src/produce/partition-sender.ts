import type { Clock } from '@streambus/base'
import { Errors, errorByCode, type ProduceResponse, produceApi } from '@streambus/protocol'
import { BrokerError, type ClusterClient, type Connection, isRetriable, pauseMs, sleep } from '@streambus/wire-client'
import { BatchQueue } from './batch-queue.ts'

/** A finished batch: its bytes never change again, so that it can be sent a second time. */
export interface SealedBatch {
  readonly bytes: Buffer
  readonly recordCount: number
  readonly sizeBytes: number
}

export type Acks = 0 | 1 | -1

export interface SenderOptions {
  readonly cluster: ClusterClient
  readonly clock: Clock
  readonly topic: string
  readonly partition: number
  readonly acks: Acks
  /** For one request. */
  readonly timeoutMs: number
  /** A partition that takes nothing for this long is given up. */
  readonly giveUpMs: number
  /** `baseOffset` is −1 when it is not known (acks=0, or a repeated batch whose first answer was lost). */
  readonly onDone: (batch: SealedBatch, baseOffset: number) => void
  /** Before each pause after an error that may pass; `failures` in a row before it. */
  readonly onTrouble: (error: unknown, failures: number) => void
  /** Once, with what made going on impossible. */
  readonly onFatal: (error: unknown) => void
}

/** What brokers keep to recognise a repeated batch; more in flight could not be told apart (KIP-98). */
const IN_FLIGHT_MAX = 5
const PAUSES = { totalMs: Number.POSITIVE_INFINITY, pauseMs: 50, pauseMsMax: 1000 }

type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]

/** Sends the batches of one partition to whoever leads it, again and again while errors are of the kind that passes. */
export class PartitionSender {
  readonly #options: SenderOptions
  readonly #queue = new BatchQueue<SealedBatch>(IN_FLIGHT_MAX)
  #isPumping = false
  #isDead = false
  /** From now on nothing is sent a second time. */
  #isHurried = false
  /** The first failure since the last rewind; those behind it are mostly its consequences. */
  #trouble: unknown = null
  #failures = 0
  #lastSuccessMs: number

  constructor(options: SenderOptions) {
    this.#options = options
    this.#lastSuccessMs = options.clock.monotonicMs()
  }

  push(batch: SealedBatch): void {
    if (this.#queue.count === 0) this.#lastSuccessMs = this.#options.clock.monotonicMs()
    this.#queue.push(batch)
    void this.#pump()
  }

  /** Someone waits for the end: what fails from now on, or has just failed, is given up. */
  hurry(): void {
    this.#isHurried = true
    if (this.#queue.count > 0 && (this.#failures > 0 || this.#queue.hasFailed)) this.#die(this.#trouble)
  }

  /** Nothing is sent any more, and nobody is told. */
  stop(): void {
    this.#isDead = true
  }

  /** Hands out what may go. Never rejects. One at a time: two would race for the connection and swap batches. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    while (!this.#isDead && (this.#queue.hasNext || this.#queue.mustRewind)) {
      try {
        if (this.#queue.mustRewind) await this.#recover()
        const { cluster, topic, partition } = this.#options
        const { connection } = await cluster.leader(topic, partition)
        for (let batch = this.#queue.next(); batch !== null; batch = this.#queue.next()) {
          void this.#dispatch(connection, batch)
        }
      } catch (error) {
        // No leader, or it cannot be reached: nothing was handed out, so there is nothing to rewind.
        if (!this.#mayGoOn(error)) this.#die(error)
        else await this.#pause(error)
      }
    }
    this.#isPumping = false
  }

  /** Never rejects. Everything up to the write happens synchronously, which keeps the order of batches. */
  async #dispatch(connection: Connection, batch: SealedBatch): Promise<void> {
    try {
      this.#succeed(batch, await this.#send(connection, batch))
    } catch (error) {
      if (!this.#mayGoOn(error)) return this.#die(error)
      this.#queue.failed()
      this.#trouble ??= error
    }
    void this.#pump()
  }

  async #send(connection: Connection, batch: SealedBatch): Promise<number> {
    const { topic, partition, acks, timeoutMs } = this.#options
    const request = {
      acks,
      // Somewhat less than we wait, so that the broker's own verdict can still arrive.
      timeoutMs: Math.ceil(timeoutMs * 0.9),
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch.bytes }] }]
    }
    if (acks === 0) {
      await connection.sendOneWay(produceApi, request)
      return -1
    }
    const { responses } = await connection.send(produceApi, request)
    const answer = responses[0]?.partitionResponses[0]
    if (answer === undefined) throw new BrokerError(Errors.UNKNOWN_SERVER_ERROR, `partition ${partition} of ${topic}`)
    return this.#judge(answer, batch)
  }

  #judge(answer: PartitionAnswer, batch: SealedBatch): number {
    const { topic, partition } = this.#options
    const { errorCode } = answer
    if (errorCode === 0) return answer.baseOffset
    // The first answer was lost, the batch was not.
    if (errorCode === Errors.DUPLICATE_SEQUENCE_NUMBER.code) return -1
    const what = `partition ${partition} of ${topic} refused ${batch.recordCount} records, ${batch.sizeBytes} bytes`
    const [first] = answer.recordErrors
    const detail = answer.errorMessage ?? (first === undefined ? null : first.batchIndexErrorMessage)
    throw new BrokerError(
      errorByCode(errorCode),
      what,
      errorCode === Errors.MESSAGE_TOO_LARGE.code ? tooLarge(batch) : detail
    )
  }

  #succeed(batch: SealedBatch, baseOffset: number): void {
    this.#lastSuccessMs = this.#options.clock.monotonicMs()
    this.#failures = 0
    this.#queue.succeeded(batch)
    this.#options.onDone(batch, baseOffset)
  }

  #mayGoOn(error: unknown): boolean {
    if (this.#isHurried) return false
    if (this.#options.clock.monotonicMs() - this.#lastSuccessMs >= this.#options.giveUpMs) return false
    // A batch behind a failed one is out of sequence until that one is through.
    const isConsequence =
      this.#queue.hasFailed && error instanceof BrokerError && error.code === Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code
    return isConsequence || isRetriable(error)
  }

  async #recover(): Promise<void> {
    await this.#pause(this.#trouble)
    this.#trouble = null
    this.#queue.rewind()
  }

  async #pause(error: unknown): Promise<void> {
    const { clock, cluster, giveUpMs, onTrouble } = this.#options
    onTrouble(error, this.#failures)
    // The last attempt is made when the time is up, not a pause later.
    const leftMs = Math.max(1, this.#lastSuccessMs + giveUpMs - clock.monotonicMs())
    await sleep(clock, Math.min(leftMs, pauseMs(PAUSES, this.#failures++)))
    cluster.forget()
  }

  #die(error: unknown): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#options.onFatal(error)
  }
}

function tooLarge({ recordCount }: SealedBatch): string {
  if (recordCount === 1) return 'the record is larger than the topic allows; raise max.message.bytes of the topic'
  return 'the batch is larger than the topic allows; use a smaller --batch-bytes, or raise max.message.bytes of the topic'
}
