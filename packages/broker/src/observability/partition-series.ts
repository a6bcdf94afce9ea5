import { type Cells, type Family, type Gauge, OVERFLOW_LABEL } from '@streambus/metrics'
import type { PartitionView, TopicView } from './broker-view.ts'
import { PARTITION_GAUGES, Rest, sumsOf, TOPIC_GAUGES, type TopicSums } from './partition-gauges.ts'
import type { TopicSlots } from './topic-slots.ts'

/** In the order of TOPIC_GAUGES, and by partition in the order of PARTITION_GAUGES. */
interface OwnGauges {
  readonly topic: readonly Gauge[]
  readonly partitions: (readonly Gauge[])[]
}

/**
 * The gauges of topics and partitions. They are made when there is room and kept while there is, so a scrape only sets
 * numbers; those of what is gone end with the next scrape. Topics come first; then the partitions of the topics that
 * have a slot, in the order of names, as far as the room reaches. What is left has the label `__other__`.
 */
export class PartitionSeries {
  readonly #cells: Cells
  readonly #slots: TopicSlots
  readonly #brokerId: number
  readonly #own = new Map<string, OwnGauges>()
  #seriesCount = 0

  constructor(cells: Cells, slots: TopicSlots, brokerId: number) {
    this.#cells = cells
    this.#slots = slots
    this.#brokerId = brokerId
  }

  /** How many the last update has left. */
  get seriesCount(): number {
    return this.#seriesCount
  }

  /** Brings all up to date; one topic per step. `room`: how many series there may be. */
  *update(names: readonly string[], find: (name: string) => TopicView | null, room: number): Generator<void, void> {
    this.#end(names)
    const rests = { topics: new Rest(TOPIC_GAUGES), partitions: new Rest(PARTITION_GAUGES) }
    let left = room
    let droppedTopics = 0
    let droppedPartitions = 0
    for (const name of names) {
      const topic = find(name)
      yield
      if (topic === null) continue
      const isOwn = this.#slots.claim(name)
      if (isOwn) left -= TOPIC_GAUGES.length
      const fits = isOwn ? this.#fits(topic, left) : 0
      left -= fits * PARTITION_GAUGES.length
      if (isOwn) this.#show(topic, fits)
      else rests.topics.add(sumsOf(topic), this.#brokerId)
      for (const partition of topic.partitions.slice(fits)) rests.partitions.add(partition, this.#brokerId)
      if (this.#slots.isLeftOut(name)) continue
      droppedTopics += isOwn ? 0 : 1
      droppedPartitions += topic.partitions.length - fits
    }
    this.#showRest(rests)
    for (const { key } of TOPIC_GAUGES) this.#cells[key].noteDropped(droppedTopics)
    for (const { key } of PARTITION_GAUGES) this.#cells[key].noteDropped(droppedPartitions)
    this.#seriesCount = this.#families().reduce((sum, { size }) => sum + size, 0)
  }

  /** How many of its partitions have gauges of their own. */
  #fits({ partitions }: TopicView, room: number): number {
    return Math.min(partitions.length, Math.max(0, Math.floor(room / PARTITION_GAUGES.length)))
  }

  #show(topic: TopicView, partitionCount: number): void {
    const { name } = topic
    const own = this.#own.get(name) ?? { topic: this.#topicGauges(name), partitions: [] }
    this.#own.set(name, own)
    const sums = sumsOf(topic)
    for (const [at, { of }] of TOPIC_GAUGES.entries()) own.topic[at]?.set(of(sums, this.#brokerId))
    if (own.partitions.length > partitionCount) this.#endPartitions(name, own, partitionCount)
    for (const [at, partition] of topic.partitions.slice(0, partitionCount).entries()) {
      const gauges = (own.partitions[at] ??= this.#partitionGauges(name, partition.index))
      this.#showPartition(gauges, partition)
    }
  }

  #showPartition(gauges: readonly Gauge[], partition: PartitionView): void {
    for (const [at, { of }] of PARTITION_GAUGES.entries()) gauges[at]?.set(of(partition, this.#brokerId))
  }

  #topicGauges(name: string): readonly Gauge[] {
    return TOPIC_GAUGES.map(({ key }) => this.#cells[key].child(name))
  }

  #partitionGauges(name: string, index: number): readonly Gauge[] {
    return PARTITION_GAUGES.map(({ key }) => this.#cells[key].child(name, String(index)))
  }

  #showRest({
    topics,
    partitions
  }: {
    readonly topics: Rest<TopicSums>
    readonly partitions: Rest<PartitionView>
  }): void {
    for (const [at, { key, together }] of TOPIC_GAUGES.entries()) {
      if (topics.count > 0 && together !== null) this.#cells[key].child(OVERFLOW_LABEL).set(topics.values[at] ?? 0)
      else this.#cells[key].remove(OVERFLOW_LABEL)
    }
    for (const [at, { key, together }] of PARTITION_GAUGES.entries()) {
      if (partitions.count === 0 || together === null) this.#cells[key].remove(OVERFLOW_LABEL, OVERFLOW_LABEL)
      else this.#cells[key].child(OVERFLOW_LABEL, OVERFLOW_LABEL).set(partitions.values[at] ?? 0)
    }
  }

  /** Of topics that are there no more, or are not to have series any more. */
  #end(names: readonly string[]): void {
    const present = new Set(names)
    const ended = new Set([...this.#own.keys()].filter(name => !present.has(name) || !this.#slots.has(name)))
    if (ended.size === 0) return
    for (const name of ended) {
      this.#own.delete(name)
      this.#slots.release(name)
    }
    for (const family of this.#families()) family.removeWhere(({ topic }) => ended.has(topic as string))
  }

  #endPartitions(name: string, own: OwnGauges, from: number): void {
    own.partitions.splice(from)
    for (const { key } of PARTITION_GAUGES) {
      this.#cells[key].removeWhere(({ topic, partition }) => topic === name && Number(partition) >= from)
    }
  }

  #families(): readonly Family<Gauge>[] {
    return [...TOPIC_GAUGES, ...PARTITION_GAUGES].map(({ key }) => this.#cells[key] as Family<Gauge>)
  }
}
