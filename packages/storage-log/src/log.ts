import { assert, type Clock, DiskError } from '@streambus/base'
import {
  type BatchSummary,
  HEADER_BYTES,
  isControl as isControlBatch,
  readBaseOffset,
  stampOffsetAndEpoch
} from '@streambus/protocol/records'
import { type CompactionRound, planRound, type RoundBounds } from './compaction/plan-round.ts'
import type { CleanedGroup } from './compaction/rewrite.ts'
import type { LogConfig } from './config.ts'
import type { EpochEnd } from './epoch-cache.ts'
import { AppendRefused, isDiskFull, isShortage, LogCorrupt, OffsetOutOfRange } from './errors.ts'
import { Flusher } from './flush/flusher.ts'
import { Unsynced } from './flush/unsynced.ts'
import { LogLayout } from './log-layout.ts'
import type { AppendOptions, AppendOrigin, AppendResult, LogOptions } from './log-options.ts'
import type { IndexFault, LogProbe } from './log-probe.ts'
import type { SegmentView } from './lookup/record-after.ts'
import { findMaxTimestamp, findTimestamp, type TimestampOffset } from './lookup/time-lookup.ts'
import type { AbortedTransaction } from './lookup/transaction-index.ts'
import { readMarker } from './producer/producer-replay.ts'
import type { ProducerEntry } from './producer/producer-state.ts'
import { recoverLog } from './recovery/recovery.ts'
import { countExpired } from './retention.ts'
import { RollPolicy } from './roll-policy.ts'
import { OpenFiles } from './segment/open-files.ts'
import {
  emptyRead,
  FRESH_BUFFERS,
  type ReadBufferPool,
  type ReadOptions,
  type ReadResult,
  readBatches
} from './segment/read.ts'
import type { Segment } from './segment/segment.ts'
import type { IndexFiles } from './segment/segment-list.ts'

/** For a log on its own; a broker shares one set among all logs. */
const OPEN_FILES_DEFAULT = 64

/**
 * One partition's log on disk. Everything except the group commit is synchronous, so a call is a critical section.
 * Offsets below `logEndOffset` are written, below `durableEndOffset` survive a power cut; what consumers may see (high
 * watermark) is decided above.
 */
export class Log {
  readonly directory: string
  readonly #clock: Clock
  readonly #probe: LogProbe
  readonly #onFatal: (error: DiskError) => void
  readonly #makeRoom: () => boolean
  readonly #layout: LogLayout
  readonly #flusher: Flusher
  readonly #buffers: ReadBufferPool
  readonly #rollPolicy: RollPolicy
  readonly #unsynced = new Unsynced()
  readonly #writeParts: Uint8Array[] = [Buffer.alloc(0)]
  #config: LogConfig
  #logEndOffset: number
  /** Counts truncations: what a compaction round read before one must not come back after it. */
  #generation = 0
  #state: 'open' | 'failed' | 'closed' = 'open'

  /**
   * Opens or creates a log; after an unclean stop this is where recovery happens. Throws LogCorrupt when durable bytes
   * changed (the partition goes offline), DiskError when the disk fails.
   */
  static open(options: LogOptions): Log {
    return new Log(options)
  }

  private constructor(options: LogOptions) {
    const { config, disk, directory, probe } = options
    const openedMs = options.clock.monotonicMs()
    const lowerRecoveryPoint = options.lowerRecoveryPoint ?? (() => {})
    const context = {
      disk,
      directory,
      indexIntervalBytes: config.indexIntervalBytes,
      openFiles: options.openFiles ?? new OpenFiles(OPEN_FILES_DEFAULT),
      onIndexRebuilt: (path: string, fault: IndexFault) => probe.indexRebuilt(path, fault),
      onSyncWanted: () => this.#requestCountedSync()
    }
    const recovered = recoverLog({
      ...options,
      context,
      lowerRecoveryPoint,
      recoveryPoint: options.recoveryPoint ?? 0,
      logStartOffset: options.logStartOffset ?? 0,
      producerIdExpirationMs: config.producerIdExpirationMs,
      nowMs: options.clock.wallMs()
    })
    this.directory = directory
    this.#config = config
    this.#clock = options.clock
    this.#probe = probe
    this.#onFatal = options.onFatal
    this.#makeRoom = options.makeRoom ?? (() => false)
    this.#buffers = options.buffers ?? FRESH_BUFFERS
    this.#rollPolicy = new RollPolicy(config, options.jitterShare ?? 0)
    const expirationMs = () => this.#config.producerIdExpirationMs
    this.#layout = new LogLayout(context, recovered, { clock: options.clock, lowerRecoveryPoint, expirationMs })
    this.#logEndOffset = this.#layout.active.endOffset
    this.#flusher = this.#newFlusher()
    probe.opened(options.clock.monotonicMs() - openedMs, directory)
  }

