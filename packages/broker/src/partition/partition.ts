import type { Clock } from '@streambus/base'
import {
  type BatchRules,
  type BatchSummary,
  recompressBatch,
  summaryOfBuilt,
  validateBatch
} from '@streambus/protocol/records'
import {
  AppendRefused,
  type AppendResult,
  findUnread,
  isDiskFull,
  isUnreadable,
  type Log,
  OffsetOutOfRange,
  type ReadResult,
  type Unread
} from '@streambus/storage-log'
import type { TopicSettings } from '../config/topic.ts'
import { CommitQueue, type CommitWaiter } from './commit-queue.ts'
import type { DirectoryState } from './directory-state.ts'
import type { TopicProbe } from './partition-probe.ts'
import { Watermark } from './watermark.ts'

export interface PartitionOptions {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly leaderEpoch: number
  readonly log: Log
  readonly settings: TopicSettings
  readonly clock: Clock
  readonly probe: TopicProbe
  /** Of its log directory. */
  readonly directory: DirectoryState
}

export interface Appended {
  readonly isDuplicate: boolean
  readonly baseOffset: number
  readonly lastOffset: number
  /** −1 unless the topic stamps append time. */
  readonly logAppendTimeMs: number
}

/** Told when more can be read, or when the partition is gone. */
export interface FetchWatcher {
  wake(): void
}

