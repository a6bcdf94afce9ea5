import { type ErrorName, errorByCode, type ProduceRequest, type ProduceResponse } from '@streambus/protocol'
import { Counts } from './counts.ts'
import { type Batch, readBatches, sumOf } from './record-batches.ts'

/** What is kept of a request until it is known what became of it: records are views of bytes that go. */
export interface SentRecords {
  readonly acks: number
  readonly parts: readonly SentPart[]
}

interface SentPart {
  readonly topic: string
  readonly partition: number
  /** Of the field, whatever is in it. */
  readonly bytes: number
  readonly batches: readonly Batch[]
}

/** Answers that do not come from a topic, because there is none or it was not looked for. */
const WITHOUT_TOPIC = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'INVALID_REQUIRED_ACKS'])

/** What producers sent, and what of it was taken. */
export class ProduceTally {
  /** Requests by their acks. */
  readonly requests = new Counts()
  /** By topic, of batches that were taken and were not there already. */
  readonly records = new Counts()
  readonly bytes = new Counts()
  /** By codec. */
  readonly batches = new Counts()
  /** All of them. */
  readonly taken: Batch[] = []
  /** Batches that were sent again and had been taken before. */
  duplicates = 0
  /** Partitions in answers, and in requests that wanted none, by topic; of topics that are there. */
  readonly partitions = new Counts()
  /** The same that were refused, by topic and error. */
  readonly errors = new Counts()
  /** Partitions in answers, and in requests that wanted none. */
  judged = 0
  /** Partitions that were refused without an answer, by error. */
  readonly unanswered = new Counts()
  /** Bytes by topic and error, and how often, by error. */
  readonly refusedBytes = new Counts()
  readonly refusals = new Counts()
  /** Requests whose answer had to wait until what they brought was durable. */
  waited = 0
  /** Log ends by topic and partition, from records alone. */
  readonly ends = new Counts()
  /** Refused without an answer, so that the wire does not say why. */
  readonly #unexplained: SentPart[] = []
  readonly #sequences = new Set<string>()
  readonly #producers = new Map<string, Set<string>>()

  /** How many producers with an id a topic's partitions have seen. */
  producersOf(topic: string): number {
    return this.#producers.get(topic)?.size ?? 0
  }

  sent({ acks, topicData }: ProduceRequest): SentRecords {
    this.requests.add(1, String(acks))
    const parts = topicData.flatMap(({ name, partitionData }) =>
      partitionData.map(({ index, records }) => ({
        topic: name,
        partition: index,
        bytes: records?.length ?? 0,
        batches: records === null ? [] : readBatches(records)
      }))
    )
    return { acks, parts }
  }

  answer(sent: SentRecords, { responses }: ProduceResponse): void {
    let hasWaited = false
    for (const { name, partitionResponses } of responses) {
      for (const { index, errorCode } of partitionResponses) {
        const part = sent.parts.find(each => each.topic === name && each.partition === index)
        this.judged++
        if (part === undefined) continue
        if (errorCode === 0) hasWaited = this.#taken(part) || hasWaited
        else this.#refused(part, errorByCode(errorCode).name)
      }
    }
    if (sent.acks === -1 && hasWaited) this.waited++
  }

  get unexplainedCount(): number {
    return this.#unexplained.length
  }

  /** A request without an answer; `isRefused`: the connection was closed for it. */
  wantedNoAnswer({ parts }: SentRecords, isRefused: boolean): void {
    for (const part of parts) {
      this.judged++
      if (isRefused) this.#unexplained.push(part)
      else this.#taken(part)
    }
  }

  /** Why all of them were refused that nobody has explained yet: told by who sent them. */
  explain(error: ErrorName): void {
    for (const part of this.#unexplained.splice(0)) {
      this.unanswered.add(1, error)
      this.#refused(part, error)
    }
  }

  /** False when all of it was there already. */
  #taken({ topic, partition, batches }: SentPart): boolean {
    this.partitions.add(1, topic)
    const fresh = batches.filter(batch => this.#isFirst(topic, partition, batch))
    this.duplicates += batches.length - fresh.length
    const { records, bytes } = sumOf(fresh)
    this.records.add(records, topic)
    this.bytes.add(bytes, topic)
    this.ends.add(records, topic, String(partition))
    this.taken.push(...fresh)
    for (const { codec } of fresh) this.batches.add(1, codec)
    return fresh.length > 0
  }

  #isFirst(topic: string, partition: number, { sequence }: Batch): boolean {
    if (sequence === null) return true
    const { producerId, epoch, base } = sequence
    const producer = `${partition} ${producerId}`
    const known = this.#producers.get(topic) ?? new Set()
    this.#producers.set(topic, known.add(producer))
    const key = `${topic} ${producer} ${epoch} ${base}`
    if (this.#sequences.has(key)) return false
    this.#sequences.add(key)
    return true
  }

  #refused({ topic, bytes }: SentPart, error: string): void {
    if (!WITHOUT_TOPIC.has(error)) {
      this.partitions.add(1, topic)
      this.errors.add(1, topic, error)
    }
    this.refusals.add(1, error)
    this.refusedBytes.add(bytes, topic, error)
  }
}