  get logStartOffset(): number {
    return this.#layout.logStartOffset
  }

  /** The offset of the next record. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Everything below was covered by a completed fdatasync that began after it was written. */
  get durableEndOffset(): number {
    return this.#flusher.durableEndOffset
  }

  /** For the recovery-point checkpoint. */
  get recoveryPoint(): number {
    return this.#flusher.durableEndOffset
  }

  get sizeBytes(): number {
    return this.#layout.segments.sizeBytes
  }

  /** `sizeBytes` does not have them. */
  get indexFiles(): IndexFiles {
    return this.#layout.segments
  }

  get segmentCount(): number {
    return this.#layout.segments.count
  }

  get activeSegment(): Segment {
    return this.#layout.active
  }

  get config(): LogConfig {
    return this.#config
  }

  /** First offset of the oldest open transaction, or −1: read_committed consumers stop there. */
  get firstUndecidedOffset(): number {
    return this.#layout.producers.firstUndecidedOffset
  }

  get latestEpoch(): number {
    return this.#layout.epochs.latestEpoch
  }

  get isFailed(): boolean {
    return this.#state === 'failed'
  }

  activeProducers(): IterableIterator<ProducerEntry> {
    return this.#layout.producers.values()
  }

  get producerCount(): number {
    return this.#layout.producers.size
  }

