import { type Cells, type Family, type Gauge, OVERFLOW_LABEL } from '@streambus/metrics'
import { worstOf } from '../coordinator/lag/burrow.ts'
import type { GroupLagView } from '../coordinator/lag/lag-view.ts'
import {
  GROUP_GAUGES,
  GROUP_PARTITION_GAUGES,
  GROUP_TOPIC_GAUGES,
  type LagGauge,
  STATUSES,
  topicLagsOf
} from './lag-gauges.ts'

/** Series of a group, of one of its topics, of one of its partitions. */
const PER_GROUP = GROUP_GAUGES.length - 1 + STATUSES.length
const PER_TOPIC = GROUP_TOPIC_GAUGES.length
const PER_PARTITION = GROUP_PARTITION_GAUGES.length

export interface LagSeriesLimits {
  /** Groups with series of their own; those with the most lag. */
  readonly groupsMax: number
  /** Series of groups, topics and partitions together; there is always room for the groups. */
  readonly seriesMax: number
}

/** What has no series of its own: lags are added up, of the others the worst counts. */
class Rest {
  count = 0
  lag = 0
  lagSeconds: number | null = null
  headroomSeconds = Number.POSITIVE_INFINITY

  add(lag: number, lagSeconds: number | null, headroomSeconds: number): void {
    this.count++
    this.lag += lag
    if (lagSeconds !== null) this.lagSeconds = Math.max(this.lagSeconds ?? 0, lagSeconds)
    this.headroomSeconds = Math.min(this.headroomSeconds, headroomSeconds)
  }
}

/**
 * The gauges of consumer groups: filled over several turns beside those that are served, then shown all at once. What
 * is beyond a limit goes to the label `__other__`, so that sums over a metric are those of all groups.
 */
export class LagSeries {
  readonly #cells: Cells
  readonly #limits: LagSeriesLimits
  /** What is filled, by what is served. */
  readonly #blanks = new Map<Family<Gauge>, Family<Gauge>>()
  readonly #groups: Cells['consumerGroups']
  readonly #members: Cells['consumerGroupMembers']
  readonly #lag: Cells['consumerGroupLag']
  readonly #info: Cells['consumerGroupInfo']
  readonly #seconds: Cells['consumerGroupLagSeconds']
  readonly #status: Cells['consumerGroupStatus']
  readonly #topicLag: Cells['consumerGroupTopicLag']
  readonly #topicSeconds: Cells['consumerGroupTopicLagSeconds']
  readonly #headroom: Cells['consumerGroupRetentionHeadroom']
  readonly #partitionLag: Cells['consumerGroupPartitionLag']
  readonly #committed: Cells['consumerGroupCommittedOffset']
  #groupCount = 0
  #memberCount = 0
  #room = 0

  constructor(cells: Cells, limits: LagSeriesLimits) {
    this.#cells = cells
    this.#limits = limits
    this.#groups = this.#renew(cells.consumerGroups)
    this.#members = this.#renew(cells.consumerGroupMembers)
    this.#lag = this.#renew(cells.consumerGroupLag)
    this.#info = this.#renew(cells.consumerGroupInfo)
    this.#seconds = this.#renew(cells.consumerGroupLagSeconds)
    this.#status = this.#renew(cells.consumerGroupStatus)
    this.#topicLag = this.#renew(cells.consumerGroupTopicLag)
    this.#topicSeconds = this.#renew(cells.consumerGroupTopicLagSeconds)
    this.#headroom = this.#renew(cells.consumerGroupRetentionHeadroom)
    this.#partitionLag = this.#renew(cells.consumerGroupPartitionLag)
    this.#committed = this.#renew(cells.consumerGroupCommittedOffset)
  }

