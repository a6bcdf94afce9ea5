import type { BrokerMetrics, Cells, Counter } from '@streambus/metrics'
import type { ErrorName } from '@streambus/protocol'
import { CODEC_NAMES } from '@streambus/protocol/records'
import type { PartitionProbe, TopicProbe } from '../partition/partition-probe.ts'
import { type TopicCells, TopicSeries } from './topic-series.ts'
import type { TopicSlots } from './topic-slots.ts'

/** What is wrong with batches; other errors are not about what is in them. */
const INVALID: Partial<Record<ErrorName, string>> = {
  CORRUPT_MESSAGE: 'corrupt',
  INVALID_RECORD: 'invalid_record',
  INVALID_TIMESTAMP: 'timestamp',
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  UNSUPPORTED_COMPRESSION_TYPE: 'codec',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'sequence',
  INVALID_PRODUCER_EPOCH: 'producer_epoch'
}

/** Connects the data path to the metrics. `slots`: which topics have series of their own. */
export function bindPartitions({ cells }: BrokerMetrics, slots: TopicSlots): PartitionProbe {
  const series = new TopicSeries(cells, slots)
  const acks = new Map([-1, 0, 1].map(value => [value, cells.produceAcks.child(value === -1 ? 'all' : String(value))]))
  const otherAcks = cells.produceAcks.child('other')
  const fetches = { sessionless: cells.fetches.child('sessionless'), empty: cells.fetches.child('empty') }
  const shared = new SharedCells(cells)
  return {
    forTopic: name => new BoundTopic({ shared, series, slots }, name),
    produceHandled(asked) {
      const counter = acks.get(asked) ?? otherAcks
      counter.value++
    },
    fetchHandled(isEmpty) {
      fetches[isEmpty ? 'empty' : 'sessionless'].value++
    }
  }
}

/** The cells of all topics together; those with labels looked up once, at zero from the start. */
class SharedCells {
  readonly cells: Cells
  readonly batches: Readonly<Record<string, Counter>>
  readonly invalid: Readonly<Record<string, Counter>>

  constructor(cells: Cells) {
    this.cells = cells
    this.batches = Object.fromEntries(CODEC_NAMES.map(codec => [codec, cells.produceBatches.child(codec)]))
    this.invalid = Object.fromEntries(
      Object.values(INVALID).map(reason => [reason, cells.invalidRecords.child(reason)])
    )
  }
}

interface BoundParts {
  readonly shared: SharedCells
  readonly series: TopicSeries
  readonly slots: TopicSlots
}

class BoundTopic implements TopicProbe {
  readonly #shared: SharedCells
  readonly #series: TopicSeries
  readonly #slots: TopicSlots
  readonly #name: string
  /** Null until there is something to count: an idle topic takes no slot from a busy one. */
  #own: TopicCells | null = null
  /** Of the slots, when it asked for one. */
  #edition = 0
  #isGone = false

  constructor({ shared, series, slots }: BoundParts, name: string) {
    this.#shared = shared
    this.#series = series
    this.#slots = slots
    this.#name = name
  }

  produced(records: number, bytes: number, codec: string): void {
    const { cells, batches } = this.#shared
    cells.messagesProduced.value += records
    cells.bytesProduced.value += bytes
    cells.produceBatchRecords.observe(records)
    cells.produceBatchBytes.observe(bytes)
    batches[codec]?.add(1)
    const { messagesIn, bytesIn } = this.#topic()
    messagesIn.value += records
    bytesIn.value += bytes
  }

  duplicated(): void {
    this.#shared.cells.producerDuplicates.value++
  }

  recompressed(): void {
    this.#shared.cells.batchesRecompressed.value++
  }

  rejected(error: string, bytes: number): void {
    const { cells, invalid } = this.#shared
    const reason = (INVALID as Readonly<Record<string, string>>)[error]
    if (reason !== undefined) invalid[reason]?.add(1)
    if (error === 'OUT_OF_ORDER_SEQUENCE_NUMBER') cells.producerOutOfOrder.value++
    if (error === 'INVALID_PRODUCER_EPOCH') cells.producersFenced.value++
    this.#topic().rejected(error, bytes)
  }

  consumed(records: number, bytes: number, ageMs: number): void {
    const { cells } = this.#shared
    cells.messagesConsumed.value += records
    cells.bytesConsumed.value += bytes
    // Clocks of producers may be ahead of ours.
    if (ageMs !== -1) cells.endToEndLatency.observe(Math.max(0, ageMs) / 1000)
    const { messagesOut, bytesOut } = this.#topic()
    messagesOut.value += records
    bytesOut.value += bytes
  }

  committed(latencyMs: number): void {
    this.#shared.cells.commitLatency.observe(latencyMs / 1000)
  }

  produceAnswered(errorCode: number): void {
    const topic = this.#topic()
    topic.produceRequests.value++
    if (errorCode !== 0) topic.error('Produce', errorCode)
  }

  fetchAnswered(errorCode: number): void {
    const topic = this.#topic()
    topic.fetchRequests.value++
    if (errorCode !== 0) topic.error('FetchConsumer', errorCode)
  }

  gone(): void {
    this.#series.end(this.#name)
    this.#isGone = true
    this.#own = this.#series.other()
  }

  #topic(): TopicCells {
    if (this.#own !== null && this.#edition === this.#slots.edition) return this.#own
    this.#edition = this.#slots.edition
    return (this.#own = this.#isGone ? this.#series.other() : this.#series.cellsOf(this.#name))
  }
}
