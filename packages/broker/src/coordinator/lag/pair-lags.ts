import type { Clock } from '@streambus/base'
import { isUnreadable, type Unread } from '@streambus/storage-log'
import type { Partition } from '../../partition/partition.ts'
import type { GroupPartition } from '../group/offsets/offset-listener.ts'
import type { CommittedOffset } from '../group/offsets/offset-store.ts'
import { type LagStatus, statusOf } from './burrow.ts'
import { type CommitWindow, WINDOW_WIDTH_MS } from './commit-window.ts'
import { EndOffsetHistory } from './end-offset-history.ts'
import type { PartitionLagView } from './lag-view.ts'
import { lagOf } from './partition-lag.ts'
import { retentionHeadroomSeconds } from './retention-headroom.ts'
import { UnreadAges, type UnreadQuestion } from './unread-ages.ts'

/**
 * A group is not judged before so long a window, or so long a silence: Burrow's window has no width at the first
 * commit, and every group would begin as one that has stopped. A full window is never narrower, or a group that commits
 * often would be at its beginning for ever.
 */
const BEGINNING_MS = WINDOW_WIDTH_MS
/** How far back an end offset may lie that a stopped group has reached, so that it only has had nothing to do. */
const RECENT_MS = 600_000

/** A group in a partition: its offset, and where the partition was in the same moment. */
export interface Pair extends GroupPartition {
  readonly committed: CommittedOffset
  /** Null: the partition does not exist here. */
  readonly found: { readonly partition: Partition; readonly logStartOffset: number; readonly endOffset: number } | null
}

/** Time left for reading logs: a look-up costs up to one batch, which is read and decompressed. */
export interface LookUps {
  leftMs: number
}

interface PairQuestion extends UnreadQuestion<Unread> {
  readonly partition: Partition
}

export interface PairLagsOptions {
  readonly find: (topic: string, partition: number) => Partition | undefined
  readonly clock: Clock
  /** The clock that retention goes by. */
  readonly retentionNowMs: () => number
  readonly windowOf: (of: GroupPartition) => CommitWindow | null
  /** Pairs of which more is kept than the committed offset. */
  readonly pairsMax: number
}

/** How far groups have come in single partitions. */
export class PairLags {
  readonly #options: PairLagsOptions
  readonly #ages: UnreadAges<Unread>
  readonly #histories = new Map<Partition, EndOffsetHistory>()

  constructor(options: PairLagsOptions) {
    this.#options = options
    this.#ages = new UnreadAges({ entriesMax: options.pairsMax })
  }

  /** All that a group has committed, as it is now. */
  of(group: string, offsets: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>): Pair[] {
    const pairs: Pair[] = []
    for (const [topic, byPartition] of offsets) {
      for (const [index, committed] of byPartition) {
        const partition = this.#options.find(topic, index)
        const found = partition === undefined ? null : { partition, ...boundsOf(partition) }
        pairs.push({ group, topic, partition: index, committed, found })
      }
    }
    return pairs
  }