  /** How many there are. */
  get seriesCount(): number {
    let count = 0
    for (const blank of this.#blanks.values()) count += blank.size
    return count
  }

  *fill(groups: readonly GroupLagView[]): Generator<void, void> {
    const { groupsMax, seriesMax } = this.#limits
    const ordered = groups.toSorted(byLag)
    const own = ordered.slice(0, groupsMax)
    const rest = ordered.slice(groupsMax)
    this.#room = seriesMax - own.length * PER_GROUP
    for (const each of own) {
      this.#count(each)
      this.#add(GROUP_GAUGES, each)
      yield
    }
    this.#addOtherGroups(rest)
    yield* this.#addTopics(own, rest)
    yield* this.#addPartitions(own, rest)
  }

  /** In place of those that were served; in one go. */
  show(): void {
    for (const [served, blank] of this.#blanks) served.become(blank)
    this.#cells.consumerGroupsTotal.set(this.#groupCount)
    this.#cells.consumerGroupMembersTotal.set(this.#memberCount)
  }

  #renew<Labels extends readonly string[]>(family: Family<Gauge, Labels>): Family<Gauge, Labels> {
    const blank = family.blank(Number.POSITIVE_INFINITY)
    this.#blanks.set(family as unknown as Family<Gauge>, blank as unknown as Family<Gauge>)
    return blank
  }

  #add<View>(gauges: readonly LagGauge<View>[], view: View): void {
    for (const { key, of } of gauges) {
      const blank = this.#blanks.get(this.#cells[key] as unknown as Family<Gauge>)
      for (const [labels, value] of of(view)) blank?.child(...labels).set(value)
    }
  }

  #count({ group, memberCount }: GroupLagView): void {
    this.#groupCount++
    this.#memberCount += memberCount
    this.#groups.child(group.stateName, group.type).add(1)
  }

  #addOtherGroups(groups: readonly GroupLagView[]): void {
    if (groups.length === 0) return
    const rest = new Rest()
    for (const each of groups) {
      this.#count(each)
      this.#members.child(OVERFLOW_LABEL).add(each.memberCount)
      rest.add(each.lag, each.lagSeconds, 0)
    }
    this.#lag.child(OVERFLOW_LABEL).set(rest.lag)
    if (rest.lagSeconds !== null) this.#seconds.child(OVERFLOW_LABEL).set(rest.lagSeconds)
    const status = worstOf(groups.map(each => each.status))
    for (const each of STATUSES) this.#status.child(OVERFLOW_LABEL, each).set(each === status ? 1 : 0)
    for (const family of [this.#members, this.#lag, this.#info, this.#seconds, this.#status]) {
      family.noteDropped(groups.length)
    }
  }

  *#addTopics(own: readonly GroupLagView[], others: readonly GroupLagView[]): Generator<void, void> {
    const rest = new Rest()
    for (const group of own) {
      for (const each of topicLagsOf(group)) {
        if (this.#takeRoom(PER_TOPIC)) this.#add(GROUP_TOPIC_GAUGES, each)
        else rest.add(each.lag, each.lagSeconds, each.headroomSeconds)
        yield
      }
    }
    for (const group of others) {
      for (const { lag, lagSeconds, headroomSeconds } of topicLagsOf(group)) rest.add(lag, lagSeconds, headroomSeconds)
      yield
    }
    if (rest.count === 0) return
    const other = [OVERFLOW_LABEL, OVERFLOW_LABEL] as const
    this.#topicLag.child(...other).set(rest.lag)
    if (rest.lagSeconds !== null) this.#topicSeconds.child(...other).set(rest.lagSeconds)
    this.#headroom.child(...other).set(rest.headroomSeconds)
    for (const family of [this.#topicLag, this.#topicSeconds, this.#headroom]) family.noteDropped(rest.count)
  }

  *#addPartitions(own: readonly GroupLagView[], others: readonly GroupLagView[]): Generator<void, void> {
    const rest = new Rest()
    for (const { partitions } of own) {
      for (const each of partitions) {
        if (this.#takeRoom(PER_PARTITION)) this.#add(GROUP_PARTITION_GAUGES, each)
        else rest.add(each.lag, null, 0)
        yield
      }
    }
    for (const { partitions } of others) {
      for (const { lag } of partitions) rest.add(lag, null, 0)
      yield
    }
    if (rest.count === 0) return
    // Offsets of several partitions add up to nothing that means something.
    this.#partitionLag.child(OVERFLOW_LABEL, OVERFLOW_LABEL, OVERFLOW_LABEL).set(rest.lag)
    for (const family of [this.#partitionLag, this.#committed]) family.noteDropped(rest.count)
  }

  #takeRoom(series: number): boolean {
    if (this.#room < series) return false
    this.#room -= series
    return true
  }
}

/** The most first; by their ids where it is the same, so that it is always the same ones that have series. */
function byLag(a: GroupLagView, b: GroupLagView): number {
  return b.lag - a.lag || (a.group.groupId < b.group.groupId ? -1 : 1)
}
