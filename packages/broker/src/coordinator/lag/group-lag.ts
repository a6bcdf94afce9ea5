import type { Clock } from '@streambus/base'
import { inTurns, resultInTurns } from '../../partition/in-turns.ts'
import type { Partition } from '../../partition/partition.ts'
import type { GroupShard } from '../group/group-shard.ts'
import type { GroupPartition, OffsetListener } from '../group/offsets/offset-listener.ts'
import type { CommittedOffset } from '../group/offsets/offset-store.ts'
import { CommitWindows } from './commit-windows.ts'
import { type GroupLagView, type PartitionLagView, sumOf } from './lag-view.ts'
import { type LookUps, PairLags } from './pair-lags.ts'
import { SharedResult } from './shared-result.ts'
import { LagSamples, trendOf } from './trend.ts'

/** Pairs of group and partition of which more is kept than the committed offset. */
const PAIRS_MAX = 100_000
/** Work in one turn of the event loop. A look-up that has begun ends in it. */
const SLICE_MS = 5
/** Reading of logs in one round; thousands of groups that all move must not keep a scrape for longer than it waits. */
const LOOK_UPS_MS = 2_000
/** Who asks again sooner gets the same answer. */
const YOUNG_MS = 1_000

export interface GroupLagOptions {
  readonly shards: () => Iterable<GroupShard>
  /** The one that coordinates this group; null: none here. */
  readonly shardOf: (groupId: string) => GroupShard | null
  readonly find: (topic: string, partition: number) => Partition | undefined
  readonly clock: Clock
  /** The clock that retention goes by. */
  readonly retentionNowMs: () => number
}

/**
 * How far the groups that are coordinated here have come, computed when somebody asks: in turns of the event loop of
 * 5 ms and what one look-up takes beyond it, with everything else in between.
 */
export class GroupLag implements OffsetListener {
  readonly #options: GroupLagOptions
  readonly #windows = new CommitWindows({ windowsMax: PAIRS_MAX })
  readonly #pairs: PairLags
  readonly #samples = new Map<string, LagSamples>()
  readonly #round: SharedResult<readonly GroupLagView[]>
  /** Where the next round begins, because the last one had no time left for look-ups from there on. */
  #first: string | null = null
  #isSampling = false

