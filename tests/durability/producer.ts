import { Errors, errorByCode, initProducerIdApi, produceApi } from '@streambus/protocol'
import { type CodecName, RecordBatchBuilder } from '@streambus/protocol/records'
import type { SeededPrng } from '@streambus/testkit'
import { type Address, Connection } from '@streambus/wire-client'
import type { Faults } from './faults.ts'
import { type Gate, pause } from './gate.ts'
import type { Discipline, PartitionLedger } from './ledger.ts'
import { makeValue } from './values.ts'

const IN_FLIGHT_MAX = 5
const RECORDS_MAX = 20
const RECONNECT_MS = 15
const ANSWER_MS = 20_000

export interface ProducerOptions {
  readonly id: number
  readonly discipline: Discipline
  readonly codec: CodecName
  readonly address: Address
  readonly topic: string
  readonly partition: number
  readonly ledger: PartitionLedger
  readonly gate: Gate
  readonly prng: SeededPrng
  readonly faults: Faults
  /** Told of each batch whose acknowledgement arrived, at that moment. */
  readonly onAcknowledged?: (baseOffset: number, recordCount: number) => void
  /** Pause between batches, 0 … this; sets the load. */
  readonly pauseMsMax: number
}

interface Batch {
  readonly start: number
  readonly count: number
  readonly bytes: Buffer
  isSent: boolean
}

/** The broker refused a batch, or answered without being asked. */
class Refused extends Error {
  readonly code: number

  constructor(code: number) {
    super(`produce: ${errorByCode(code).name}`)
    this.code = code
  }
}

/**
 * One producer of one partition, acks=all, that never gives up: a lost connection or a refusal makes it connect again
 * and go on as its discipline allows. Everything it sends and hears goes to the ledger first.
 */
export class Producer {
  readonly #options: ProducerOptions
  readonly #window: number
  /** Sent and not acknowledged, oldest first. */
  readonly #pending: Batch[] = []
  /** Refusals by the name of their error. */
  readonly refusals = new Map<string, number>()
  #next = 0
  #producerId = -1
  #producerEpoch = -1
  #protocolSequence = 0
  #connection: Connection | null = null
  #isStopped = false
  #isDraining = false

