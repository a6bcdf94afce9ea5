import type { Clock } from '@streambus/base'
import { catalogue, Listing, type MetricKey } from '@streambus/metrics'
import type { GroupLagView } from '../coordinator/lag/lag-view.ts'
import { inTurns } from '../partition/in-turns.ts'
import type { BrokerView, TopicView } from './broker-view.ts'
import { GROUP_GAUGES, GROUP_PARTITION_GAUGES, GROUP_TOPIC_GAUGES, type LagGauge, topicLagsOf } from './lag-gauges.ts'
import { PARTITION_GAUGES, sumsOf, TOPIC_GAUGES } from './partition-gauges.ts'

const SLICE_MS = 5

const BY_TOPIC = [...TOPIC_GAUGES, ...PARTITION_GAUGES].map(({ key }) => key)
const BY_GROUP = [...GROUP_GAUGES, ...GROUP_TOPIC_GAUGES, ...GROUP_PARTITION_GAUGES].map(({ key }) => key)

/** What is computed when it is asked for, and so is known of every topic, partition and group. */
export const DETAILED_FAMILIES: readonly MetricKey[] = [...BY_TOPIC, ...BY_GROUP]

export interface DetailedQuery {
  /** Of DETAILED_FAMILIES. */
  readonly families: ReadonlySet<MetricKey>
  /** Hold for families with such a label only. */
  readonly isTopicWanted: (topic: string) => boolean
  readonly isGroupWanted: (group: string) => boolean
}

export interface DetailedOptions {
  readonly view: Pick<BrokerView, 'brokerId' | 'topicNames' | 'topic' | 'groups'>
  readonly clock: Clock
  readonly seriesMax: number
}

/** The series of some families, whatever limits /metrics has, computed in turns; null: more than `seriesMax`. */
export async function detailedSeries(
  { view, clock, seriesMax }: DetailedOptions,
  query: DetailedQuery
): Promise<readonly Listing[] | null> {
  const series = new DetailedSeries(query, seriesMax)
  const groups = series.needsGroups ? await view.groups() : []
  await inTurns(clock, series.list(view, groups), SLICE_MS)
  return series.isTooMany ? null : series.listings
}

class DetailedSeries {
  readonly #query: DetailedQuery
  readonly #seriesMax: number
  readonly #listings: ReadonlyMap<MetricKey, Listing>
  #count = 0

  constructor(query: DetailedQuery, seriesMax: number) {
    this.#query = query
    this.#seriesMax = seriesMax
    this.#listings = new Map([...query.families].map(key => [key, new Listing(catalogue[key])]))
  }

  get listings(): readonly Listing[] {
    return [...this.#listings.values()]
  }

  /** There are more than may be; the rest has not been looked at. */
  get isTooMany(): boolean {
    return this.#count > this.#seriesMax
  }

  *list(view: Pick<BrokerView, 'brokerId' | 'topicNames' | 'topic'>, groups: readonly GroupLagView[]): Generator<void> {
    if (this.#asksFor(BY_TOPIC)) yield* this.#listTopics(view)
    if (this.#asksFor(BY_GROUP)) yield* this.#listGroups(groups)
  }

  /** Whether groups have to be asked how far they are: that takes a while. */
  get needsGroups(): boolean {
    return this.#asksFor(BY_GROUP)
  }

  *#listTopics(view: Parameters<DetailedSeries['list']>[0]): Generator<void> {
    for (const name of view.topicNames()) {
      const topic = this.#query.isTopicWanted(name) ? view.topic(name) : null
      if (topic !== null) yield* this.#listTopic(topic, view.brokerId)
      if (this.isTooMany) return
      yield
    }
  }

  *#listTopic(topic: TopicView, brokerId: number): Generator<void> {
    const sums = sumsOf(topic)
    for (const { key, of } of TOPIC_GAUGES) this.#add(key, [topic.name], of(sums, brokerId))
    for (const partition of topic.partitions) {
      for (const { key, of } of PARTITION_GAUGES) {
        this.#add(key, [topic.name, String(partition.index)], of(partition, brokerId))
      }
      if (this.isTooMany) return
      yield
    }
  }

  *#listGroups(groups: readonly GroupLagView[]): Generator<void> {
    const { isGroupWanted, isTopicWanted } = this.#query
    for (const view of groups) {
      yield
      if (!isGroupWanted(view.group.groupId)) continue
      this.#addAll(GROUP_GAUGES, view)
      const partitions = view.partitions.filter(({ topic }) => isTopicWanted(topic))
      for (const each of topicLagsOf({ ...view, partitions })) this.#addAll(GROUP_TOPIC_GAUGES, each)
      for (const each of partitions) {
        this.#addAll(GROUP_PARTITION_GAUGES, each)
        if (this.isTooMany) return
        yield
      }
    }
  }

  #asksFor(keys: readonly MetricKey[]): boolean {
    return keys.some(key => this.#listings.has(key))
  }

  #addAll<View>(gauges: readonly LagGauge<View>[], view: View): void {
    for (const { key, of } of gauges) {
      if (this.#listings.has(key)) for (const [labels, value] of of(view)) this.#add(key, labels, value)
    }
  }

  #add(key: MetricKey, labels: readonly string[], value: number): void {
    const listing = this.#listings.get(key)
    if (listing === undefined) return
    listing.add(labels, value)
    this.#count++
  }
}
