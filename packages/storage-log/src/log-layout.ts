import type { Clock } from '@streambus/base'
import type { CleanedGroup } from './compaction/rewrite.ts'
import { dropCleaned, swapIn } from './compaction/swap.ts'
import type { EpochCache } from './epoch-cache.ts'
import { writeLogStart } from './log-start.ts'
import type { AbortedTransaction } from './lookup/transaction-index.ts'
import { findAborted, loadProducerState, type ReplayOptions } from './producer/producer-replay.ts'
import type { ProducerState } from './producer/producer-state.ts'
import type { SnapshotFiles } from './producer/snapshot-files.ts'
import type { RecoveredLog } from './recovery/recovery.ts'
import { Segment, type SegmentContext } from './segment/segment.ts'
import { createSegment, deleteSegment } from './segment/segment-life.ts'
import { SegmentList } from './segment/segment-list.ts'

/**
 * So much may be replayed for the producer state at a start after a crash, besides what came since the last
 * checkpoint.
 */
const SNAPSHOT_BYTES = 64 * 1024 * 1024

export interface LogLayoutOptions {
  readonly clock: Clock
  /** Called before the end of the log moves below what may be checkpointed as durable. */
  readonly lowerRecoveryPoint: (offset: number) => void
  readonly expirationMs: () => number
}

/**
 * What a log consists of on disk, and every change of it that is not an append: each is durable when it returns, and
 * a crash in the middle leaves the state before or after it. Throws DiskError.
 */
export class LogLayout {
  readonly segments: SegmentList
  readonly epochs: EpochCache
  readonly snapshots: SnapshotFiles
  producers: ProducerState
  readonly #context: SegmentContext
  readonly #options: LogLayoutOptions
  #logStartOffset: number
  #sizeAtSnapshot: number

