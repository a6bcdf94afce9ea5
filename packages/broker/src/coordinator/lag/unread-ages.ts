/** What a partition has found out about the oldest unread record; handed back to it, nothing is searched twice. */
export interface FoundUnread {
  /** The search began here. */
  readonly fromOffset: number
  /** Null: there is none below `nextOffset`. */
  readonly record: { readonly offset: number; readonly timestamp: number } | null
  /** Where the search ended. */
  readonly nextOffset: number
  /** Where it was to end: the high watermark. */
  readonly untilOffset: number
}

/** A partition with its log; `Found` is what it knows itself by. */
export interface ReadPartition<Found extends FoundUnread = FoundUnread> {
  readonly highWatermark: number
  /**
   * The first record in [fromOffset, high watermark) that a consumer can be handed. `earlier` itself when that still
   * holds; null when the records cannot be read now.
   */
  findUnread(fromOffset: number, earlier: Found | null): Found | null
}

/** When a record was appended, as far as the broker knows without believing its timestamp. */
export interface AppendTimes {
  /** −Infinity: unknown. */
  appendedAfterMs(offset: number): number
  /** Infinity: unknown. */
  appendedBeforeMs(offset: number): number
}

export interface UnreadQuestion<Found extends FoundUnread = FoundUnread> {
  readonly group: string
  readonly partition: ReadPartition<Found>
  readonly committedOffset: number
  readonly nowMs: number
  readonly times: AppendTimes
}

interface Entry<Found> {
  unread: Found
  beforeMs: number
  round: number
}

export interface UnreadAgesOptions {
  /** Pairs of group and partition that are remembered; for others the record is looked up each time. */
  readonly entriesMax: number
}

/**
 * How old the oldest record is that a group has not read. Unread is what a consumer would be handed between the
 * committed offset and the high watermark: no marker, no record of an aborted transaction, nothing deleted or compacted
 * away. So a group that has read everything is 0 s behind whatever its lag in offsets says, and stays at 0 on an idle
 * topic. Records of open transactions count: nobody knows yet that they will be aborted, and someone waits for them.
 *
 * The record is looked up again only when the committed offset has passed it or it has gone.
 */
export class UnreadAges<Found extends FoundUnread = FoundUnread> {
  readonly #options: UnreadAgesOptions
  readonly #groups = new Map<string, Map<ReadPartition<Found>, Entry<Found>>>()
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
  secondsOf(question: UnreadQuestion<Found>): number | null {
    const { group, partition, committedOffset, nowMs } = question
    if (committedOffset >= partition.highWatermark) return 0
    const entry = this.#groups.get(group)?.get(partition) ?? null
    const unread = partition.findUnread(committedOffset, entry?.unread ?? null)
    if (unread === null) return null
    const current = entry !== null && entry.unread === unread ? entry : this.#newEntry(question, unread, entry)
    current.round = this.#round
    const { record } = unread
    if (record === null) return unread.nextOffset >= unread.untilOffset ? 0 : null
    return ageMsOf(record.timestamp, { nowMs, beforeMs: current.beforeMs }) / 1000
  }

  /** How far a search has come that has not ended: the next call goes on there. Null: there is none. */
  searchedTo({ group, partition }: Pick<UnreadQuestion<Found>, 'group' | 'partition'>): number | null {
    const unread = this.#groups.get(group)?.get(partition)?.unread
    const isOver = unread === undefined || unread.record !== null || unread.nextOffset >= unread.untilOffset
    return isOver ? null : unread.nextOffset
  }

  /**
   * The same without reading anything: exact while what was found is still unread, else how long ago the one at the
   * committed offset can have been appended. Null when nothing is known of it.
   */
  estimateOf({ group, partition, committedOffset, nowMs, times }: UnreadQuestion<Found>): number | null {
    if (committedOffset >= partition.highWatermark) return 0
    const entry = this.#groups.get(group)?.get(partition)
    const record = entry?.unread.record
    if (entry && record && entry.unread.fromOffset <= committedOffset && committedOffset <= record.offset) {
      entry.round = this.#round
      return ageMsOf(record.timestamp, { nowMs, beforeMs: entry.beforeMs }) / 1000
    }
    const afterMs = times.appendedAfterMs(committedOffset)
    return afterMs === Number.NEGATIVE_INFINITY ? null : Math.max(0, nowMs - afterMs) / 1000
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

  #newEntry(question: UnreadQuestion<Found>, unread: Found, before: Entry<Found> | null): Entry<Found> {
    const { group, partition, nowMs, times } = question
    const { record } = unread
    const isSame = before !== null && record !== null && before.unread.record?.offset === record.offset
    // What is known of a record is known best when it has just become the oldest one.
    const beforeMs = isSame ? before.beforeMs : record === null ? 0 : times.appendedBeforeMs(record.offset)
    const entry = { unread, beforeMs: Math.min(beforeMs, nowMs), round: this.#round }
    if (before === null && this.#count >= this.#options.entriesMax) return entry
    const partitions = this.#groups.get(group) ?? new Map<ReadPartition<Found>, Entry<Found>>()
    this.#groups.set(group, partitions.set(partition, entry))
    if (before === null) this.#count++
    return entry
  }
}

/**
 * The age of a record: by its timestamp, which on most topics is the producer's. One from the future, or without a
 * timestamp, is as old as its append must be; never negative.
 */
export function ageMsOf(timestamp: number, { nowMs, beforeMs }: { nowMs: number; beforeMs: number }): number {
  const latest = Math.min(beforeMs, nowMs)
  return Math.max(0, nowMs - (timestamp < 0 ? latest : Math.min(timestamp, latest)))
}
