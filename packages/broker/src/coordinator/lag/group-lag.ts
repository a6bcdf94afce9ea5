import type { Clock } from '@streambus/base'
import type { Unread } from '@streambus/storage-log'
import type { Partition } from '../../partition/partition.ts'
import type { Group } from '../group/group.ts'
import type { GroupShard } from '../group/group-shard.ts'
import type { GroupPartition, OffsetListener } from '../group/offsets/offset-listener.ts'
import type { CommittedOffset } from '../group/offsets/offset-store.ts'
import { type LagStatus, statusOf, worstOf } from './burrow.ts'
import { CommitWindows } from './commit-windows.ts'
import { EndOffsetHistory } from './end-offset-history.ts'
import { lagOf } from './partition-lag.ts'
import { retentionHeadroomSeconds } from './retention-headroom.ts'
import { LagSamples, type Trend, trendOf } from './trend.ts'
import { UnreadAges } from './unread-ages.ts'

/** Pairs of group and partition of which more is kept than the committed offset. */
const PAIRS_MAX = 100_000
/** Burrow's `minimum-complete`: a group is not judged before so much of its window was seen. */
const COMPLETENESS_MIN = 0.3
/** How far back an end offset may lie that a stopped group has reached, so that it only has had nothing to do. */
const RECENT_MS = 600_000

export interface PartitionLagView extends GroupPartition {
  readonly committedOffset: number
  readonly metadata: string
  readonly commitMs: number
  /** Null: the partition does not exist any more, or cannot be read. */
  readonly logStartOffset: number | null
  readonly endOffset: number | null
  /** Records; 0 for a partition that does not exist. */
  readonly lag: number
  readonly lostRecords: number
  readonly isAboveEnd: boolean
  /** Age of the oldest unread record; null: not known now. */
  readonly lagSeconds: number | null
  /** Until retention may take it; Infinity: never, as things are. */
  readonly headroomSeconds: number
  readonly status: LagStatus
}

export interface GroupLagView {
  readonly group: Group
  readonly memberCount: number
  readonly lag: number
  readonly lagSeconds: number | null
  readonly status: LagStatus
  /** Null before there are two samples. */
  readonly trend: Trend | null
  readonly partitions: readonly PartitionLagView[]
}

export interface GroupLagOptions {
  readonly shards: () => Iterable<GroupShard>
  /** The one that coordinates this group; null: none here. */
  readonly shardOf: (groupId: string) => GroupShard | null
  readonly find: (topic: string, partition: number) => Partition | undefined
  readonly clock: Clock
  /** The clock that retention goes by. */
  readonly retentionNowMs: () => number
}

/** How far the groups that are coordinated here have come, computed when somebody asks. */
export class GroupLag implements OffsetListener {
  readonly #options: GroupLagOptions
  readonly #windows = new CommitWindows({ windowsMax: PAIRS_MAX })
  readonly #ages = new UnreadAges<Unread>({ entriesMax: PAIRS_MAX })
  readonly #histories = new Map<Partition, EndOffsetHistory>()
  readonly #samples = new Map<string, LagSamples>()

