import { findUnread, isUnreadable, type SearchedLog, type Unread } from '@streambus/storage-log'

/** The part of `Partition` that is needed. */
export interface ReadPartition {
  readonly log: SearchedLog
  readonly highWatermark: number
  /** Every transaction below it has ended by a marker below the high watermark. */
  readonly lastStableOffset: number
}

/** When a record was appended, as far as the broker knows without believing its timestamp. */
export interface AppendTimes {
  /** −Infinity: unknown. */
  appendedAfterMs(offset: number): number
  /** Infinity: unknown. */
  appendedBeforeMs(offset: number): number
}

export interface UnreadQuestion {
  readonly group: string
  readonly partition: ReadPartition
  readonly committedOffset: number
  readonly nowMs: number
  readonly times: AppendTimes
}

interface Entry {
  unread: Unread
  afterMs: number
  beforeMs: number
  round: number
}

export interface UnreadAgesOptions {
  /** Pairs of group and partition that are remembered; for others the record is looked up each time. */
  readonly entriesMax: number
  /** The oldest unread record could not be read (a disk error, damage): its age is not known for now. */
  readonly onUnreadable?: (error: Error) => void
}

/**
 * How old the oldest record is that a group has not read. Unread is what a consumer would be handed between the
 * committed offset and the high watermark: no marker, no record of an aborted transaction, nothing deleted or compacted
 * away. So a group that has read everything is 0 s behind whatever its lag in offsets says, and stays at 0 on an idle
 * topic. Records of open transactions count: nobody knows yet that they will be aborted, and someone waits for them.
 *
 * The record is looked up again only when the committed offset has passed it or it has gone.
 */
export class UnreadAges {
  readonly #options: UnreadAgesOptions
  readonly #groups = new Map<string, Map<ReadPartition, Entry>>()
  #count = 0
  #round = 0

  constructor(options: UnreadAgesOptions) {
    this.#options = options
  }

  get entryCount(): number {
    return this.#count
  }

  get groupCount(): number {
    return this.#groups.size
  }

  /** Null when it is not known now: the record cannot be read, or a long search goes on at the next call. */
  secondsOf(question: UnreadQuestion): number | null {
    const { group, partition, committedOffset, nowMs } = question
    if (committedOffset >= partition.highWatermark) return 0
    const entry = this.#groups.get(group)?.get(partition) ?? null
    const unread = this.#find(question, entry?.unread ?? null)
    if (unread === null) return null
    const current = entry !== null && entry.unread === unread ? entry : this.#newEntry(question, unread, entry)
    current.round = this.#round
    const { record } = unread
    if (record === null) return unread.nextOffset >= unread.untilOffset ? 0 : null
    return ageMsOf(record.timestamp, { nowMs, afterMs: current.afterMs, beforeMs: current.beforeMs }) / 1000
  }

  /** Forgets what was not asked for since the last call: groups, partitions and offsets that are gone. */
  endRound(): void {
    for (const [group, partitions] of this.#groups) {
      for (const [partition, entry] of partitions) {
        if (entry.round === this.#round) continue
        partitions.delete(partition)
        this.#count--
      }
      if (partitions.size === 0) this.#groups.delete(group)
    }
    this.#round++
  }

  #find({ partition, committedOffset }: UnreadQuestion, earlier: Unread | null): Unread | null {
    const { log, highWatermark: untilOffset, lastStableOffset } = partition
    try {
      return findUnread(log, { fromOffset: committedOffset, untilOffset, lastStableOffset }, earlier)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      this.#options.onUnreadable?.(error)
      return null
    }
  }

  #newEntry({ group, partition, nowMs, times }: UnreadQuestion, unread: Unread, before: Entry | null): Entry {
    const { record } = unread
    const isSame = before !== null && record !== null && before.unread.record?.offset === record.offset
    // What is known of a record is known best when it has just become the oldest one.
    const afterMs = isSame ? before.afterMs : record === null ? 0 : times.appendedAfterMs(record.offset)
    const beforeMs = isSame ? before.beforeMs : record === null ? 0 : times.appendedBeforeMs(record.offset)
    const entry = { unread, afterMs, beforeMs: Math.min(beforeMs, nowMs), round: this.#round }
    if (before === null && this.#count >= this.#options.entriesMax) return entry
    const partitions = this.#groups.get(group) ?? new Map<ReadPartition, Entry>()
    this.#groups.set(group, partitions.set(partition, entry))
    if (before === null) this.#count++
    return entry
  }
}

/**
 * The age of a record whose producer may have set any timestamp: not older than its append can be, not younger than it
 * must be, never negative. One without a timestamp is as old as the broker knows for certain.
 */
export function ageMsOf(timestamp: number, bounds: { nowMs: number; afterMs: number; beforeMs: number }): number {
  const { nowMs, afterMs, beforeMs } = bounds
  const latest = Math.min(beforeMs, nowMs)
  const believed = timestamp < 0 ? latest : Math.max(Math.min(timestamp, latest), afterMs)
  return Math.max(0, nowMs - believed)
}
