import type { Disk } from '@streambus/base'
import { EpochCache } from '../epoch-cache.ts'
import { LogCorrupt } from '../errors.ts'
import { CORRUPT_SUFFIX, EPOCH_CHECKPOINT, logFileName } from '../file-names.ts'
import type { LogProbe } from '../log-probe.ts'
import { readLogStart } from '../log-start.ts'
import { loadProducerState } from '../producer/producer-replay.ts'
import type { ProducerState } from '../producer/producer-state.ts'
import { Segment } from '../segment/segment.ts'
import { planRecovery, type RecoveryPlan } from './recovery-plan.ts'
import { hasValidBatchAfter, rewriteAndSync, type ScanResult, scanSegment } from './recovery-scan.ts'

export interface RecoverOptions {
  readonly disk: Disk
  readonly directory: string
  readonly probe: LogProbe
  readonly cleanStart: boolean
  readonly recoveryPoint: number
  readonly logStartOffset: number
  readonly indexIntervalBytes: number
  readonly producerIdExpirationMs: number
  readonly nowMs: number
}

export interface RecoveredLog {
  /** Ascending, at least one; the last is the active one. All of them durable. */
  readonly segments: Segment[]
  readonly epochs: EpochCache
  readonly producers: ProducerState
  /** Snapshot offsets, newest first. */
  readonly snapshots: number[]
  readonly logStartOffset: number
}

/**
 * Brings one partition directory into a state that can be written to. Throws LogCorrupt (nothing is cut then) and
 * DiskError. Cost: after a clean stop a few small reads; else one walk over the last segment, with CRCs and a rewrite
 * only above the recovery point.
 */
export function recoverLog(options: RecoverOptions): RecoveredLog {
  const { disk, directory } = options
  makeDurableDirectory(disk, directory)
  const floor = Math.max(options.logStartOffset, readLogStart(disk, directory))
  const names = disk.list(directory).map(entry => entry.name)
  const plan = planRecovery({ ...options, names, logStartOffset: floor })
  if (plan.quarantined !== null) throw stillQuarantined(directory, plan.quarantined)
  for (const name of plan.deletions) disk.unlink(`${directory}/${name}`)

  const segments = plan.segments.map((baseOffset, i) => openSegment(options, baseOffset, plan.segments[i + 1] ?? -1))
  const epochs = new EpochCache(disk, `${directory}/${EPOCH_CHECKPOINT}`)
  const active = segments.at(-1)
  if (active === undefined) segments.push(createSegment(options, floor))
  else recoverActive(active, plan, { ...options, epochs })

  const endOffset = (segments.at(-1) as Segment).endOffset
  if (endOffset < floor) return startOver(options, { segments, epochs, floor, snapshots: plan.snapshots })
  if (epochs.wasIntact) epochs.truncateFromEnd(endOffset + 1)
  else rebuildEpochs(epochs, segments)
  const snapshots = dropSnapshotsAbove(options, plan.snapshots, endOffset)
  const producers = loadProducerState({
    ...options,
    segments,
    snapshots,
    endOffset,
    expirationMs: options.producerIdExpirationMs
  })
  for (const segment of segments.slice(0, -1)) segment.release()
  return { segments, epochs, producers, snapshots, logStartOffset: Math.max(floor, segments[0]?.baseOffset ?? 0) }
}

/** Creates a segment's file and makes its name durable. Throws DiskError. */
export function createSegment(
  options: Pick<RecoverOptions, 'disk' | 'directory' | 'indexIntervalBytes' | 'nowMs' | 'probe'>,
  baseOffset: number
): Segment {
  const segment = new Segment({ ...options, baseOffset, sizeBytes: 0, endOffset: baseOffset, createdMs: options.nowMs })
  segment.onIndexRebuilt = path => options.probe.indexRebuilt(path)
  segment.createFile()
  options.disk.syncDirectory(options.directory)
  return segment
}

function makeDurableDirectory(disk: Disk, directory: string): void {
  if (disk.exists(directory)) return
  disk.makeDirectory(directory)
  disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '/')
}

function openSegment(options: RecoverOptions, baseOffset: number, nextBaseOffset: number): Segment {
  const path = `${options.directory}/${logFileName(baseOffset, 'log')}`
  const file = options.disk.open(path, { readOnly: true })
  const sizeBytes = file.sizeBytes()
  file.close()
  const endOffset = nextBaseOffset >= 0 ? nextBaseOffset : sizeBytes === 0 ? baseOffset : -1
  const segment = new Segment({ ...options, baseOffset, sizeBytes, endOffset, createdMs: options.nowMs })
  segment.onIndexRebuilt = rebuilt => options.probe.indexRebuilt(rebuilt)
  return segment
}