  /**
   * Appends the validated batch in `bytes[start, end)`; base offset and leader epoch are set in place (a replica's are
   * kept). Not durable yet: see `requestSync`. Throws AppendRefused, and then nothing has changed; KAFKA_STORAGE_ERROR
   * means that the disk is full (reads go on, a later append may succeed) or has failed (`onFatal` was called).
   */
  // oxlint-disable-next-line max-params -- once per produced batch: an options object more is an allocation more
  append(bytes: Buffer, start: number, end: number, batch: BatchSummary, options: AppendOptions): AppendResult {
    const { origin } = options
    if (this.#state !== 'open') throw this.#notWritable()
    this.#checkSize(end - start, origin)
    const isControl = isControlBatch(bytes, start)
    if (batch.producerId >= 0 && !isControl && origin === 'client') {
      const duplicateOf = this.#layout.producers.check(batch)
      if (duplicateOf >= 0) return result('duplicate', duplicateOf, batch)
    }
    const nowMs = this.#clock.wallMs()
    const baseOffset = this.#logEndOffset
    if (this.#rollPolicy.isDueBefore(this.#layout.active, batch, end - start, nowMs)) this.#rollForAppend(nowMs, origin)
    if (options.leaderEpoch > this.#layout.epochs.latestEpoch) this.assignEpoch(options.leaderEpoch)
    if (origin === 'replica') assert(readBaseOffset(bytes, start) === baseOffset, 'a replica appends at the log end')
    else stampOffsetAndEpoch(bytes, start, baseOffset, options.leaderEpoch)
    const startedMs = this.#clock.monotonicMs()
    this.#write(bytes, start, end, origin)
    const writtenMs = this.#clock.monotonicMs()

    const lastOffset = baseOffset + batch.lastOffsetDelta
    this.#layout.active.publish(lastOffset, batch.maxTimestamp, end - start, true)
    this.#logEndOffset = lastOffset + 1
    if (batch.producerId >= 0) {
      if (isControl) this.#applyMarker(bytes, start, batch, nowMs)
      else this.#layout.producers.apply(batch, lastOffset, nowMs)
    }
    this.#flusher.wrote(writtenMs)
    if (this.#unsynced.add(batch.recordCount, end - start, writtenMs, this.#config)) this.#requestCountedSync()
    this.#probe.appended(batch.recordCount, end - start, writtenMs - startedMs)
    return result('appended', lastOffset, batch)
  }

  /**
   * Whole batches below `untilOffset`, the first of which contains `fromOffset`, from one segment. The caller releases
   * the result. Throws OffsetOutOfRange; LogCorrupt or DiskError, and from then on SegmentOffline for a while.
   */
  read(options: ReadOptions): ReadResult {
    const { fromOffset } = options
    if (fromOffset < this.logStartOffset || fromOffset > this.#logEndOffset) {
      throw new OffsetOutOfRange(fromOffset, this.logStartOffset, this.#logEndOffset)
    }
    const untilOffset = Math.min(options.untilOffset, this.#logEndOffset)
    return fromOffset >= untilOffset ? emptyRead(fromOffset) : this.#reading(() => this.#read(options))
  }

  #read(options: ReadOptions): ReadResult {
    const { fromOffset } = options
    const startedMs = this.#clock.monotonicMs()
    for (let i = this.#layout.segments.floorIndex(fromOffset); i < this.#layout.segments.count; i++) {
      const segment = this.#layout.segments.use(i)
      const position = segment.positionOf(fromOffset)
      if (position < 0) continue
      const found = readBatches(segment, position, this.#buffers, options)
      if (found.bytes > 0) this.#probe.readBytes(found.bytes, this.#clock.monotonicMs() - startedMs)
      return found
    }
    return emptyRead(fromOffset)
  }

  /**
   * Bytes of the batches from the one that contains `fromOffset` up to `untilOffset`, for a fetch that waits for a
   * minimum. Exact; looks at headers only. Throws LogCorrupt, DiskError.
   */
  bytesBetween(fromOffset: number, untilOffset: number): number {
    return this.#reading(() => this.#bytesBetween(fromOffset, untilOffset))
  }

  #bytesBetween(fromOffset: number, untilOffset: number): number {
    let bytes = 0
    for (let i = this.#layout.segments.floorIndex(fromOffset); i < this.#layout.segments.count; i++) {
      const segment = this.#layout.segments.use(i)
      if (segment.baseOffset >= untilOffset) break
      const start = segment.positionOf(fromOffset)
      if (start < 0) continue
      const end = untilOffset < segment.endOffset ? segment.positionOf(untilOffset) : -1
      // Compaction may have left nothing at or after the offset.
      bytes += (end < 0 ? segment.sizeBytes : end) - start
    }
    return bytes
  }

  /** Asks for a group commit. Cheap; any number of calls share one fdatasync. */
  requestSync(): void {
    this.#flusher.request('append')
  }

  /**
   * `listener` hears the new durable end offset after each group commit that moved it. Never called inside `append`.
   */
  onDurable(listener: (durableEndOffset: number) => void): void {
    this.#flusher.onDurable(listener)
  }

  /** When the oldest write that no sync has covered was made, of the monotonic clock; −1: all is durable. */
  get unsyncedSinceMs(): number {
    return this.#flusher.unsyncedSinceMs
  }

  /** How long the sync under way has taken so far; 0 when none is. `nowMonotonicMs` is of the clock of the options. */
  syncRunningMs(nowMonotonicMs: number): number {
    return this.#flusher.syncRunningMs(nowMonotonicMs)
  }

  /** Asks for a sync when `flush.messages` or `flush.ms` says so; to be called about once a second. */
  flushIfDue(nowMs = this.#clock.monotonicMs()): void {
    if (this.#unsynced.isDue(nowMs, this.#config)) this.#requestCountedSync()
  }

  /** The first record, in offset order, with a timestamp ≥ `timestamp` ms; null when there is none. */
  offsetForTimestamp(timestamp: number): TimestampOffset | null {
    return this.#reading(() => findTimestamp(this.#layout.segments, this.logStartOffset, timestamp))
  }

  /** The first record that has the largest timestamp; null for a log without timestamps. */
  offsetOfMaxTimestamp(): TimestampOffset | null {
    return this.#reading(() => findMaxTimestamp(this.#layout.segments, this.logStartOffset))
  }

  /** For look-ups with files of their own (`findUnread`): `find` only reads. Throws what `find` throws. */
  lookUp<T>(find: (segments: SegmentView) => T): T {
    return this.#reading(() => find(this.#layout.segments))
  }

  /**
   * The aborted transactions with records in [fromOffset, untilOffset), for consumers with read_committed. Throws
   * LogCorrupt, DiskError.
   */
  abortedTransactions(fromOffset: number, untilOffset: number): AbortedTransaction[] {
    return this.#reading(() => this.#abortedTransactions(fromOffset, untilOffset))
  }

  #abortedTransactions(fromOffset: number, untilOffset: number): AbortedTransaction[] {
    const { segments } = this.#layout
    const found: AbortedTransaction[] = []
    for (let i = segments.floorIndex(fromOffset); i < segments.count; i++) {
      const segment = segments.use(i)
      // What was just found counts, not what the segment remembers of it: it may have been evicted meanwhile.
      for (const transaction of segment.aborted ?? this.#layout.loadAborted(segment, this.#clock.wallMs())) {
        if (transaction.lastOffset >= fromOffset && transaction.firstOffset < untilOffset) found.push(transaction)
        if (transaction.lastStableOffset >= untilOffset) return found
      }
    }
    return found
  }

  /** OffsetForLeaderEpoch: where the records of `epoch` end; (−1, −1) when it is newer than all or nothing is known. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#layout.epochs.endOffsetFor(epoch, this.#logEndOffset)
  }

  /** The leader epoch that wrote `offset`, or −1. */
  epochOf(offset: number): number {
    return this.#layout.epochs.epochOf(offset)
  }

  /** Start of leadership: `epoch` begins at the log end. Durable when it returns. */
  assignEpoch(epoch: number): void {
    this.#guarded(() => this.#layout.epochs.assign(epoch, this.#logEndOffset))
  }

  /** Cuts everything from the batch that contains `offset`. Durable when it returns. For followers and raft. */
  truncateTo(offset: number): void {
    if (offset >= this.#logEndOffset) return
    if (offset <= this.#layout.segments.first.baseOffset) return this.restartAt(offset)
    this.#guarded(() => this.#layout.cutAt(offset, this.#clock.wallMs()))
    this.#truncated()
  }

  /** Drops all records; the next one gets `offset`. For a follower that is behind its leader's log start. */
  restartAt(offset: number): void {
    this.#guarded(() => this.#layout.restartAt(offset, this.#clock.wallMs()))
    this.#truncated()
  }

  /** Moves the log start up to `offset` (at most the log end). Durable when it returns. Lower values change nothing. */
  deleteRecordsBefore(offset: number): void {
    assert(offset <= this.#logEndOffset, 'records that do not exist yet cannot be deleted')
    if (offset <= this.logStartOffset) return
    this.#withRoom(() => this.#layout.moveLogStart(offset))
  }

  /**
   * Deletes the oldest segments that retention no longer wants: whole ones, never the active one, nothing at or above
   * the high watermark or the durable end. Returns how many.
   */
  applyRetention(nowMs: number, highWatermark = Number.POSITIVE_INFINITY): number {
    const deletableEndOffset = Math.min(highWatermark, this.durableEndOffset)
    const count = countExpired({
      segments: this.#layout.segments.all,
      config: this.#config,
      logStartOffset: this.logStartOffset,
      deletableEndOffset,
      nowMs
    })
    if (count > 0)
      this.#probe.segmentsDeleted(
        count,
        this.#withRoom(() => this.#layout.deleteFirst(count))
      )
    return count
  }

  /** What a compaction round would touch and whether it is due. Throws LogCorrupt, DiskError. */
  planRound(bounds: RoundBounds): CompactionRound {
    const { segments, producers } = this.#layout
    return planRound({
      ...bounds,
      log: this,
      segments: segments.all,
      producers: producers.values(),
      generation: this.#generation
    })
  }

  /**
   * Puts what a round has cleaned in the place of the segments it read, durably. False when the log has changed too
   * much meanwhile; then the round's first dirty offset must not be used.
   */
  swapIn(group: CleanedGroup, generation: number): boolean {
    if (this.#state !== 'open') return false
    if (generation === this.#generation) return this.#guarded(() => this.#layout.swapIn(group, this.#clock.wallMs()))
    this.#guarded(() => this.#layout.dropCleaned(group))
    return false
  }

  /** Forgets idle producers (`producer.id.expiration.ms`). Returns how many. */
  expireProducers(nowMs: number): number {
    const count = this.#layout.producers.expire(nowMs, this.#config.producerIdExpirationMs)
    if (count > 0) this.#probe.producersExpired(count)
    return count
  }

  /**
   * Writes a producer snapshot at the log end, so that a start after a crash replays less; to be called every ten
   * minutes.
   * Durable when it returns.
   */
  snapshotProducers(): void {
    if (this.#state === 'open') this.#guarded(() => this.#layout.saveSnapshot())
  }

  /**
   * Writes out what spares a start after a crash most of its walk: to be called before the recovery point is
   * checkpointed, about once a minute. Not synced, except for a producer snapshot after much data.
   */
  saveCaches(): void {
    if (this.#state === 'open') this.#guarded(() => this.#layout.saveCaches())
  }

  /** Rolls when `segment.ms` is over, so that retention can take an idle segment. True when it did. */
  maybeRoll(nowMs: number): boolean {
    if (this.#state !== 'open' || !this.#rollPolicy.isTimeOver(this.#layout.active, -1, nowMs)) return false
    this.#withRoom(() => this.#roll(nowMs))
    return true
  }

  updateConfig(config: LogConfig): void {
    this.#config = config
    this.#rollPolicy.updateConfig(config)
  }

  /** Syncs, writes producer snapshot and indexes, closes. Throws DiskError: then the stop was not clean. */
  closeClean(): void {
    if (this.#state !== 'open') return this.closeUnclean()
    this.#guarded(() => {
      this.#flusher.syncNow()
      this.#layout.saveSnapshot()
      this.#layout.active.saveIndexes(true)
    })
    this.closeUnclean()
  }

  /** Closes files and nothing else. What was not synced may be lost. */
  closeUnclean(): void {
    this.#flusher.stop()
    if (this.#state === 'open') this.#state = 'closed'
    for (const segment of this.#layout.segments.all) segment.closeFile()
  }

  #newFlusher(): Flusher {
    return new Flusher({
      source: { logEndOffset: () => this.#logEndOffset, activeSegment: () => this.#layout.active },
      clock: this.#clock,
      probe: this.#probe,
      durableEndOffset: this.#logEndOffset,
      onFatal: error => this.#fail(error)
    })
  }

  #checkSize(sizeBytes: number, origin: AppendOrigin): void {
    const { maxMessageBytes, segmentBytes } = this.#config
    if (sizeBytes > maxMessageBytes && (origin === 'client' || origin === 'coordinator')) {
      const message = `a batch of ${sizeBytes} bytes is larger than max.message.bytes (${maxMessageBytes})`
      throw new AppendRefused('MESSAGE_TOO_LARGE', message)
    }
    if (sizeBytes > segmentBytes) {
      const message = `a batch of ${sizeBytes} bytes is larger than segment.bytes (${segmentBytes})`
      throw new AppendRefused('RECORD_LIST_TOO_LARGE', message)
    }
  }

  #write(bytes: Buffer, start: number, end: number, origin: AppendOrigin): void {
    this.#writeParts[0] = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
    try {
      this.#layout.active.write(this.#writeParts)
    } catch (error) {
      const refused = this.#writeFailed(error)
      if (origin === 'client' || !this.#hasMadeRoom(error)) throw refused
      this.#write(bytes, start, end, 'client')
    }
  }

  /** Producers never get the room that was kept. */
  #hasMadeRoom(error: unknown): boolean {
    return isDiskFull(error) && this.#makeRoom()
  }

  /** A full disk costs this batch; anything else costs the process. */
  #writeFailed(error: unknown): Error {
    if (!(error instanceof DiskError)) return error as Error
    const { active } = this.#layout
    if (isShortage(error)) this.#guarded(() => active.cutBack())
    else this.#fail(error)
    return this.#storageError(error)
  }

  #storageError(error: DiskError): AppendRefused {
    if (isShortage(error)) this.#probe.diskFull(error.path)
    const hint = isShortage(error) ? '; free space (or descriptors) and retry' : ''
    return new AppendRefused('KAFKA_STORAGE_ERROR', `${error.message}${hint}`, error)
  }

  #applyMarker(bytes: Buffer, start: number, batch: BatchSummary, nowMs: number): void {
    const marker = readMarker(bytes, start + HEADER_BYTES)
    if (marker === null) return
    const { producerId, producerEpoch, maxTimestamp: timestampMs } = batch
    const lastOffset = this.#logEndOffset - 1
    const aborted = this.#layout.producers.applyMarker(
      { producerId, producerEpoch, timestampMs, ...marker },
      lastOffset,
      nowMs
    )
    if (aborted !== null) this.#layout.active.addAborted(aborted)
  }

  #requestCountedSync(): void {
    this.#unsynced.reset()
    this.#flusher.request('limit')
  }

  #rollForAppend(nowMs: number, origin: AppendOrigin): void {
    try {
      this.#roll(nowMs)
    } catch (error) {
      if (origin !== 'client' && this.#hasMadeRoom(error)) return this.#rollForAppend(nowMs, 'client')
      throw error instanceof DiskError ? this.#storageError(error) : error
    }
  }

  /** What rolls is synced first: so only the last segment can be torn. */
  #roll(nowMs: number): void {
    this.#guarded(() => {
      this.#flusher.syncNow()
      this.#layout.roll(nowMs)
    })
    this.#probe.rolled()
  }

  #truncated(): void {
    this.#generation++
    this.#logEndOffset = this.#layout.active.endOffset
    this.#flusher.truncatedTo(this.#logEndOffset)
  }

  /** What cannot be read is left alone for a while: a dying disk must not be asked again by every consumer. */
  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      const isDamage = error instanceof LogCorrupt || (error instanceof DiskError && error.operation === 'read')
      const segment = isDamage ? this.#layout.segments.takeOffline(error.path, error) : null
      if (segment !== null) {
        this.#probe.rangeOffline(segment.path, segment.baseOffset, segment.endOffset, error as Error)
      }
      throw error
    }
  }

  /** For what frees space, or lets retention free it. */
  #withRoom<T>(change: () => T): T {
    try {
      return this.#guarded(change)
    } catch (error) {
      if (!this.#hasMadeRoom(error)) throw error
      return this.#guarded(change)
    }
  }

  /** For changes of files. A disk error in them is final, unless there was just no room: each can be tried again. */
  #guarded<T>(change: () => T): T {
    try {
      return change()
    } catch (error) {
      if (error instanceof DiskError && !isShortage(error)) this.#fail(error)
      throw error
    }
  }

  #fail(error: DiskError): void {
    if (this.#state === 'failed') return
    this.#state = 'failed'
    this.#flusher.stop()
    this.#onFatal(error)
  }

  #notWritable(): AppendRefused {
    return new AppendRefused('KAFKA_STORAGE_ERROR', `${this.directory}: the log is ${this.#state}`)
  }
}

function result(kind: AppendResult['kind'], lastOffset: number, batch: BatchSummary): AppendResult {
  const { logAppendTimeMs } = batch
  return { kind, baseOffset: lastOffset - batch.lastOffsetDelta, lastOffset, logAppendTimeMs }
}