  constructor(options: GroupLagOptions) {
    this.#options = options
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
    const { shards, find, clock } = this.#options
    const nowMs = clock.wallMs()
    const read = new Set<Partition>()
    for (const shard of shards()) {
      for (const { groupId } of shard.groups()) {
        let lag = 0
        for (const [topic, offsets] of shard.store.of(groupId)) {
          for (const [index, { offset }] of offsets) {
            const partition = find(topic, index)
            if (partition === undefined) continue
            read.add(partition)
            lag += Math.max(0, partition.highWatermark - offset)
          }
        }
        this.#samplesOf(groupId).add({ timeMs: nowMs, lag })
      }
    }
    for (const partition of read) this.#historyOf(partition).add(nowMs, endOf(partition))
    for (const partition of this.#histories.keys()) if (!read.has(partition)) this.#histories.delete(partition)
  }

  /** Every group; ends a round: what was not asked for since the last one is forgotten. */
  all(): GroupLagView[] {
    const views: GroupLagView[] = []
    for (const shard of this.#options.shards()) {
      for (const group of shard.groups()) views.push(this.#view(shard, group, group.members.size))
    }
    this.#ages.endRound()
    return views
  }

  /** Null: no such group here. */
  one(groupId: string): GroupLagView | null {
    const shard = this.#options.shardOf(groupId)
    const group = shard?.find(groupId)
    return shard && group ? this.#view(shard, group, group.members.size) : null
  }

  get offsetCount(): number {
    let count = 0
    for (const { store } of this.#options.shards()) count += store.count
    return count
  }

  #view(shard: GroupShard, group: Group, memberCount: number): GroupLagView {
    const { groupId } = group
    const partitions: PartitionLagView[] = []
    for (const [topic, offsets] of shard.store.of(groupId)) {
      for (const [partition, committed] of offsets) {
        partitions.push(this.#partitionView({ group: groupId, topic, partition }, committed))
      }
    }
    let lag = 0
    let lagSeconds: number | null = 0
    for (const each of partitions) {
      lag += each.lag
      lagSeconds = each.lagSeconds === null || lagSeconds === null ? null : Math.max(lagSeconds, each.lagSeconds)
    }
    const samples = this.#samples.get(groupId)?.samples() ?? []
    const status = worstOf(partitions.map(each => each.status))
    return { group, memberCount, lag, lagSeconds, status, trend: trendOf(samples), partitions }
  }

  #partitionView(of: GroupPartition, committed: CommittedOffset): PartitionLagView {
    const partition = this.#options.find(of.topic, of.partition)
    const { offset: committedOffset, metadata, commitMs } = committed
    const nowMs = this.#options.clock.wallMs()
    const common = { ...of, committedOffset, metadata, commitMs }
    if (partition === undefined) return { ...common, ...GONE }
    const { logStartOffset } = partition.log
    const { highWatermark: endOffset } = partition
    const lag = lagOf({ committedOffset, logStartOffset, endOffset })
    const history = this.#historyOf(partition)
    const lagSeconds = this.#ages.secondsOf({ group: of.group, partition, committedOffset, nowMs, times: history })
    return {
      ...common,
      logStartOffset,
      endOffset,
      lag: lag?.records ?? 0,
      lostRecords: lag?.lostRecords ?? 0,
      isAboveEnd: lag?.isAboveEnd ?? false,
      lagSeconds,
      headroomSeconds: this.#headroom(partition, { committedOffset, isAllRead: lagSeconds === 0 }, history),
      status: this.#status(of, { currentLag: lag?.records ?? 0, nowMs, history })
    }
  }

  #status(
    of: GroupPartition,
    { currentLag, nowMs, history }: { currentLag: number; nowMs: number; history: EndOffsetHistory }
  ): LagStatus {
    const window = this.#windows.find(of)
    if (window === null || window.completeness < COMPLETENESS_MIN) return 'OK'
    const recentEndOffsets = history.watermarksSince(nowMs - RECENT_MS)
    return statusOf({ commits: window.commits(), recentEndOffsets, currentLag, nowMs })
  }

  #headroom(
    partition: Partition,
    { committedOffset, isAllRead }: { committedOffset: number; isAllRead: boolean },
    history: EndOffsetHistory
  ): number {
    const { log, settings } = partition
    const recordCount = Math.max(1, log.logEndOffset - log.logStartOffset)
    const recordsPerSecond = history.recordsPerSecondSince(this.#options.clock.wallMs() - RECENT_MS)
    const { retentionMs, retentionBytes, segmentMs, segmentBytes } = settings.log
    const isKept = !settings.retentionDeletes
    return retentionHeadroomSeconds({
      segments: log.lookUp(({ all }) => all),
      config: {
        retentionMs: isKept ? -1 : retentionMs,
        retentionBytes: isKept ? -1 : retentionBytes,
        segmentMs,
        segmentBytes
      },
      logStartOffset: log.logStartOffset,
      committedOffset,
      unreadOffset: isAllRead ? null : committedOffset,
      bytesPerSecond: recordsPerSecond * (log.sizeBytes / recordCount),
      nowMs: this.#options.retentionNowMs()
    })
  }

  #samplesOf(groupId: string): LagSamples {
    let samples = this.#samples.get(groupId)
    if (samples === undefined) this.#samples.set(groupId, (samples = new LagSamples()))
    return samples
  }

  #historyOf(partition: Partition): EndOffsetHistory {
    let history = this.#histories.get(partition)
    if (history !== undefined) return history
    history = new EndOffsetHistory()
    history.add(this.#options.clock.wallMs(), endOf(partition))
    this.#histories.set(partition, history)
    return history
  }
}

const GONE = {
  logStartOffset: null,
  endOffset: null,
  lag: 0,
  lostRecords: 0,
  isAboveEnd: false,
  lagSeconds: 0,
  headroomSeconds: Number.POSITIVE_INFINITY,
  status: 'OK'
} as const

function endOf({ log, highWatermark }: Partition): { logEndOffset: number; highWatermark: number } {
  return { logEndOffset: log.logEndOffset, highWatermark }
}