  /** Each step takes one look-up at most, and none when there is no time left: then what is known without counts. */
  *view(pair: Pair, lookUps: LookUps): Generator<void, PartitionLagView> {
    const { group, topic, partition: index, committed, found } = pair
    const { offset: committedOffset, metadata, commitMs } = committed
    const common = { group, topic, partition: index, committedOffset, metadata, commitMs }
    // It may have been deleted since.
    if (found === null || this.#options.find(topic, index) !== found.partition) return { ...common, ...GONE }
    const { partition, logStartOffset, endOffset } = found
    const lag = lagOf({ committedOffset, logStartOffset, endOffset })
    if (lag === null) return { ...common, ...GONE, logStartOffset, endOffset }
    const nowMs = this.#options.clock.wallMs()
    const history = this.#historyOf(partition)
    const question = { group, partition, committedOffset, nowMs, times: history }
    const lagSeconds = lag.records === 0 ? 0 : yield* this.#seconds(question, lookUps)
    return {
      ...common,
      logStartOffset,
      endOffset,
      lag: lag.records,
      lostRecords: lag.lostRecords,
      isAboveEnd: lag.isAboveEnd,
      lagSeconds,
      headroomSeconds: this.#headroom(partition, { committedOffset, isAllRead: lagSeconds === 0 }, history),
      status: this.#status(common, { currentLag: lag.records, nowMs, history })
    }
  }

  /** All pairs were asked for: what was not is forgotten. */
  endRound(): void {
    this.#ages.endRound()
  }

  /** To be told of each partition that is read by a group, at a steady pace. */
  sample(partition: Partition): void {
    this.#historyOf(partition).add(this.#options.clock.wallMs(), endOf(partition))
  }

  /** Those that no group reads any more are forgotten. */
  keepOnly(partitions: ReadonlySet<Partition>): void {
    for (const partition of this.#histories.keys()) if (!partitions.has(partition)) this.#histories.delete(partition)
  }

  /** A search that has far to go is continued in the next step, as long as it gets any further. */
  *#seconds(question: PairQuestion, lookUps: LookUps): Generator<void, number | null> {
    const { clock } = this.#options
    let cameTo = -1
    while (lookUps.leftMs > 0) {
      const startedMs = clock.monotonicMs()
      const seconds = this.#ages.secondsOf(question)
      lookUps.leftMs -= clock.monotonicMs() - startedMs
      const searchedTo = this.#ages.searchedTo(question) ?? -1
      if (seconds !== null || searchedTo <= cameTo) return seconds
      cameTo = searchedTo
      yield
      if (question.partition.isGone) return null
    }
    return this.#ages.estimateOf(question)
  }

  #status(
    of: GroupPartition,
    { currentLag, nowMs, history }: { currentLag: number; nowMs: number; history: EndOffsetHistory }
  ): LagStatus {
    const window = this.#options.windowOf(of)
    const commits = window?.commits() ?? []
    const lastMs = commits.at(-1)?.timeMs ?? nowMs
    const seenMs = lastMs - (commits[0]?.timeMs ?? lastMs)
    if (seenMs < BEGINNING_MS && nowMs - lastMs < BEGINNING_MS) return 'OK'
    const recentEndOffsets = history.watermarksSince(nowMs - RECENT_MS)
    return statusOf({ commits, recentEndOffsets, currentLag, nowMs })
  }

  #headroom(
    partition: Partition,
    { committedOffset, isAllRead }: { committedOffset: number; isAllRead: boolean },
    history: EndOffsetHistory
  ): number | null {
    const { log, settings } = partition
    const recordCount = Math.max(1, log.logEndOffset - log.logStartOffset)
    const recordsPerSecond = history.recordsPerSecondSince(this.#options.clock.wallMs() - RECENT_MS)
    const { retentionMs, retentionBytes, segmentMs, segmentBytes } = settings.log
    const isKept = !settings.retentionDeletes
    const limits = { retentionMs: isKept ? -1 : retentionMs, retentionBytes: isKept ? -1 : retentionBytes }
    const question = {
      config: { ...limits, segmentMs, segmentBytes },
      logStartOffset: log.logStartOffset,
      committedOffset,
      unreadOffset: isAllRead ? null : committedOffset,
      bytesPerSecond: recordsPerSecond * (log.sizeBytes / recordCount),
      nowMs: this.#options.retentionNowMs()
    }
    try {
      return log.lookUp(({ all: segments }) => retentionHeadroomSeconds({ ...question, segments }))
    } catch (error) {
      if (isUnreadable(error)) return null
      throw error
    }
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

function boundsOf({ log, highWatermark }: Partition): { logStartOffset: number; endOffset: number } {
  return { logStartOffset: log.logStartOffset, endOffset: highWatermark }
}

function endOf({ log, highWatermark }: Partition): { logEndOffset: number; highWatermark: number } {
  return { logEndOffset: log.logEndOffset, highWatermark }
}
