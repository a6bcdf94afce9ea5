import { assert, type Clock, type Disk } from '@streambus/base'
import { BatchFilter, type LastRecord } from './batch-filter.ts'
import { BatchReader } from './batch-reader.ts'
import { buildKeyMap } from './build-map.ts'
import { type CompactionHooks, CompactionStopped, NO_HOOKS } from './hooks.ts'
import type { HashSeed } from './key-hash.ts'
import { KeyMap } from './key-map.ts'
import { type CompactionConfig, groupSegments, type SegmentFacts } from './plan.ts'
import { type CleanedGroup, rewriteGroup } from './rewrite.ts'
import { type CompactionStats, newStats } from './stats.ts'
import { dropCleaned } from './swap.ts'
import { findAborted, TransactionWalk } from './transactions.ts'

/** One cleaning round of one log. Plain data, so that it can be handed to a worker thread. */
export interface CompactionInput {
  /** The partition's own directory. */
  readonly directory: string
  /** All segments, ascending; the last one is active. */
  readonly segments: readonly SegmentFacts[]
  /** From the plan. */
  readonly firstDirtyOffset: number
  readonly upToOffset: number
  /** min(high watermark, durable end): a marker below cannot be taken back. */
  readonly decidedOffset: number
  readonly config: Pick<
    CompactionConfig,
    'deleteRetentionMs' | 'segmentBytes' | 'indexBytesMax' | 'indexIntervalBytes' | 'maxMessageBytes'
  >
  readonly nowMs: number
  /** Memory for keys, 24 bytes each at 90 % [log.cleaner.dedupe.buffer.size / log.cleaner.threads]. */
  readonly keyMapBytes: number
  /** From a source of chance, new for every round. */
  readonly hashSeed: HashSeed
  /** Size of one read and of one write [half of log.cleaner.io.buffer.size / log.cleaner.threads]. Default 512 KiB. */
  readonly ioBytes?: number
  /** The producers of the log at this moment: see `lastRecordsOf`. */
  readonly lastRecords: readonly LastRecord[]
}

export interface CompactionResult {
  /** `stopped`: `shouldStop` said so. What `onGroup` took may be swapped in all the same, all other files are gone. */
  readonly outcome: 'done' | 'stopped'
  /** To be swapped in, in this order, by `swapIn`. Groups that `onGroup` took are not in here. */
  readonly groups: readonly CleanedGroup[]
  /** The new first dirty offset, once all groups are swapped in. */
  readonly endOffset: number
  readonly stats: CompactionStats
}

export interface CompactionHost {
  readonly disk: Disk
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly hooks?: CompactionHooks
  /**
   * Takes each group as soon as it is durable, so that the disk holds one group twice and not the whole log. They have
   * to be swapped in in this order; the round does not wait for it.
   */
  readonly onGroup?: (group: CleanedGroup) => void
}

/** The first dirty batch has more new keys than the map has room; nothing was changed. */
export class KeyMapTooSmall extends Error {
  override readonly name = 'KeyMapTooSmall'

  constructor(directory: string, offset: number, map: KeyMap) {
    super(
      `${directory} cannot be compacted: the batch at offset ${offset} alone has more than the ${map.capacity} keys ` +
        `for which ${map.bytes} bytes have room. Raise log.cleaner.dedupe.buffer.size or lower log.cleaner.threads`
    )
  }
}

const IO_BYTES_DEFAULT = 512 * 1024
/** No request is larger, so no batch is, whatever max.message.bytes was when it came. */
const BATCH_BYTES_MAX = 100 * 1024 * 1024

/** What the log knows of its producers' last batches. */
export function lastRecordsOf(
  producers: Iterable<{
    readonly producerId: number
    readonly epoch: number
    readonly batchCount: number
    lastOffsetOf(batch: number): number
  }>
): LastRecord[] {
  return Array.from(producers, entry => ({
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    lastDataOffset: entry.batchCount === 0 ? -1 : entry.lastOffsetOf(entry.batchCount - 1)
  }))
}