function recoverActive(active: Segment, plan: RecoveryPlan, options: RecoverOptions & { epochs: EpochCache }): void {
  if (active.sizeBytes === 0) return
  if (plan.activeMode === 'trust' && looksWhole(active)) return
  const fileBytes = active.sizeBytes
  const { verifyFrom } = plan
  const before = { fileBytes, baseOffset: active.baseOffset, verifyFrom }
  active.beginReplay()
  const result = scanSegment(active.file, before, batch => {
    options.epochs.assign(batch.leaderEpoch, batch.baseOffset)
    active.publish(batch.lastOffset, batch.maxTimestamp, batch.sizeBytes)
  })
  if (result.reason !== null) refuseCorruption(active, result, { disk: options.disk, fileBytes, verifyFrom })
  active.file.truncate(result.validBytes)
  rewriteAndSync(active.file, result.unsyncedPosition, result.validBytes)
  options.probe.recovered(fileBytes - result.unsyncedPosition, fileBytes - result.validBytes)
}

/** After a clean stop: the indexes lead to the end of the file. A surprise is handled like an unclean stop. */
function looksWhole(active: Segment): boolean {
  try {
    active.loadIndexes()
    return true
  } catch (error) {
    if (error instanceof LogCorrupt) return false
    throw error
  }
}

/**
 * Returns only for a torn tail: bytes at the end that were never known to be durable, with nothing whole behind them.
 */
function refuseCorruption(
  segment: Segment,
  result: ScanResult,
  options: { disk: Disk; fileBytes: number; verifyFrom: number }
): void {
  const position = result.validBytes
  const rest = { from: position + 1, until: options.fileBytes }
  const isBelow = result.endOffset < options.verifyFrom
  if (!isBelow && !hasValidBatchAfter(segment.file, rest, result.endOffset)) return
  const why = isBelow ? `below the recovery point ${options.verifyFrom}` : 'valid batches follow'
  const quarantined = `${segment.path}${CORRUPT_SUFFIX}`
  segment.closeFile()
  options.disk.rename(segment.path, quarantined)
  options.disk.syncDirectory(segment.path.slice(0, segment.path.lastIndexOf('/')))
  throw new LogCorrupt({ path: segment.path, position, reason: `${result.reason}, and ${why}`, quarantined })
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
  found: { segments: readonly Segment[]; epochs: EpochCache; floor: number; snapshots: readonly number[] }
): RecoveredLog {
  for (const segment of found.segments) deleteSegment(options.disk, segment)
  dropSnapshotsAbove(options, found.snapshots, -1)
  found.epochs.truncateFromStart(found.floor)
  const producers = loadProducerState({
    ...options,
    segments: [],
    snapshots: [],
    endOffset: found.floor,
    expirationMs: 0
  })
  const segments = [createSegment(options, found.floor)]
  return { segments, epochs: found.epochs, producers, snapshots: [], logStartOffset: found.floor }
}

/** Renames first: a crash in between leaves a name that the next start takes away. */
export function deleteSegment(disk: Disk, segment: Segment): void {
  segment.release()
  for (const kind of ['log', 'index', 'timeindex'] as const) {
    const path = segment.pathOf(kind)
    if (!disk.exists(path)) continue
    disk.rename(path, `${path}.deleted`)
    disk.unlink(`${path}.deleted`)
  }
}

/**
 * Deletes the snapshots above `endOffset`, durably: one that came back after a power cut would describe records that
 * were cut, once the log has grown past its offset again. Returns the others.
 */
export function dropSnapshotsAbove(
  options: Pick<RecoverOptions, 'disk' | 'directory'>,
  snapshots: readonly number[],
  endOffset: number
): number[] {
  const kept = snapshots.filter(offset => offset <= endOffset)
  if (kept.length === snapshots.length) return kept
  for (const offset of snapshots) {
    if (offset > endOffset) options.disk.unlink(`${options.directory}/${logFileName(offset, 'snapshot')}`)
  }
  options.disk.syncDirectory(options.directory)
  return kept
}

function rebuildEpochs(epochs: EpochCache, segments: readonly Segment[]): void {
  epochs.clear()
  for (const segment of segments) {
    if (segment.sizeBytes === 0) continue
    const scanner = segment.scan()
    while (segment.advance(scanner)) epochs.assign(scanner.batch.leaderEpoch, scanner.batch.baseOffset)
  }
}
