import type { BatchScanner } from '../segment/batch-scanner.ts'
import type { Segment } from '../segment/segment.ts'
import type { SegmentList } from '../segment/segment-list.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import { firstRecordSince, type RecordTime } from './record-times.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** So many batch headers are looked at in one call, a few milliseconds; the next call goes on where it ended. */
const BATCHES_MAX = 1_000

/** The part of a segment list that look-ups need. */
export type SegmentView = Pick<SegmentList, 'all' | 'count' | 'floorIndex' | 'use'>

/** The part of `Log` that a search needs. */
export interface SearchedLog {
  readonly logStartOffset: number
  lookUp<T>(find: (segments: SegmentView) => T): T
  abortedTransactions(fromOffset: number, untilOffset: number): AbortedTransaction[]
}

export interface UnreadSearch {
  readonly fromOffset: number
  /** Exclusive: the high watermark. Markers at or above it do not count yet. */
  readonly untilOffset: number
  /** Every transaction below it has ended. */
  readonly lastStableOffset: number
  readonly batchesMax?: number
}

/** What a search has found; given to the next one, it spares it what is still known. */
export interface Unread {
  /** The search began here … */
  readonly fromOffset: number
  /** … and nothing in between is ever handed to a consumer: the offset of `record`, or where the search ended. */
  readonly nextOffset: number
  readonly untilOffset: number
  /** Null: nothing to read, if the search came to `untilOffset`. */
  readonly record: RecordTime | null
  /** False while the transaction of `record` may still be aborted. */
  readonly isDecided: boolean
  /** Where `record` is: compaction puts other segments in the place of those it reads. */
  readonly segment: Segment | null
}

/**
 * The first record in [fromOffset, untilOffset) that a consumer can be handed: none that was deleted or compacted away,
 * no marker, none of an aborted transaction. Costs an index look-up and one batch, unless `earlier` still holds: then
 * nothing is read. Throws LogCorrupt, DiskError, SegmentOffline.
 */
export function findUnread(log: SearchedLog, search: UnreadSearch, earlier: Unread | null = null): Unread {
  const known = earlier !== null && isAbout(earlier, search) ? earlier : null
  const from = Math.max(search.fromOffset, known?.nextOffset ?? 0, log.logStartOffset)
  return log.lookUp(segments => {
    if (known !== null && holds(known, search, { segments, logStartOffset: log.logStartOffset })) return known
    return new UnreadWalk(log, segments, search).run(from)
  })
}

/** Whether the range that was searched has the new beginning in it; a watermark that fell means other records. */
function isAbout(earlier: Unread, { fromOffset, untilOffset }: UnreadSearch): boolean {
  return fromOffset >= earlier.fromOffset && fromOffset <= earlier.nextOffset && untilOffset >= earlier.untilOffset
}

function holds(known: Unread, search: UnreadSearch, now: { segments: SegmentView; logStartOffset: number }): boolean {
  const { record, untilOffset } = known
  if (record === null) return known.nextOffset === search.untilOffset
  if (record.offset < now.logStartOffset) return false
  if (now.segments.all[now.segments.floorIndex(record.offset)] !== known.segment) return false
  return known.isDecided || untilOffset === search.untilOffset
}

class UnreadWalk {
  readonly #log: SearchedLog
  readonly #segments: SegmentView
  readonly #search: UnreadSearch
  #aborted: AbortedRanges | null = null
  #batchesLeft: number

  constructor(log: SearchedLog, segments: SegmentView, search: UnreadSearch) {
    this.#log = log
    this.#segments = segments
    this.#search = search
    this.#batchesLeft = search.batchesMax ?? BATCHES_MAX
  }

  run(from: number): Unread {
    const { untilOffset } = this.#search
    for (let i = this.#segments.floorIndex(from); from < untilOffset && i < this.#segments.count; i++) {
      if ((this.#segments.all[i] as Segment).baseOffset >= untilOffset) break
      const found = this.#walk(this.#segments.use(i), from)
      if (found !== null) return found
    }
    return this.#nothingBelow(untilOffset)
  }

  /** Null: there is nothing in this segment. */
  #walk(segment: Segment, from: number): Unread | null {
    const { untilOffset, lastStableOffset, fromOffset } = this.#search
    const position = segment.positionOf(from)
    if (position < 0) return null
    const scanner = segment.scanNear(position)
    while (segment.advance(scanner)) {
      const { batch } = scanner
      if (batch.baseOffset >= untilOffset) return this.#nothingBelow(untilOffset)
      if (this.#batchesLeft-- <= 0) return this.#nothingBelow(Math.max(from, batch.baseOffset))
      const record = this.#isReadable(batch) ? firstSince(segment, scanner, from) : null
      if (record === null) continue
      if (record.offset >= untilOffset) return this.#nothingBelow(untilOffset)
      const isDecided = !batch.isTransactional || batch.lastOffset < lastStableOffset
      return { fromOffset, nextOffset: record.offset, untilOffset, record, isDecided, segment }
    }
    return null
  }

  #isReadable(batch: StoredBatch): boolean {
    if (batch.isControl || batch.recordCount === 0) return false
    if (!batch.isTransactional) return true
    const { untilOffset } = this.#search
    this.#aborted ??= new AbortedRanges(this.#log.abortedTransactions(batch.baseOffset, untilOffset), untilOffset)
    return !this.#aborted.has(batch)
  }

  #nothingBelow(nextOffset: number): Unread {
    const { fromOffset, untilOffset } = this.#search
    const next = Math.max(fromOffset, nextOffset)
    return { fromOffset, nextOffset: next, untilOffset, record: null, isDecided: true, segment: null }
  }
}

function firstSince(segment: Segment, scanner: BatchScanner, fromOffset: number): RecordTime | null {
  return firstRecordSince(segment, scanner, { fromOffset, timestamp: Number.NEGATIVE_INFINITY })
}

/** Aborted transactions by producer, asked for batches in ascending order. */
class AbortedRanges {
  readonly #byProducer = new Map<number, { ranges: AbortedTransaction[]; at: number }>()

  constructor(transactions: readonly AbortedTransaction[], untilOffset: number) {
    for (const transaction of transactions) {
      if (transaction.lastOffset >= untilOffset) continue
      const mine = this.#byProducer.get(transaction.producerId)
      if (mine === undefined) this.#byProducer.set(transaction.producerId, { ranges: [transaction], at: 0 })
      else mine.ranges.push(transaction)
    }
  }

  has({ producerId, baseOffset }: StoredBatch): boolean {
    const mine = this.#byProducer.get(producerId)
    if (mine === undefined) return false
    while ((mine.ranges[mine.at]?.lastOffset ?? Number.POSITIVE_INFINITY) < baseOffset) mine.at++
    return (mine.ranges[mine.at]?.firstOffset ?? Number.POSITIVE_INFINITY) <= baseOffset
  }
}