  constructor(options: GroupLagOptions) {
    const { clock, find, retentionNowMs } = options
    this.#options = options
    const windowOf = (of: GroupPartition) => this.#windows.find(of)
    this.#pairs = new PairLags({ find, clock, retentionNowMs, windowOf, pairsMax: PAIRS_MAX })
    const compute = () => resultInTurns(clock, this.#roundSteps(), SLICE_MS)
    this.#round = new SharedResult({ clock, youngMs: YOUNG_MS, compute })
  }

  offsetStored(of: GroupPartition, { offset, commitMs }: CommittedOffset, isLive: boolean): void {
    const partition = isLive ? this.#options.find(of.topic, of.partition) : undefined
    const lag = partition === undefined ? null : Math.max(0, partition.highWatermark - offset)
    this.#windows.add(of, { offset, timeMs: commitMs, lag })
  }

  offsetDeleted(of: GroupPartition): void {
    this.#windows.forget(of)
  }

  groupDeleted(groupId: string): void {
    this.#windows.forgetGroup(groupId)
    this.#samples.delete(groupId)
  }

  /** At a steady pace, every few seconds: what partitions and groups look like now is compared with it later. */
  sample(): void {
    this.#round.dropOld()
    if (this.#isSampling) return
    this.#isSampling = true
    void inTurns(this.#options.clock, this.#sampleSteps(), SLICE_MS)
  }

  /** Every group once; those that are gone when the answer is there are not in it. Up to a second old. */
  async all(): Promise<readonly GroupLagView[]> {
    const views = await this.#round.get()
    const isHere = ({ group: { groupId } }: GroupLagView): boolean => this.#shardWith(groupId) !== null
    return views.every(isHere) ? views : views.filter(isHere)
  }

  /** Null: no such group here. */
  one(groupId: string): Promise<GroupLagView | null> {
    return resultInTurns(this.#options.clock, this.#viewSteps(groupId, { leftMs: LOOK_UPS_MS }), SLICE_MS)
  }

  get offsetCount(): number {
    let count = 0
    for (const { store } of this.#options.shards()) count += store.count
    return count
  }

  *#roundSteps(): Generator<void, readonly GroupLagView[]> {
    const lookUps = { leftMs: LOOK_UPS_MS }
    const views: GroupLagView[] = []
    const ids = this.#idsFrom(this.#first)
    this.#first = null
    for (const [i, groupId] of ids.entries()) {
      const view = yield* this.#viewSteps(groupId, lookUps)
      if (view !== null) views.push(view)
      // One that is too large for a round has had its turn.
      if (lookUps.leftMs <= 0) this.#first ??= ids[i === 0 ? 1 : i] ?? null
      yield
    }
    this.#pairs.endRound()
    return views
  }

  /** Null: there is no such group, or not any more. */
  *#viewSteps(groupId: string, lookUps: LookUps): Generator<void, GroupLagView | null> {
    const shard = this.#shardWith(groupId)
    const group = shard?.find(groupId)
    if (shard === null || group === undefined) return null
    const memberCount = group.members.size
    const partitions: PartitionLagView[] = []
    for (const pair of this.#pairs.of(groupId, shard.store.of(groupId))) {
      const steps = this.#pairs.view(pair, lookUps)
      for (let isDone = false; !isDone; ) {
        // Others had their turn: it may have been deleted, or the broker is stopping and its logs are closed.
        if (shard.find(groupId) === undefined) return null
        const { done, value } = steps.next()
        if (done === true) partitions.push(value)
        isDone = done === true
        yield
      }
    }
    const { lag, lagSeconds, status } = sumOf(partitions)
    const trend = trendOf(this.#samples.get(groupId)?.samples() ?? [])
    return { group, memberCount, lag, lagSeconds, status, trend, partitions }
  }

  *#sampleSteps(): Generator<void, void> {
    try {
      yield* this.#sampleAll()
    } finally {
      this.#isSampling = false
    }
  }

  *#sampleAll(): Generator<void, void> {
    const read = new Set<Partition>()
    for (const groupId of this.#idsFrom(null)) {
      const shard = this.#shardWith(groupId)
      if (shard === null) continue
      let lag = 0
      for (const { committed, found } of this.#pairs.of(groupId, shard.store.of(groupId))) {
        if (found === null) continue
        read.add(found.partition)
        lag += Math.max(0, found.endOffset - committed.offset)
      }
      this.#samplesOf(groupId).add({ timeMs: this.#options.clock.wallMs(), lag })
      yield
    }
    for (const partition of read) {
      this.#pairs.sample(partition)
      yield
    }
    this.#pairs.keepOnly(read)
    for (const groupId of this.#samples.keys()) if (this.#shardWith(groupId) === null) this.#samples.delete(groupId)
  }

  /** Every group, beginning with `first` if it is there. */
  #idsFrom(first: string | null): string[] {
    const ids: string[] = []
    for (const shard of this.#options.shards()) for (const { groupId } of shard.groups()) ids.push(groupId)
    const at = first === null ? 0 : ids.indexOf(first)
    return at <= 0 ? ids : [...ids.slice(at), ...ids.slice(0, at)]
  }

  #shardWith(groupId: string): GroupShard | null {
    const shard = this.#options.shardOf(groupId)
    return shard?.find(groupId) === undefined ? null : shard
  }

  #samplesOf(groupId: string): LagSamples {
    let samples = this.#samples.get(groupId)
    if (samples === undefined) this.#samples.set(groupId, (samples = new LagSamples()))
    return samples
  }
}
