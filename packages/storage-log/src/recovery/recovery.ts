import { type Disk, DiskError, type DiskFile } from '@streambus/base'
import { recoverSwaps } from '../compaction/swap.ts'
import { EpochCache } from '../epoch-cache.ts'
import { isShortage, LogCorrupt } from '../errors.ts'
import { CORRUPT_SUFFIX, EPOCH_CHECKPOINT, LOG_START_FILE, parseLogFileName, tornFileName } from '../file-names.ts'
import type { LogProbe } from '../log-probe.ts'
import { readLogStart, writeLogStart } from '../log-start.ts'
import { findAborted, loadProducerState } from '../producer/producer-replay.ts'
import { ProducerState } from '../producer/producer-state.ts'
import { SnapshotFiles } from '../producer/snapshot-files.ts'
import type { Segment, SegmentContext } from '../segment/segment.ts'
import { createSegment, deleteSegment, openSegment } from '../segment/segment-life.ts'
import { classifyBadTail, isZeroUntil } from './bad-tail.ts'
import { findHoles } from './find-holes.ts'
import { planRecovery, type RecoveryPlan } from './recovery-plan.ts'
import { rewriteAndSync, type ScanResult, scanSegment } from './recovery-scan.ts'

const COPY_CHUNK_BYTES = 1024 * 1024

export interface RecoverOptions {
  readonly context: SegmentContext
  readonly probe: LogProbe
  readonly cleanStart: boolean
  readonly recoveryPoint: number
  readonly logStartOffset: number
  readonly producerIdExpirationMs: number
  readonly nowMs: number
  /** Called before a segment is quarantined: its records no longer count as durable. */
  readonly lowerRecoveryPoint: (offset: number) => void
}

export interface RecoveredLog {
  /** Ascending, at least one; the last is the active one. All of them durable. */
  readonly segments: Segment[]
  readonly epochs: EpochCache
  readonly producers: ProducerState
  readonly snapshots: SnapshotFiles
  readonly logStartOffset: number
}

/**
 * Brings one partition directory into a state that can be written to. Throws LogCorrupt (nothing is cut then) and
 * DiskError. Cost: after a clean stop a few small reads; else a walk over what the index of the last segment does not
 * know and what was not synced, with CRCs and a rewrite only above the recovery point.
 */
export function recoverLog(options: RecoverOptions): RecoveredLog {
  const { context, nowMs } = options
  const { disk, directory } = context
  makeDurableDirectory(disk, directory)
  recoverSwaps(disk, directory)
  const names = disk.list(directory).map(entry => entry.name)
  const start = findLogStart(options)
  const deletable = deletableBelow(start, names)
  // Nothing that is deleted anyway is missed.
  const recoveryPoint = options.recoveryPoint > deletable ? options.recoveryPoint : 0
  const plan = planRecovery({ ...options, recoveryPoint, names, logStartOffset: deletable })
  if (plan.quarantined !== null) throw stillQuarantined(directory, plan.quarantined)
  for (const name of plan.deletions) disk.unlink(`${directory}/${name}`)

  const segments = plan.segments.map((baseOffset, i) =>
    openSegment(context, { baseOffset, nextBaseOffset: plan.segments[i + 1] ?? -1, nowMs })
  )
  const epochs = new EpochCache(disk, `${directory}/${EPOCH_CHECKPOINT}`)
  const snapshots = new SnapshotFiles(disk, directory, plan.snapshots)
  const active = segments.at(-1)
  if (active === undefined) segments.push(createSegment(context, start.offset, nowMs))
  else recoverActive(active, plan, { ...options, epochs })

  const endOffset = (segments.at(-1) as Segment).endOffset
  const floor = decideLogStart(options, start, endOffset)
  if (endOffset < floor) return startOver(options, { segments, epochs, floor, snapshots })
  if (epochs.problem !== null) reportEpochs(options, epochs.problem)
  if (epochs.wasIntact) epochs.truncateFromEnd(endOffset + 1)
  else rebuildEpochs(epochs, segments)
  snapshots.dropAbove(endOffset)
  const replay = { segments, snapshots, nowMs, expirationMs: options.producerIdExpirationMs }
  const producers = loadProducerState(replay, endOffset)
  if (active?.aborted === null) active.setAborted(findAborted(replay, active))
  reportHoles(options, segments, floor)
  for (const segment of segments.slice(0, -1)) segment.release()
  const logStartOffset = Math.max(floor, segments[0]?.baseOffset ?? 0)
  // Said once, not at every start.
  if (start.problem !== null) writeLogStart(disk, directory, logStartOffset)
  return { segments, epochs, producers, snapshots, logStartOffset }
}