/**
 * One cleaning round, synchronous: reads the log up to `upToOffset`, leaves cleaned segments beside the old ones and
 * changes nothing else. Memory: the key map, two I/O buffers, one batch decompressed (64 MiB at most) and rebuilt, and
 * 60 bytes per aborted transaction. Throws KeyMapTooSmall, LogCorrupt (a damaged batch is never rewritten), DiskError;
 * then all files that `onGroup` did not take are gone.
 */
export function compactLog(input: CompactionInput, host: CompactionHost): CompactionResult {
  const stats = newStats()
  const startMs = host.clock.monotonicMs()
  const groups: CleanedGroup[] = []
  const take = host.onGroup ?? (group => void groups.push(group))
  let isDone = false
  try {
    const endOffset = new Round(input, host, stats).run(take)
    isDone = true
    return { outcome: 'done', groups, endOffset, stats }
  } catch (error) {
    if (!(error instanceof CompactionStopped)) throw error
    return { outcome: 'stopped', groups: [], endOffset: input.firstDirtyOffset, stats }
  } finally {
    if (!isDone) for (const { baseOffset } of groups) dropCleaned(host.disk, input.directory, baseOffset)
    stats.durationMs = host.clock.monotonicMs() - startMs
  }
}

class Round {
  readonly #input: CompactionInput
  readonly #host: CompactionHost
  readonly #hooks: CompactionHooks
  readonly #stats: CompactionStats
  readonly #reader: BatchReader

  constructor(input: CompactionInput, host: CompactionHost, stats: CompactionStats) {
    this.#input = input
    this.#host = host
    this.#stats = stats
    this.#hooks = host.hooks ?? NO_HOOKS
    this.#reader = new BatchReader({
      chunkBytes: input.ioBytes ?? IO_BYTES_DEFAULT,
      batchBytesMax: Math.max(BATCH_BYTES_MAX, input.config.maxMessageBytes),
      hooks: this.#hooks
    })
  }

  /** Returns the new first dirty offset. */
  run(take: (group: CleanedGroup) => void): number {
    const input = this.#input
    const { firstDirtyOffset } = input
    if (input.upToOffset <= firstDirtyOffset) return firstDirtyOffset
    assert(input.upToOffset <= (input.segments.at(-1)?.baseOffset ?? 0), 'the active segment is never cleaned')
    const { disk } = this.#host
    const { aborted, upToOffset } = findAborted({ ...input, disk, hooks: this.#hooks })
    if (upToOffset <= firstDirtyOffset) return firstDirtyOffset
    const map = new KeyMap(input.keyMapBytes, input.hashSeed)
    const transactions = new TransactionWalk(aborted)
    const endOffset = buildKeyMap({ ...input, disk, upToOffset, map, reader: this.#reader, transactions })
    if (endOffset === firstDirtyOffset) throw new KeyMapTooSmall(input.directory, firstDirtyOffset, map)
    this.#stats.mapBytesRead = this.#reader.bytesRead
    this.#stats.keys = map.size
    this.#stats.isMapFull = endOffset < upToOffset
    this.#rewrite({ map, endOffset, upToOffset, transactions: new TransactionWalk(aborted) }, take)
    return endOffset
  }

  #rewrite(
    range: { map: KeyMap; endOffset: number; upToOffset: number; transactions: TransactionWalk },
    take: (group: CleanedGroup) => void
  ): void {
    const { segments, config, directory, nowMs, lastRecords } = this.#input
    const filter = new BatchFilter({
      ...range,
      nowMs,
      deleteRetentionMs: config.deleteRetentionMs,
      lastRecords: new Map(lastRecords.map(each => [each.producerId, each])),
      stats: this.#stats
    })
    const options = {
      disk: this.#host.disk,
      directory,
      indexIntervalBytes: config.indexIntervalBytes,
      reader: this.#reader,
      filter,
      writeBuffer: Buffer.allocUnsafe(this.#input.ioBytes ?? IO_BYTES_DEFAULT),
      hooks: this.#hooks
    }
    const cleanable = segments.filter(segment => segment.baseOffset < range.endOffset)
    for (const group of groupSegments(cleanable, config)) {
      const cleaned = rewriteGroup(group, options)
      this.#stats.bytesRead = this.#reader.bytesRead - this.#stats.mapBytesRead
      if (cleaned === null) continue
      this.#stats.bytesWritten += cleaned.sizeBytes
      take(cleaned)
    }
  }
}
