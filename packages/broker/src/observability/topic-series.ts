import { type Cells, type Counter, type Family, OVERFLOW_LABEL } from '@streambus/metrics'
import { errorByCode } from '@streambus/protocol'
import type { TopicSlots } from './topic-slots.ts'

type Api = 'Produce' | 'FetchConsumer'

/** The counters of one topic, or of all that have none of their own. */
export class TopicCells {
  readonly messagesIn: Counter
  readonly bytesIn: Counter
  readonly messagesOut: Counter
  readonly bytesOut: Counter
  readonly produceRequests: Counter
  readonly fetchRequests: Counter
  readonly #label: string
  readonly #cells: Cells
  readonly #errors: Record<Api, Map<number, Counter>> = { Produce: new Map(), FetchConsumer: new Map() }

  constructor(cells: Cells, label: string) {
    this.messagesIn = cells.topicMessagesIn.child(label)
    this.bytesIn = cells.topicBytesIn.child(label)
    this.messagesOut = cells.topicMessagesOut.child(label)
    this.bytesOut = cells.topicBytesOut.child(label)
    this.produceRequests = cells.topicProduceRequests.child(label)
    this.fetchRequests = cells.topicFetchRequests.child(label)
    this.#label = label
    this.#cells = cells
  }

  error(api: Api, code: number): void {
    const known = this.#errors[api].get(code) ?? this.#cells.topicErrors.child(this.#label, api, errorByCode(code).name)
    this.#errors[api].set(code, known)
    known.value++
  }

  rejected(reason: string, bytes: number): void {
    this.#cells.topicBytesRejected.child(this.#label, reason).add(bytes)
  }
}

/**
 * The counters of topics. What a topic counts goes to series of its own while it has a slot, else to `__other__`. The
 * series of a deleted topic end, and `__other__` takes over what they have counted in the same scrape: their sum never
 * falls, which is dearer to who adds up counters than the rise that `rate` sees of `__other__` then. Who wants the
 * traffic of the broker has totals with cells of their own, which know neither.
 */
export class TopicSeries {
  readonly #cells: Cells
  readonly #slots: TopicSlots
  #other: TopicCells | null = null

  constructor(cells: Cells, slots: TopicSlots) {
    this.#cells = cells
    this.#slots = slots
  }

  /** Where the topic counts from now on. */
  cellsOf(topic: string): TopicCells {
    if (this.#slots.claim(topic)) return new TopicCells(this.#cells, topic)
    if (!this.#slots.isLeftOut(topic)) for (const family of topicCounters(this.#cells)) family.noteDropped(1)
    return this.other()
  }

  other(): TopicCells {
    return (this.#other ??= new TopicCells(this.#cells, OVERFLOW_LABEL))
  }

  /** The topic was deleted. */
  end(topic: string): void {
    this.#slots.release(topic)
    foldTopic(this.#cells, topic)
  }
}

/** The topic has no series of its own any more: `__other__` takes over what it has counted. */
export function foldTopic(cells: Cells, topic: string): void {
  for (const family of topicCounters(cells)) family.evict(topic, (rest, its) => rest.add(its.value))
}

function topicCounters(cells: Cells): readonly Family<Counter>[] {
  const { topicMessagesIn, topicBytesIn, topicMessagesOut, topicBytesOut } = cells
  const { topicProduceRequests, topicFetchRequests, topicErrors, topicBytesRejected } = cells
  const byTopic = [topicMessagesIn, topicBytesIn, topicMessagesOut, topicBytesOut]
  return [...byTopic, topicProduceRequests, topicFetchRequests, topicErrors, topicBytesRejected]
}