interface FoundLogStart {
  readonly offset: number
  /** From the partition's own file. */
  readonly isOwn: boolean
  readonly problem: string | null
}

/** The partition's own file is believed; without it, the checkpoint of the log directory, a minute old at most. */
function findLogStart({ context, logStartOffset }: RecoverOptions): FoundLogStart {
  const { offset, problem } = readLogStart(context.disk, context.directory)
  return offset === null ? { offset: logStartOffset, isOwn: false, problem } : { offset, isOwn: true, problem }
}

/**
 * Segments below are deleted. A log start that is not the log's own must lie within the log: the log may have begun
 * again lower since.
 */
function deletableBelow(start: FoundLogStart, names: readonly string[]): number {
  if (start.isOwn) return start.offset
  const isBeyond = names.some(name => {
    const file = parseLogFileName(name)
    return file?.kind === 'log' && file.baseOffset >= start.offset
  })
  return isBeyond ? start.offset : 0
}

/** Where the log starts, when it ends at `endOffset`; says what had to be guessed. */
function decideLogStart(options: RecoverOptions, start: FoundLogStart, endOffset: number): number {
  const offset = start.isOwn || start.offset <= endOffset ? start.offset : 0
  if (start.problem === null && offset === start.offset) return offset
  const problem = start.problem ?? `it is missing, and the checkpoint says ${start.offset}, beyond the end ${endOffset}`
  const known = offset > 0 ? `the log starts at offset ${offset}, as the last checkpoint says` : 'nothing is deleted'
  const path = `${options.context.directory}/${LOG_START_FILE}`
  options.probe.fileIgnored({ path, problem, consequence: `${known}; what was deleted since may be back` })
  return offset
}

/** What cannot be walked says so itself when it is read. */
function reportHoles({ probe }: RecoverOptions, segments: readonly Segment[], floor: number): void {
  try {
    for (const hole of findHoles(segments, floor)) probe.holeFound(hole)
  } catch (error) {
    if (!(error instanceof LogCorrupt)) throw error
  }
}

function reportEpochs({ context, probe }: RecoverOptions, problem: string): void {
  const path = `${context.directory}/${EPOCH_CHECKPOINT}`
  probe.fileIgnored({ path, problem, consequence: 'leader epochs are read from the batches again' })
}

function makeDurableDirectory(disk: Disk, directory: string): void {
  if (disk.exists(directory)) return
  disk.makeDirectory(directory)
  disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '/')
}

function recoverActive(active: Segment, plan: RecoveryPlan, options: RecoverOptions & { epochs: EpochCache }): void {
  active.isActive = true
  if (plan.activeMode === 'trust' && looksWhole(active, plan.recoveryPoint)) return
  const fileBytes = active.sizeBytes
  const { recoveryPoint } = plan
  const from = active.beginReplay(recoveryPoint)
  const scan = { from, fileBytes, endOffset: active.endOffset, verifyFrom: recoveryPoint }
  const result = scanSegment(active.handle, scan, batch => {
    options.epochs.assign(batch.leaderEpoch, batch.baseOffset)
    active.publish(batch.lastOffset, batch.maxTimestamp, batch.sizeBytes, !batch.isControl)
  })
  if (result.reason !== null || result.endOffset < recoveryPoint)
    judgeTail(active, result, { ...options, recoveryPoint }, fileBytes)
  // Most logs have nothing that was not known to be durable: thousands of syncs less.
  if (result.unsyncedPosition < fileBytes) {
    active.handle.truncate(result.validBytes)
    rewriteAndSync(active.handle, result.unsyncedPosition, result.validBytes)
  }
  active.endReplay()
  options.probe.recovered(fileBytes - result.unsyncedPosition, fileBytes - result.validBytes)
}

/** After a clean stop: the indexes lead to the end of the file. A surprise is handled like an unclean stop. */
function looksWhole(active: Segment, recoveryPoint: number): boolean {
  try {
    active.load()
    return active.endOffset >= recoveryPoint
  } catch (error) {
    if (error instanceof LogCorrupt) return false
    throw error
  }
}