  constructor(options: ProducerOptions) {
    this.#options = options
    this.#window = options.discipline === 'retrying' ? 1 : IN_FLIGHT_MAX
    options.ledger.join(options.id, options.discipline)
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#options.gate.wait()
      if (this.#isStopped) return
      try {
        this.#connection = await Connection.open({
          address: this.#options.address,
          clientId: `durability-${this.#options.id}`,
          connectTimeoutMs: 5000,
          requestTimeoutMs: ANSWER_MS
        })
        await this.#session(this.#connection)
      } catch (error) {
        this.#note(error)
      }
      this.#connection?.destroy()
      this.#connection = null
      if (this.#options.discipline === 'once') this.#pending.length = 0
      await pause(RECONNECT_MS)
    }
  }

  /** Sends nothing new; resolves `run` when nothing is owed any more, or at once when it holds nothing. */
  drain(): void {
    this.#isDraining = true
  }

  resume(): void {
    this.#isDraining = false
  }

  stop(): void {
    this.#isStopped = true
    this.#connection?.destroy()
    this.#options.gate.open()
  }

  async #session(connection: Connection): Promise<void> {
    if (this.#options.discipline === 'idempotent' && this.#producerId < 0) await this.#init(connection)
    const answers: Promise<void>[] = []
    const trouble = Promise.withResolvers<void>()
    // A failure must end the session at once, not when its turn comes.
    trouble.promise.catch(() => undefined)
    const launch = (batch: Batch): void => {
      const answer = this.#send(connection, batch)
      answer.catch(trouble.reject)
      answers.push(answer)
    }
    for (const batch of this.#pending) launch(batch)
    while (!this.#isStopped && connection.isOpen) {
      while (answers.length > 0 && answers.length >= this.#window)
        await Promise.race([answers.shift(), trouble.promise])
      if (this.#isDraining && this.#pending.length === 0) await pause(5)
      else if (this.#isDraining) await Promise.race([answers.shift() ?? pause(5), trouble.promise])
      else {
        await this.#options.gate.wait()
        if (!this.#isStopped) launch(this.#newBatch())
        const waitMs = this.#options.prng.below(this.#options.pauseMsMax + 1)
        await Promise.race([waitMs > 0 ? pause(waitMs) : yieldOnce(), trouble.promise])
      }
    }
  }

  async #init(connection: Connection): Promise<void> {
    const answer = await connection.send(initProducerIdApi, { transactionalId: null, transactionTimeoutMs: 0 })
    if (answer.errorCode !== Errors.NONE.code) throw new Refused(answer.errorCode)
    this.#producerId = answer.producerId
    this.#producerEpoch = answer.producerEpoch
  }

  #newBatch(): Batch {
    const { id, prng, codec, ledger } = this.#options
    const count = 1 + prng.below(RECORDS_MAX)
    const start = this.#next
    const builder = new RecordBatchBuilder()
    const timestamp = Date.now()
    for (let index = 0; index < count; index++) {
      builder.append({ timestamp, key: null, value: makeValue({ producer: id, sequence: start + index }), headers: [] })
    }
    const isIdempotent = this.#options.discipline === 'idempotent'
    const { producerId, producerEpoch, baseSequence } = isIdempotent
      ? { producerId: this.#producerId, producerEpoch: this.#producerEpoch, baseSequence: this.#protocolSequence }
      : { producerId: -1, producerEpoch: -1, baseSequence: -1 }
    const bytes = builder.build({ codec, producerId, producerEpoch, baseSequence })
    this.#next += count
    this.#protocolSequence += count
    const batch = { start, count, bytes, isSent: false }
    ledger.sent(id, start, count)
    this.#pending.push(batch)
    return batch
  }

  async #send(connection: Connection, batch: Batch): Promise<void> {
    const { id, topic, partition, ledger } = this.#options
    if (batch.isSent) ledger.sentAgain(id, batch.start, batch.count)
    batch.isSent = true
    const answer = await connection.send(produceApi, {
      acks: -1,
      timeoutMs: ANSWER_MS,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch.bytes }] }]
    })
    const { errorCode = Errors.UNKNOWN_SERVER_ERROR.code, baseOffset = -1 } =
      answer.responses[0]?.partitionResponses[0] ?? {}
    if (errorCode === Errors.DUPLICATE_SEQUENCE_NUMBER.code) this.#acknowledged(batch, -1)
    else if (errorCode === Errors.NONE.code) this.#acknowledged(batch, baseOffset)
    else {
      this.#judge(batch, errorCode)
      throw new Refused(errorCode)
    }
  }

  #acknowledged(batch: Batch, baseOffset: number): void {
    const at = this.#pending.indexOf(batch)
    if (at >= 0) this.#pending.splice(at, 1)
    this.#options.onAcknowledged?.(baseOffset, batch.count)
    this.#options.ledger.acknowledged(this.#options.id, batch.start, batch.count, baseOffset)
  }

  /** Batches behind a refused one may be refused for that; the oldest has no such excuse. */
  #judge(batch: Batch, errorCode: number): void {
    const { name, retriable } = errorByCode(errorCode)
    if (retriable || batch !== this.#pending[0]) return
    const who = `producer ${this.#options.id} (${this.#options.discipline}), records from ${batch.start}`
    this.#options.faults.add('refused', `${this.#options.ledger.name}: ${who}: ${name}`)
  }

  #note(error: unknown): void {
    if (!(error instanceof Refused)) return
    const { name } = errorByCode(error.code)
    this.refusals.set(name, (this.refusals.get(name) ?? 0) + 1)
  }
}

async function yieldOnce(): Promise<void> {
  await new Promise<void>(resolve => {
    setImmediate(resolve)
  })
}