/**
 * One partition this broker leads: its log, its watermark, and who waits for either to move.
 * Knows batches, not requests. Appends are synchronous from validation to published offset, so nothing can come
 * between.
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly leaderEpoch: number
  readonly log: Log
  /** For handlers that answer for this partition. */
  readonly probe: TopicProbe
  readonly #clock: Clock
  readonly #directory: DirectoryState
  readonly #watermark: Watermark
  readonly #commits = new CommitQueue()
  readonly #watchers = new Set<FetchWatcher>()
  readonly #onLatency: (latencyMs: number) => void
  #settings: TopicSettings
  #isGone = false
  #lastAppendMs = 0

  constructor(options: PartitionOptions) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.leaderEpoch = options.leaderEpoch
    this.log = options.log
    this.#clock = options.clock
    this.probe = options.probe
    this.#settings = options.settings
    this.#directory = options.directory
    // Recovery has synced what it accepted, and with one replica the log is the whole ISR.
    this.#watermark = new Watermark(options.log.logEndOffset)
    this.#onLatency = latencyMs => this.probe.committed(latencyMs)
    options.log.assignEpoch(options.leaderEpoch)
    options.log.onDurable(() => this.#onAcked())
  }

  get settings(): TopicSettings {
    return this.#settings
  }

  get highWatermark(): number {
    return this.#watermark.highWatermark
  }

  get lastStableOffset(): number {
    return this.#watermark.lastStableOffset
  }

  /** Why producers are refused at present, as a sentence for them; null while they are served. */
  get refusal(): string | null {
    return this.#directory.refusal
  }

  /** True once the topic was deleted; every further verb is answered as for an unknown partition. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Wall time of the last batch of a producer since the start; 0: there was none. */
  get lastAppendMs(): number {
    return this.#lastAppendMs
  }

  /** In-sync replicas; one until replication arrives. */
  get inSyncCount(): number {
    return 1
  }

  updateSettings(settings: TopicSettings): void {
    this.#settings = settings
    this.log.updateConfig(settings.log)
  }

  /**
   * Rolls and deletes whole segments that are due; never the active one, never at or above the high watermark.
   * `nowMs` is that of the retention clock, not of the wall clock.
   */
  applyRetention(nowMs: number): void {
    // First what gives room on a full disk, then what takes some.
    this.log.applyRetention(nowMs, this.highWatermark)
    if (this.log.maybeRoll(nowMs)) this.log.applyRetention(nowMs, this.highWatermark)
    this.log.expireProducers(nowMs)
  }

  /**
   * Kafka's DeleteRecords: −1 means the high watermark. Returns the new log start. Throws OffsetOutOfRange, DiskError;
   * the latter also while the disk is stalled, because the new start has to be synced before the answer.
   */
  deleteRecordsBefore(offset: number): number {
    const target = offset === -1 ? this.highWatermark : offset
    if (target < 0 || target > this.highWatermark) {
      throw new OffsetOutOfRange(target, this.log.logStartOffset, this.highWatermark)
    }
    if (target > this.log.logStartOffset) {
      this.#directory.checkSyncs()
      this.log.deleteRecordsBefore(target)
    }
    this.#wakeWatchers()
    return this.log.logStartOffset
  }

  /**
   * Validates `batch` as exactly one batch from a producer and appends it, stamping its header in place.
   * Throws BatchRefused or AppendRefused; then nothing has changed.
   */
  appendFromClient(batch: Buffer, apiVersion: number): Appended {
    const { flushPolicy, compressionType } = this.#settings
    const rules = this.#rules(apiVersion)
    let bytes = batch
    let summary = validateBatch(bytes, 0, bytes.length, rules)
    const { codec } = summary
    if (compressionType !== 'producer' && compressionType !== codec) {
      bytes = recompressBatch(bytes, compressionType, rules.decompressedBytesMax)
      summary = validateBatch(bytes, 0, bytes.length, rules)
    }
    const result = this.#append(bytes, summary)
    const isDuplicate = result.kind === 'duplicate'
    if (isDuplicate) this.probe.duplicated()
    else {
      this.probe.produced(summary.recordCount, batch.length, codec)
      if (bytes !== batch) this.probe.recompressed()
      this.#lastAppendMs = rules.nowMs
    }
    if (flushPolicy === 'os') this.#onWritten(isDuplicate)
    const { baseOffset, lastOffset, logAppendTimeMs } = result
    return { isDuplicate, baseOffset, lastOffset, logAppendTimeMs }
  }

  #append(bytes: Buffer, summary: BatchSummary): AppendResult {
    try {
      return this.log.append(bytes, 0, bytes.length, summary, { leaderEpoch: this.leaderEpoch, origin: 'client' })
    } catch (error) {
      if (error instanceof AppendRefused && isDiskFull(error.cause)) this.#directory.writeFailed()
      throw error
    }
  }

  /** Appends a batch that this broker has built for an internal topic. Throws AppendRefused, DiskError. */
  appendOwn(batch: Buffer): Appended {
    const options = { leaderEpoch: this.leaderEpoch, origin: 'coordinator' as const }
    const result = this.log.append(batch, 0, batch.length, summaryOfBuilt(batch), options)
    if (this.#settings.flushPolicy === 'os') this.#onWritten(false)
    const { baseOffset, lastOffset, logAppendTimeMs } = result
    return { isDuplicate: false, baseOffset, lastOffset, logAppendTimeMs }
  }

  /** `waiter` hears of `appended` when it is committed, which may be at once. */
  whenCommitted(appended: Appended, timeoutMs: number, waiter: CommitWaiter): void {
    if (appended.lastOffset < this.highWatermark) return waiter.committed()
    const nowMs = this.#clock.monotonicMs()
    this.#commits.push(appended.lastOffset, nowMs, nowMs + timeoutMs, waiter)
    this.log.requestSync()
  }

  /**
   * Nobody waits for `appended`, but consumers may see it only when it is durable, so a sync must come all the same.
   */
  commitLater(appended: Appended): void {
    if (appended.lastOffset < this.highWatermark) return
    const nowMs = this.#clock.monotonicMs()
    this.#commits.push(appended.lastOffset, nowMs, nowMs, null)
    this.log.requestSync()
  }

  /** Whole batches below the high watermark, from the one that holds `fromOffset`. Throws OffsetOutOfRange. */
  read(fromOffset: number, bytesMax: number, minOneBatch: boolean): ReadResult {
    return this.log.read({ fromOffset, untilOffset: this.highWatermark, bytesMax, minOneBatch })
  }

  /**
   * The first record in [fromOffset, high watermark) that a consumer can be handed; `earlier` itself when that still
   * holds. Null when the records cannot be read now.
   */
  findUnread(fromOffset: number, earlier: Unread | null): Unread | null {
    const { highWatermark: untilOffset, lastStableOffset } = this
    try {
      return findUnread(this.log, { fromOffset, untilOffset, lastStableOffset }, earlier)
    } catch (error) {
      if (isUnreadable(error)) return null
      throw error
    }
  }

  watch(watcher: FetchWatcher): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: FetchWatcher): void {
    this.#watchers.delete(watcher)
  }

  expireWaits(nowMs: number): void {
    if (!this.#commits.isEmpty) this.#commits.expire(nowMs)
  }

  /** Fetches and batches of producers that wait here. */
  get waitCounts(): { readonly fetch: number; readonly produce: number } {
    return { fetch: this.#watchers.size, produce: this.#commits.waiterCount }
  }

  /** The topic was deleted: whoever waits is woken and finds out. */
  retire(): void {
    this.#isGone = true
    this.#commits.expire(Number.POSITIVE_INFINITY)
    this.#wakeWatchers()
  }

  /** Relaxed policy: what is written counts as acknowledged. */
  #onWritten(isDuplicate: boolean): void {
    this.#onAcked()
    if (!isDuplicate) this.probe.committed(0)
  }

  #onAcked(): void {
    const ackedOffset = this.#settings.flushPolicy === 'os' ? this.log.logEndOffset : this.log.durableEndOffset
    if (!this.#watermark.advance(ackedOffset, this.log.logEndOffset)) return
    this.#commits.advance(this.highWatermark, this.#clock.monotonicMs(), this.#onLatency)
    this.#wakeWatchers()
  }

  #wakeWatchers(): void {
    if (this.#watchers.size === 0) return
    for (const watcher of this.#watchers) watcher.wake()
  }

  #rules(apiVersion: number): BatchRules {
    const settings = this.#settings
    return {
      maxMessageBytes: settings.maxMessageBytes,
      isCompacted: settings.isCompacted,
      timestampType: settings.messageTimestampType,
      nowMs: this.#clock.wallMs(),
      timestampBeforeMaxMs: settings.messageTimestampBeforeMaxMs,
      timestampAfterMaxMs: settings.messageTimestampAfterMaxMs,
      apiVersion,
      checkRecords: true,
      targetCodec: settings.compressionType,
      decompressedBytesMax: Math.min(settings.maxMessageBytes * 20, 64 * 1024 * 1024)
    }
  }
}