  constructor(context: SegmentContext, recovered: RecoveredLog, options: LogLayoutOptions) {
    this.#context = context
    this.#options = options
    this.segments = new SegmentList(recovered.segments, options.clock)
    this.epochs = recovered.epochs
    this.snapshots = recovered.snapshots
    this.producers = recovered.producers
    this.#logStartOffset = recovered.logStartOffset
    this.#sizeAtSnapshot = this.segments.sizeBytes
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  get active(): Segment {
    return this.segments.active
  }

  /**
   * Lets a start after a crash begin near the end: indexes, and a producer snapshot if much was written since the
   * last.
   */
  saveCaches(): void {
    this.active.saveIndexes(false)
    if (Math.abs(this.segments.sizeBytes - this.#sizeAtSnapshot) > SNAPSHOT_BYTES) this.saveSnapshot()
  }

  saveSnapshot(): void {
    this.snapshots.save(this.active.endOffset, this.producers, this.active.baseOffset)
    this.#sizeAtSnapshot = this.segments.sizeBytes
  }

  /**
   * Snapshot → indexes → create new → sync directory → publish. The old segment must be synced: so only the last one
   * can be torn.
   */
  roll(nowMs: number): void {
    const old = this.active
    this.saveSnapshot()
    old.saveIndexes(true)
    this.segments.push(createSegment(this.#context, old.endOffset, nowMs))
    old.seal()
  }

  moveLogStart(offset: number): void {
    writeLogStart(this.#context.disk, this.#context.directory, offset)
    this.#logStartOffset = offset
    this.epochs.truncateFromStart(offset)
  }

  /** Deletes the oldest `count` segments. Returns their bytes. */
  deleteFirst(count: number): number {
    const newStart = (this.segments.all[count] as Segment).baseOffset
    // First the log start: if the unlinks reach the disk in another order, what is left is dropped at the next start.
    if (newStart > this.#logStartOffset) this.moveLogStart(newStart)
    const removed = this.segments.removeFirst(count)
    this.#delete(removed)
    let bytes = 0
    for (const segment of removed) bytes += segment.sizeBytes
    return bytes
  }

  /** Cuts everything from the batch that contains `offset`, which is above the first segment's base. */
  cutAt(offset: number, nowMs: number): void {
    const endOffset = this.#batchStart(offset)
    this.#options.lowerRecoveryPoint(endOffset)
    this.#cutOff(this.segments.removeFrom(offset))
    const { active } = this
    const wasEnded = !active.isActive
    active.isActive = true
    const position = active.positionOf(offset)
    active.truncateTo(position >= 0 ? position : active.sizeBytes)
    active.syncNow()
    // Compaction may have left gaps in an ended segment, and a start takes those of the last one for damage; and a gap
    // before the cut: offsets go on behind it.
    if (active.endOffset < endOffset || (wasEnded && active.sizeBytes > 0)) this.#beginSegmentAt(endOffset, nowMs)
    // The log start may lie inside a batch that just went as a whole.
    if (endOffset < this.#logStartOffset) writeLogStart(this.#context.disk, this.#context.directory, endOffset)
    this.#logStartOffset = Math.min(this.#logStartOffset, endOffset)
    this.#truncated(nowMs)
  }

  /** Drops all records; the next one gets `offset`. */
  restartAt(offset: number, nowMs: number): void {
    this.#options.lowerRecoveryPoint(0)
    const { disk, directory } = this.#context
    // Upwards the log start goes first: after a crash, the next start drops what lies below it. Downwards it goes last:
    // records that were deleted must not come back.
    const isUpwards = offset > this.#logStartOffset
    if (isUpwards) writeLogStart(disk, directory, offset)
    // Before the segments: what a snapshot knows of the old records must not be taken for the state of the new ones.
    this.snapshots.dropAbove(-1)
    this.#cutOff(this.segments.removeFrom(0))
    this.segments.reset(createSegment(this.#context, offset, nowMs))
    if (offset < this.#logStartOffset) writeLogStart(disk, directory, offset)
    this.#logStartOffset = offset
    this.#truncated(nowMs)
  }

  /**
   * Puts what a compaction round has cleaned in the place of its segments. False, and its files are gone, when they
   * are not what it read any more.
   */
  swapIn(group: CleanedGroup, nowMs: number): boolean {
    const { disk, directory } = this.#context
    const replaced = this.segments.all.filter(({ baseOffset }) => group.replaced.includes(baseOffset))
    for (const segment of replaced) segment.release()
    if (!swapIn(disk, directory, group)) return false
    const createdMs = replaced[0]?.createdMs ?? nowMs
    this.segments.replace(replaced, new Segment(this.#context, { ...group, createdMs }))
    return true
  }

  dropCleaned({ baseOffset }: CleanedGroup): void {
    dropCleaned(this.#context.disk, this.#context.directory, baseOffset)
  }

  /** Finds out the aborted transactions of a segment. Throws LogCorrupt. */
  loadAborted(segment: Segment, nowMs: number): readonly AbortedTransaction[] {
    const aborted = findAborted(this.#replay(nowMs), segment)
    segment.setAborted(aborted)
    return aborted
  }

  #beginSegmentAt(offset: number, nowMs: number): void {
    const old = this.active
    old.endOffset = offset
    if (old.aborted === null) this.loadAborted(old, nowMs)
    old.saveIndexes(true)
    this.segments.push(createSegment(this.#context, offset, nowMs))
    old.seal()
  }

  #truncated(nowMs: number): void {
    const { endOffset } = this.active
    this.epochs.truncateFromEnd(endOffset)
    this.snapshots.dropAbove(endOffset)
    const replay = this.#replay(nowMs)
    this.producers = loadProducerState(replay, endOffset)
    if (this.active.aborted === null) this.loadAborted(this.active, nowMs)
  }

  #replay(nowMs: number): ReplayOptions {
    const expirationMs = this.#options.expirationMs()
    return { segments: this.segments.all, snapshots: this.snapshots, nowMs, expirationMs }
  }

  /** Where the batch begins that contains `offset`: a cut takes it as a whole. */
  #batchStart(offset: number): number {
    const segment = this.segments.all[this.segments.floorIndex(offset)] as Segment
    const position = segment.positionOf(offset)
    if (position < 0) return offset
    const scanner = segment.scan(position)
    return segment.advance(scanner) ? Math.min(offset, scanner.batch.baseOffset) : offset
  }

  /** Newest first, one by one: whatever a power cut leaves must have no hole. */
  #cutOff(segments: readonly Segment[]): void {
    for (const segment of segments.toReversed()) this.#delete([segment])
  }

  #delete(segments: readonly Segment[]): void {
    for (const segment of segments) deleteSegment(this.#context, segment)
    this.#context.disk.syncDirectory(this.#context.directory)
  }
}