/** Returns when what lies behind the valid batches may be cut. Throws LogCorrupt when it was durable once. */
function judgeTail(active: Segment, result: ScanResult, options: RecoverOptions, fileBytes: number): void {
  const { endOffset, validBytes: position } = result
  const { recoveryPoint, probe } = options
  const tail = { position, fileBytes, endOffset, recoveryPoint }
  const kind = classifyBadTail(active.handle, tail)
  if (kind === 'torn' || kind === 'lost-sectors') {
    // A power cut is likely, and damage of the last minute looks the same: what goes is kept, unless nothing is there.
    if (isZeroUntil(active.handle, position, fileBytes)) return
    const path = setAside(active, position, fileBytes)
    const bytes = fileBytes - position
    if (path !== null) probe.tailSetAside({ path, bytes, fromOffset: endOffset, hasBatches: kind === 'lost-sectors' })
    return
  }
  const what = result.reason ?? `the file ends at offset ${endOffset}`
  const follows = kind === 'foreign' ? 'the file does not even begin like one' : 'valid batches follow'
  const why = endOffset < recoveryPoint ? `below the recovery point ${recoveryPoint}` : follows
  throw quarantine(active, options, { position, reason: `${what}, and ${why}` })
}

/**
 * What is cut was never promised to anybody, but whoever misses it may look. Null: no room for a copy.
 */
function setAside(active: Segment, position: number, fileBytes: number): string | null {
  const { disk } = active
  const path = `${active.path.slice(0, active.path.lastIndexOf('/'))}/${tornFileName(active.baseOffset, position)}`
  let copy: DiskFile | null = null
  try {
    copy = disk.open(path, { create: true })
    copy.truncate(0)
    const chunk = Buffer.allocUnsafe(Math.min(COPY_CHUNK_BYTES, fileBytes - position))
    for (let at = position; at < fileBytes; at += chunk.length) {
      const count = active.handle.read(chunk.subarray(0, fileBytes - at), at)
      copy.write([chunk.subarray(0, count)], at - position)
    }
    copy.syncNow()
    // Before the cut: a second power cut must not lose both.
    disk.syncDirectory(path.slice(0, path.lastIndexOf('/')))
    return path
  } catch (error) {
    if (!(error instanceof DiskError) || !isShortage(error)) throw error
    if (copy !== null) disk.unlink(path)
    return null
  } finally {
    copy?.close()
  }
}

function quarantine(segment: Segment, options: RecoverOptions, at: { position: number; reason: string }): LogCorrupt {
  const { disk, directory } = options.context
  const quarantined = `${segment.path}${CORRUPT_SUFFIX}`
  segment.closeFile()
  options.lowerRecoveryPoint(segment.baseOffset)
  disk.rename(segment.path, quarantined)
  disk.syncDirectory(directory)
  return new LogCorrupt({ path: segment.path, ...at, quarantined })
}

function stillQuarantined(directory: string, name: string): LogCorrupt {
  const quarantined = `${directory}/${name}`
  return new LogCorrupt({
    path: quarantined,
    position: 0,
    reason: 'it was quarantined by an earlier start',
    quarantined
  })
}

/** Everything on disk lies below the log start: it was deleted, and the next record gets the offset `floor`. */
function startOver(
  options: RecoverOptions,
  found: { segments: readonly Segment[]; epochs: EpochCache; floor: number; snapshots: SnapshotFiles }
): RecoveredLog {
  const { context, nowMs } = options
  const { epochs, floor, snapshots } = found
  for (const segment of found.segments) deleteSegment(context, segment)
  snapshots.dropAbove(-1)
  epochs.truncateFromEnd(floor + 1)
  epochs.truncateFromStart(floor)
  const segments = [createSegment(context, floor, nowMs)]
  return { segments, epochs, producers: new ProducerState(), snapshots, logStartOffset: floor }
}

function rebuildEpochs(epochs: EpochCache, segments: readonly Segment[]): void {
  epochs.clear()
  for (const segment of segments) {
    if (segment.sizeBytes === 0) continue
    const scanner = segment.scan()
    while (segment.advance(scanner)) epochs.assign(scanner.batch.leaderEpoch, scanner.batch.baseOffset)
  }
}
